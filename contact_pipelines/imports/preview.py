"""Previews: how a file is read and mapped, and what an import would report about its rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import duckdb

from contact_pipelines.contacts.properties import list_properties, merged_properties
from contact_pipelines.errors import ContactPipelinesError, InvalidOption, NoDataRows
from contact_pipelines.files import duck
from contact_pipelines.files.artifact_names import MAPPED, STAGED
from contact_pipelines.files.duck import file_literal
from contact_pipelines.imports.columns import file_mapping, saved_mappings
from contact_pipelines.imports.columns.file_name_presets import with_preset
from contact_pipelines.imports.columns.header_meaning import read
from contact_pipelines.imports.columns.suggesting import suggest
from contact_pipelines.imports.land import require_file
from contact_pipelines.imports.stage import as_read, staging
from contact_pipelines.imports.stage.staged_file import StagedFile
from contact_pipelines.imports.stage.text_file import FileDescription
from contact_pipelines.imports.validate import FOUND_ERRORS, TYPED, check_rows
from contact_pipelines.imports.validate.field_rules import check_policy
from contact_pipelines.imports.validate.validating import ErrorCount, count_errors
from contact_pipelines.models import DEFAULT_TENANT, ColumnMapping, FileReading, ImportOptions, ReadingOptions
from contact_pipelines.settings.policy import Limits, Policy
from contact_pipelines.store.engine import Store

PREVIEW_ROWS = 5
StageFormat = Literal["csv", "parquet"]


def describe_file(
    path: Path, options: ReadingOptions | None = None, limits: Limits | None = None
) -> tuple[FileDescription, list[ColumnMapping]]:
    """Return a file's layout and the suggested field of each column. Raises FileError.

    Only the beginning of a text file is read; a header without rows is enough. Samples of secrets are left out.
    """
    require_file(path)
    found = staging.describe(path, options=options or ReadingOptions(), limits=limits or Limits())
    columns = suggest(found.header, found.samples, file_name=path.name)
    secrets = _secrets(found.header)
    shown = {label: [] if label in secrets else values for label, values in found.samples.items()}
    return replace(found, samples=shown), columns


@dataclass(frozen=True)
class Preview:
    """The result of validating a file without the store: rows are valid or have an error.

    `first_rows`: their cells as read, without passwords and other secrets. `warned`: valid rows with a warning.
    """

    reading: FileReading
    header: list[str]
    rows: int
    columns: tuple[ColumnMapping, ...]
    first_rows: list[list[str | None]]
    valid: int
    warned: int
    errors: tuple[ErrorCount, ...]


def preview_file(
    store: Store, policy: Policy, path: Path, options: ImportOptions | None = None, *, tenant_id: str = DEFAULT_TENANT
) -> Preview:
    """Read, map and validate a file without importing it: nothing is registered or written.

    The tenant's properties and saved mappings count. Raises FileError and InvalidOption as an import would.
    """
    require_file(path)
    check_policy(policy)
    chosen = with_preset(options or ImportOptions(), path.name)
    with _scratch() as (con, folder):
        target = folder / f"{STAGED}.parquet"
        staged = staging.stage(
            con, path, target, scratch=folder, file_name=path.name, options=chosen, limits=policy.limits
        )
        rows = con.sql(f"FROM read_parquet({file_literal(target)})")
        rows.create_view(STAGED)
        with store.connect() as connection:
            known = merged_properties(list_properties(connection, tenant_id), policy.properties)
            saved = saved_mappings.find(connection, tenant_id, staged.header, chosen)
        mapping = file_mapping.map_columns(con, rows, known, chosen, policy, file_name=path.name, saved=saved)
        file_mapping.map_rows(rows, mapping).create_view(MAPPED)
        check_rows(con, mapping, chosen, policy)
        counted = duck.sql_blocks("validating")["count_valid"].format(errors=FOUND_ERRORS, typed=TYPED)
        valid, warned = con.sql(counted).fetchall()[0]
        return Preview(
            reading=staged.reading,
            header=staged.header,
            rows=staged.row_count,
            columns=mapping.columns,
            first_rows=_first_rows(con, target, staged.header),
            valid=valid,
            warned=warned,
            errors=tuple(count_errors(con, FOUND_ERRORS)),
        )


@dataclass(frozen=True)
class FileAsRead:
    """One file of `stage_files`: where it was written and how it was read, or why not."""

    path: Path
    target: Path | None = None
    staged: StagedFile | None = None
    error: ContactPipelinesError | None = None


def stage_files(
    paths: Sequence[Path],
    out: Path,
    *,
    format: StageFormat = "csv",  # noqa: A002 - the option's name
    options: ReadingOptions | None = None,
    limits: Limits | None = None,
) -> Iterator[FileAsRead]:
    """Write each file as it was read, before any mapping, to `out`/<name>_converted.csv; yield them one by one.

    All text, header first; a broken row keeps the cells that it has. A file that cannot be read is yielded with its
    error. Of two files with one name the second becomes <name>_2_converted.csv.
    """
    _make_folder(out)
    taken: set[str] = set()
    for path in paths:
        target = out / _free_name(path.name, format, taken)
        try:
            require_file(path)
            yield FileAsRead(path, target, _write_as_read(path, target, format, options, limits))
        except ContactPipelinesError as error:
            target.unlink(missing_ok=True)
            yield FileAsRead(path, error=error)


def _write_as_read(
    path: Path,
    target: Path,
    format: StageFormat,  # noqa: A002
    options: ReadingOptions | None,
    limits: Limits | None,
) -> StagedFile:
    with _scratch() as (con, folder):
        rows = folder / f"{STAGED}.parquet"
        try:
            staged = staging.stage(con, path, rows, scratch=folder, file_name=path.name, options=options, limits=limits)
        except NoDataRows as error:
            as_read.write_header(con, error.header, target, format)
            return StagedFile.without_rows(error.header)
        as_read.write_rows(con, rows, staged, target, format)
        return staged


def _first_rows(con: duckdb.DuckDBPyConnection, staged: Path, header: Sequence[str]) -> list[list[str | None]]:
    secrets = _secrets(header)
    cells = ", ".join("NULL" if label in secrets else duck.identifier(label) for label in header)
    found = con.sql(
        f"SELECT {cells} FROM read_parquet({file_literal(staged)}) WHERE _error_code IS NULL LIMIT {PREVIEW_ROWS}"
    )
    return [list(row) for row in found.fetchall()]


def _secrets(header: Sequence[str]) -> set[str]:
    """Return the columns whose values are never shown."""
    return {label for label in header if read(label).secret}


@contextmanager
def _scratch() -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Yield a DuckDB and a temporary folder for one file: a wide one changes the connection's settings."""
    with tempfile.TemporaryDirectory(prefix="contact-pipelines-") as name:
        con = duck.connect(Path(name))
        try:
            yield con, Path(name)
        finally:
            con.close()


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOption(f"The folder {out} cannot be made: {error.strerror}.") from None


def _free_name(name: str, format: StageFormat, taken: set[str]) -> str:  # noqa: A002
    number, free = 1, f"{name}_converted.{format}"
    while free.casefold() in taken:
        number += 1
        free = f"{name}_{number}_converted.{format}"
    taken.add(free.casefold())
    return free
