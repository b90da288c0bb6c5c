"""The plan of an import: its columns have the names and types that `imports.plan` says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from contact_pipelines.files import duck
from contact_pipelines.imports.plan import COLUMNS, typed

HEADER = "external_id,email,phone,first_name,status,lead_score,tags,created_at,properties.size"
ROW = "1,ann@example.com,+14155552671,Ann,subscribed,7,vip,2026-01-02,3"


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "upsert"},
        {"mode": "update_only"},
        {"mode": "create_only"},
        {"mode": "create_all"},
        {"suppress": "block"},
    ],
)
def test_each_import_writes_its_plan_in_the_types_of_the_plan(importer, options):
    importer.run(f"{HEADER}\n{ROW}\n")
    record = importer.run(f"{HEADER}\n{ROW}\n2,,,Bob,,,,,\nbad,no address,,,,,,,\n", **options)
    with duck.connect() as con:
        plan = Path(importer.settings.artifacts) / record.tenant_id / record.id / "contact_changes.parquet"
        rows = con.read_parquet(str(plan))
        found = {name: str(kind) for name, kind in zip(rows.columns, rows.types, strict=True)}
        wanted = {name: str(con.sql(f"SELECT CAST(NULL AS {COLUMNS[name].type})").types[0]) for name in found}
    assert found == wanted
    assert {"_row", "outcome", "code", "message", "contact_id", "version", "before", "after"} <= set(found)


def test_a_column_that_no_plan_has_is_a_mistake():
    with duckdb.connect() as con, pytest.raises(KeyError, match="colour"):
        typed(con.sql("SELECT 1 AS _row, 'red' AS colour"))
