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
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """The seconds, as people read them."""
        return round(time.monotonic() - self._started, 2)


def row_count(session: ImportSession, artifact: str) -> int:
    """Return how many rows an artifact has: this reads the footer of the Parquet file only."""
    return int(session.load(artifact).aggregate("count(*)").fetchall()[0][0])


def artifact_metadata(session: ImportSession, artifact: str) -> Metadata:
    """Describe an artifact: its rows and columns as Dagster shows them, and its file."""
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
    """Return what is wrong with the import's rows, counted by column and code."""
    session.load(ERRORS).create_view(ERRORS, replace=True)
    return validating.count_errors(session.con, ERRORS)


def bullets(sentences: Iterable[str]) -> dg.MetadataValue:
    """Return sentences as a list in Markdown."""
    return dg.MetadataValue.md("\n".join(f"- {sentence}" for sentence in sentences))


def reading_metadata(reading: FileReading | None) -> Metadata:
    """Tell how a file was read: what it is, its encoding and how sure that is, its layout, what was left out."""
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
    """Tell what each column of the file was taken for, and why."""
    return _table(
        {"column": "string", "field": "string", "confidence": "float", "reason": "string"},
        [(c.column, c.field, round(c.confidence, 2), c.reason) for c in columns],
    )


def faults_table(faults: Sequence[ErrorCount]) -> dg.MetadataValue:
    """Tell which rules were broken in which columns, how often, and where first."""
    return _table(
        dict.fromkeys(("column", "code", "severity", "message"), "string") | {"rows": "int", "first_row": "int"},
        [(f.column or "(whole row)", f.code, f.severity.value, f.message, f.rows, f.first_row) for f in faults],
    )


def _table(columns: Mapping[str, str], rows: Sequence[tuple[str | int | float, ...]]) -> dg.MetadataValue:
    schema = dg.TableSchema(columns=[dg.TableColumn(name=name, type=kind) for name, kind in columns.items()])
    records = [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows]
    return dg.MetadataValue.table(records=records, schema=schema)
