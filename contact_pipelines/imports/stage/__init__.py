"""Stage: read the landed file into `staged_rows`, all text, with every row accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from contact_pipelines.imports.session import ImportSession


def run(session: ImportSession) -> duckdb.DuckDBPyRelation:
    """Read the file into `staged_rows`. Raises FileError."""
    # Imported here because the child process that reads a workbook loads this package each time.
    from contact_pipelines.files.artifact_names import SOURCE, STAGED
    from contact_pipelines.imports.stage import staging
    from contact_pipelines.store import imports_table

    with session.step("stage"):
        source = session.artifacts.reading(SOURCE)
        with session.artifacts.writing(f"{STAGED}.parquet") as target:
            staged = staging.stage(
                session.con,
                source,
                target,
                scratch=session.artifacts.scratch(),
                file_name=session.record.file_name,
                options=session.record.options,
                limits=session.policy.limits,
            )
        with session.store.begin() as connection:
            imports_table.record_rows(connection, session.record, staged.row_count, staged.reading)
        session.update(rows=staged.row_count, reading=staged.reading)
        return session.load(STAGED)
