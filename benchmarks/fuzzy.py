"""How well fuzzy duplicates are found: pairwise precision and recall on the FEBRL data sets.

    python -m benchmarks.fuzzy

Prints one JSON object a line for each set: pairs that are one person (`true_pairs`), found as such (`found`), and
both (`correct`); precision, recall and F1 of pairs; `candidate_recall`, the share of true pairs that blocking lets
be compared at all; `candidates`; wall-clock seconds. Duplicates are looked for inside sets 1 to 3; set 4 is two
files. The configuration is the product's default (`FuzzyOptions()`), the same for all. The evidence of the fields
and the caps of blocks were checked against sets 1 and 2; sets 3 and 4 were held out. The identity number is left out.
"""

from __future__ import annotations

import argparse
import json
import time

from benchmarks import febrl
from contact_pipelines.importing import duck
from contact_pipelines.importing.fuzzy.finding import Found, find_duplicate_contacts, find_duplicate_rows
from contact_pipelines.importing.fuzzy.options import FuzzyOptions


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=febrl.SETS, default=list(febrl.SETS))
    for name in parser.parse_args().sets:
        print(json.dumps(measure(name)), flush=True)


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
