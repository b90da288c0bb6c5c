"""Compare: match the valid rows with the store; leaves `contact_changes`, the plan. Read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from contact_pipelines.imports.session import ImportSession


def run(session: ImportSession) -> duckdb.DuckDBPyRelation:
    """Make the plan, `contact_changes`: one outcome for each row of the file."""
    from contact_pipelines.imports.compare import change_plan

    with session.step("compare"):
        return change_plan.make(session)
