"""What people see of a step: counts, tables, places. Headers yes, contacts' values never."""

import time
from collections.abc import Mapping, Sequence

import dagster as dg

from contact_pipelines.imports.validate.validating import ErrorCount
from contact_pipelines.models import ColumnMapping, Counts, FileReading

Metadata = dict[str, dg.MetadataValue | str | int | float | bool]


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """The seconds, as people read them."""
        return round(time.monotonic() - self._started, 2)


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
        facts["notes"] = dg.MetadataValue.md("\n".join(f"- {note}" for note in reading.notes))
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
        {
            "column": "string",
            "code": "string",
            "severity": "string",
            "message": "string",
            "rows": "int",
            "first_row": "int",
        },
        [
            (
                fault.column or "(whole row)",
                fault.code,
                fault.severity.value,
                fault.message,
                fault.rows,
                fault.first_row,
            )
            for fault in faults
        ],
    )


def counts_metadata(counts: Counts) -> Metadata:
    """Return the counts one by one, so that Dagster plots each over the imports."""
    return dict(counts.as_dict())


def _table(columns: Mapping[str, str], rows: Sequence[tuple[str | int | float, ...]]) -> dg.MetadataValue:
    schema = dg.TableSchema(columns=[dg.TableColumn(name=name, type=kind) for name, kind in columns.items()])
    records = [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows]
    return dg.MetadataValue.table(records=records, schema=schema)
