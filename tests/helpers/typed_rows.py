"""What the tests of typing share: rows of text in, typed values, faults and planned changes out. No store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from contact_pipelines.files import duck
from contact_pipelines.files.duck import identifier
from contact_pipelines.imports.columns.file_mapping import FileMapping, map_rows
from contact_pipelines.imports.compare import diffing, duplicates, merging
from contact_pipelines.imports.validate import normalising, validating
from contact_pipelines.models import ColumnMapping, Consent, ImportOptions, MatchKey, PropertyDefinition
from contact_pipelines.settings.policy import Policy

RESERVED = ("_error_code", "_error", "_text", "_warning")


@dataclass
class Typed:
    """The typed rows of a file: its mapping, its valid rows by field, its faults (row, column, code, severity)."""

    con: duckdb.DuckDBPyConnection
    mapping: FileMapping
    options: ImportOptions
    policy: Policy

    def values(self, field: str) -> list[Any]:
        """Return a field's values in the order of the file; of rejected rows too."""
        return [value for (value,) in self.con.sql(f"SELECT {identifier(field)} FROM typed ORDER BY _row").fetchall()]

    def valid(self) -> list[int]:
        return [row for (row,) in self.con.sql("SELECT _row FROM valid ORDER BY _row").fetchall()]

    def faults(self) -> list[tuple[Any, ...]]:
        found = self.con.sql('SELECT "row", "column", code, severity FROM faults ORDER BY ALL')
        return found.fetchall()

    def messages(self) -> list[str]:
        return [text for (text,) in self.con.sql('SELECT message FROM faults ORDER BY "row", code').fetchall()]

    def changes(self, existing: dict[int, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Return the planned changes. `existing`: row -> the old values of the contact that it matches."""
        difference = merging.Difference(
            self.mapping.fields,
            self.mapping.properties,
            self.options,
            self.policy.fields,
            has_opt_in=self.mapping.has_opt_in,
        )
        merging.add_macros(self.con)
        duplicates.create_decided_rows(self.con)
        duplicates.find_duplicates(self.con, "valid", MatchKey.EMAIL, self.options.duplicates)
        types = {"tags": "VARCHAR[]", "lead_score": "INTEGER"}
        old = [(f"old.{field}", types.get(field, "VARCHAR")) for field in difference.compared]
        columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in old)
        fixed = '_row INTEGER, same BOOLEAN, contact_id UUID, version INTEGER, joins BOOLEAN, "old.updated_at" VARCHAR'
        self.con.execute("CREATE OR REPLACE TABLE suppressed_rows (_row INTEGER)")
        self.con.execute(f"CREATE OR REPLACE TABLE matches ({fixed}{', ' + columns if columns else ''})")
        for row, values in (existing or {}).items():
            marks = ", ".join("?" for _ in old)
            self.con.execute(
                f"INSERT INTO matches VALUES (?, false, uuid(), 1, false, '2026-01-01'{', ' + marks if marks else ''})",
                [row, *(values.get(field) for field in difference.compared)],
            )
        source = duplicates.with_notes(self.con, "valid")
        found = diffing.diff(self.con, source, "faults", difference).order("_row")
        names = [name for name in found.columns if name not in ("contact_id", "before", "after", "version")]
        return [dict(zip(names, row, strict=True)) for row in found.select(*names).fetchall()]


def columns_of(mapping: dict[str, object]) -> list[ColumnMapping]:
    """Return the mapping of a file: header -> field, or for a column of consent how it is read."""
    return [
        ColumnMapping(label, "status", consent=field) if isinstance(field, Consent) else ColumnMapping(label, field)
        for label, field in mapping.items()
    ]


def typed(
    mapping: dict[str, object],
    rows: list[list[str | None]],
    *,
    properties: tuple[PropertyDefinition, ...] = (),
    policy: Policy | None = None,
    **options: object,
) -> Typed:
    """Type and check rows of text as an import does. `mapping`: header -> field (or Consent) in the file's order."""
    con, chosen, its = duck.connect(), ImportOptions.model_validate(options), policy or Policy()
    mapped = FileMapping.of(columns_of(mapping), {definition.key: definition for definition in properties}, chosen)
    stage(con, list(mapping), rows)
    map_rows(con.view("staged_rows"), mapped).create("mapped")
    normalising.normalise(con, "mapped", mapped, chosen, its).create("typed")
    validating.create_errors_table(con, "faults")
    validating.validate(con, "typed", "faults", mapped, its.fields, match_on=chosen.match_on)
    con.execute(
        "CREATE VIEW valid AS FROM typed"
        """ WHERE _row NOT IN (SELECT "row" FROM faults WHERE severity = 'error')"""
    )
    return Typed(con, mapped, chosen, its)


def stage(con: duckdb.DuckDBPyConnection, header: list[str], rows: list[list[str | None]]) -> None:
    """Make the view `staged_rows` as staging leaves it: row numbers from 2, empty cells NULL."""
    cells = {label: pa.array([row[place] or None for row in rows], pa.string()) for place, label in enumerate(header)}
    fixed = {name: pa.nulls(len(rows), pa.string()) for name in RESERVED}
    numbers = pa.array(range(2, len(rows) + 2), pa.int32())
    con.register("staged_text", pa.table({"_row": numbers, **cells, **fixed}))
    con.execute("CREATE VIEW staged_rows AS FROM staged_text")
