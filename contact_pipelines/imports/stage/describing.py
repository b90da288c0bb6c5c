"""Describe a file from its beginning: how it is written, its header, a few values of each column."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from contact_pipelines.files import duck
from contact_pipelines.files.duck import file_literal, identifier
from contact_pipelines.imports.stage.dialect import Dialect
from contact_pipelines.imports.stage.open_file import OpenedFile, open_file
from contact_pipelines.imports.stage.recognising import Format
from contact_pipelines.imports.stage.staging import opened_and_read, stage_opened
from contact_pipelines.imports.stage.text_file import SAMPLE_ROWS, SAMPLE_VALUES, FileDescription, describe_text
from contact_pipelines.models import ReadingOptions
from contact_pipelines.settings.policy import Limits

__all__ = ["FileDescription", "describe"]


def describe(
    path: Path,
    *,
    file_name: str | None = None,
    options: ReadingOptions | None = None,
    limits: Limits | None = None,
) -> FileDescription:
    """Read the beginning of a file; it may have a header and no rows. Raises FileError.

    Text is looked at, other files are read whole: they tell what their columns are only at their end.
    """
    name, options, limits = file_name or path.name, options or ReadingOptions(), limits or Limits()
    with tempfile.TemporaryDirectory(prefix="contact-pipelines-") as folder:
        opened = open_file(path, Path(folder), name=name, options=options, limits=limits)
        if opened.format in (Format.JSON, Format.JSON_LINES, Format.PARQUET):
            found = _describe_records(opened, Path(folder), options, limits)
        else:
            found = describe_text(
                opened.path, file_name=opened.name, options=options, limits=limits, dialect=opened.dialect
            )
        return replace(found, reading=opened_and_read(opened, found.reading))


def _describe_records(opened: OpenedFile, folder: Path, options: ReadingOptions, limits: Limits) -> FileDescription:
    rows = folder / "rows.parquet"
    with duck.connect(folder) as con:
        staged = stage_opened(con, opened, rows, folder, options, limits)
        cells = ", ".join(identifier(label) for label in staged.header)
        frame = con.sql(f"SELECT {cells} FROM read_parquet({file_literal(rows)}) LIMIT {SAMPLE_ROWS}").pl()
    samples = {label: frame[label].drop_nulls().head(SAMPLE_VALUES).to_list() for label in staged.header}
    dialect = Dialect("", quote="", escape="", header_row=None)
    return FileDescription(dialect, staged.header, samples, staged.reading)
