"""Metadata of the assets: counts, tables and paths. Headers yes, contact values never."""

import time
from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

from contact_pipelines.files.artifact_names import ERRORS
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.imports.validate import validating
from contact_pipelines.imports.validate.validating import ErrorCount
from contact_pipelines.models import ColumnMapping, FileReading

Metadata = dict[str, dg.MetadataValue | str | int | float | bool]


class Stopwatch:
    """Counts the seconds since it was created."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """The seconds, formatted for people."""
        return round(time.monotonic() - self._started, 2)


def row_count(session: ImportSession, artifact: str) -> int:
    """Return the number of rows of an artifact; reads only the footer of the Parquet file."""
    return int(session.load(artifact).aggregate("count(*)").fetchall()[0][0])


def artifact_metadata(session: ImportSession, artifact: str) -> Metadata:
    """Describe an artifact: rows, columns and file, in Dagster's standard metadata."""
    relation, file = session.load(artifact), f"{artifact}.parquet"
    columns = zip(relation.columns, relation.types, strict=True)
    schema = dg.TableSchema(columns=[dg.TableColumn(name=name, type=str(kind)) for name, kind in columns])
    return {
        "dagster/row_count": row_count(session, artifact),
        "dagster/column_schema": dg.MetadataValue.table_schema(schema),
        "path": dg.MetadataValue.path(session.artifacts.url(file)),
        "size_bytes": session.artifacts.reading(file).stat().st_size,
    }


def faults_of(session: ImportSession) -> Sequence[ErrorCount]:
    """Return the import's row errors, counted by column and code."""
    session.load(ERRORS).create_view(ERRORS, replace=True)
    return validating.count_errors(session.con, ERRORS)


def bullets(sentences: Iterable[str]) -> dg.MetadataValue:
    """Return sentences as a list in Markdown."""
    return dg.MetadataValue.md("\n".join(f"- {sentence}" for sentence in sentences))


def reading_metadata(reading: FileReading | None) -> Metadata:
    """Describe how a file was read: format, encoding and confidence, layout, and what was left out."""
    if reading is None:
        return {}
    facts: Metadata = {"format": str(reading.format)}
    for name in ("container", "sheet", "encoding", "delimiter"):
        if value := getattr(reading, name):
            facts[name] = dg.MetadataValue.text({"\t": "tab", " ": "space"}.get(value, value))
    if reading.encoding:
        facts["encoding_confidence"] = round(reading.confidence, 2)
    facts["header_row"] = reading.header_row if reading.header_row is not None else "none"
    if reading.notes:
        facts["notes"] = bullets(reading.notes)
    return facts


def mapping_table(columns: Sequence[ColumnMapping]) -> dg.MetadataValue:
    """Show the field of each column, and why."""
    return _table(
        {"column": "string", "field": "string", "confidence": "float", "reason": "string"},
        [(c.column, c.field, round(c.confidence, 2), c.reason) for c in columns],
    )


def faults_table(faults: Sequence[ErrorCount]) -> dg.MetadataValue:
    """Show the row errors by column and code, with their number and first row."""
    return _table(
        dict.fromkeys(("column", "code", "severity", "message"), "string") | {"rows": "int", "first_row": "int"},
        [(f.column or "(whole row)", f.code, f.severity.value, f.message, f.rows, f.first_row) for f in faults],
    )


def _table(columns: Mapping[str, str], rows: Sequence[tuple[str | int | float, ...]]) -> dg.MetadataValue:
    schema = dg.TableSchema(columns=[dg.TableColumn(name=name, type=kind) for name, kind in columns.items()])
    records = [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows]
    return dg.MetadataValue.table(records=records, schema=schema)
