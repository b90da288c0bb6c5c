"""How well fuzzy duplicates are found, and how fast: pairwise precision and recall on the FEBRL data sets.

    python -m benchmarks.fuzzy [--sets FEBRL3 ...] [--rows 100000] [--contacts 1000000]

Prints one JSON object a line for each set: pairs that are one person (`true_pairs`), pairs found (`found`), and
pairs that are both (`correct`); precision, recall and F1 of pairs; `candidates`, the pairs that were compared;
`blocks_left_out` (see `blocking`); wall-clock seconds. Duplicates are looked for inside sets 1 to 3; set 4 is two
files. The configuration is the product's default (`FuzzyOptions()`), the same for all. The evidence of fields and
the caps of blocks were checked against sets 1 and 2; nothing was chosen by what sets 3 and 4 gave. The identity
number is left out.

With `--rows`, one more line: so many people against as many contacts (or `--contacts`), of values of set 4 thrown
together anew. A tenth of the people are contacts too, with a misspelt last name and another street; they are the true
pairs.
"""

from __future__ import annotations

import argparse
import json
import time

import duckdb

from benchmarks import febrl
from contact_pipelines.files import duck
from contact_pipelines.imports.compare.fuzzy.finding import Found, find_duplicate_contacts, find_duplicate_rows
from contact_pipelines.options import FuzzyOptions


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=febrl.SETS, default=list(febrl.SETS))
    parser.add_argument("--rows", type=int, help="measure speed too, with so many rows and contacts")
    parser.add_argument("--contacts", type=int, help="contacts for --rows, if not as many; at least as many")
    arguments = parser.parse_args()
    for name in arguments.sets:
        print(json.dumps(measure(name)), flush=True)
    if arguments.rows:
        print(json.dumps(measure_speed(arguments.rows, arguments.contacts or arguments.rows)))


def measure(name: str, options: FuzzyOptions | None = None) -> dict[str, object]:
    """Return the figures of one set, in the order of the contract."""
    first, second = febrl.SETS[name]
    options = options or FuzzyOptions()
    with duck.connect() as con:
        febrl.load(con, first, "people", "_row")
        if second:
            febrl.load(con, second, "contacts", "id")
        started = time.perf_counter()
        if second:
            found = find_duplicate_contacts(con, "people", "contacts", list(febrl.FIELDS), options)
            pairs, other, others, later = "fuzzy_pairs", "contact_id", "contacts", ""
        else:
            found = find_duplicate_rows(con, "people", list(febrl.FIELDS), options)
            pairs, other, others, later = "fuzzy_row_pairs", "other_row", "people", "AND a._row > b._row"
        seconds = time.perf_counter() - started
        key = "id" if second else "_row"
        same = f"FROM people a JOIN {others} b ON a.person = b.person {later}"
        true_pairs = con.sql(f"SELECT count(*) {same}").fetchall()[0][0]
        correct = con.sql(
            f"SELECT count(*) {same} JOIN {pairs} p ON p._row = a._row AND p.{other} = b.{key}"
        ).fetchall()[0][0]
    return {"set": name, **figures(true_pairs, correct, found), "seconds": round(seconds, 2)}


def measure_speed(rows: int, contacts: int) -> dict[str, object]:
    """Return the figures of `rows` people against so many contacts."""
    fields = list(febrl.FIELDS)
    with duck.connect() as con:
        febrl.load(con, febrl.SETS["FEBRL4"][0], "people", "_row")
        con.execute("CREATE TABLE pool AS FROM people")
        for table, key, size in (("people", "_row", rows), ("contacts", "id", contacts)):
            _throw_together(con, table, key, size)
        con.execute("""
            UPDATE contacts c SET "last_name" = p."last_name" || 'e', "first_name" = p."first_name",
                "properties.birthday" = p."properties.birthday", "properties.city" = p."properties.city"
            FROM people p WHERE p._row = c.id AND c.id % 10 = 0
        """)
        started = time.perf_counter()
        found = find_duplicate_contacts(con, "people", "contacts", fields, FuzzyOptions())
        seconds = time.perf_counter() - started
        planted = con.sql("SELECT count(*) FROM people WHERE _row % 10 = 0").fetchall()[0][0]
        correct = con.sql("SELECT count(*) FROM fuzzy_pairs WHERE _row = contact_id AND _row % 10 = 0").fetchall()[0][0]
    return {"rows": rows, "contacts": contacts, **figures(planted, correct, found), "seconds": round(seconds, 2)}


def _throw_together(con: duckdb.DuckDBPyConnection, table: str, key: str, rows: int) -> None:
    """Make `table` of `rows` people, each value that of somebody in `pool`."""
    size = con.sql("SELECT count(*) FROM pool").fetchall()[0][0]
    values = ", ".join(f'pool_{n}."{field}" AS "{field}"' for n, field in enumerate(febrl.FIELDS))
    joins = " ".join(
        f"JOIN pool pool_{n} ON pool_{n}._row = 2 + hash(r, {n}, '{table}') % {size}" for n in range(len(febrl.FIELDS))
    )
    con.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT CAST(r + 2 AS INTEGER) AS {key}, {values} "
        f"FROM range({rows}) people(r) {joins}"
    )


def figures(true_pairs: int, correct: int, found: Found) -> dict[str, object]:
    """Return precision, recall and F1 with what they are made of."""
    precision, recall = correct / max(found.pairs, 1), correct / true_pairs
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {
        "true_pairs": true_pairs,
        "found": found.pairs,
        "correct": correct,
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
        "candidates": found.candidates,
        "blocks_left_out": found.left_out.blocks,
    }


if __name__ == "__main__":
    main()
