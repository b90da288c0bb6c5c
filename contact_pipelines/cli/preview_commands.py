"""`preview` and `stage`: check a file without importing it, and write it as it was read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contact_pipelines import imports
from contact_pipelines.cli.option_parameters import given_options, given_values, import_options, with_options
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant, Tenant, opened_store
from contact_pipelines.cli.printing import how_read, print_json, print_table, rows, safe
from contact_pipelines.errors import InvalidOption

if TYPE_CHECKING:
    from contact_pipelines.imports import FileAsRead, Preview

SHOWN_CELLS = 6

OptionsFile = Annotated[
    Path | None, typer.Option("--options", metavar="FILE.yaml", help="A file with import options, as for `import`.")
]


@with_options("ReadingOptions")
def preview(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to check.")],
    *,
    options: OptionsFile = None,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
    **given: Any,
) -> None:
    """Read, map and validate a file without importing it: show its content, and which rows would fail and why.

    Example: contact-pipelines preview contacts.xlsx --sheet Leads
    """
    from contact_pipelines.imports.land import require_file
    from contact_pipelines.options import ReadingOptions

    require_file(Path(file).expanduser())
    chosen = import_options(given_values(ReadingOptions, given), options)
    with opened_store() as (settings, store):
        prepared = imports.prepared_options(chosen, settings.options)
        found = imports.preview_file(store, settings.policy, Path(file).expanduser(), prepared, tenant_id=tenant)
    if json_:
        print_json(_preview_shape(file, found))
    else:
        _print_preview(file, found)


def _preview_shape(file: str, found: Preview) -> dict[str, Any]:
    from contact_pipelines.cli.shapes import error_count_shape, reading_shape

    return {
        "file": file,
        **reading_shape(found.reading),
        "header": found.header,
        "rows": found.rows,
        "columns": [
            {"column": it.column, "field": it.field, "confidence": it.confidence, "reason": it.reason}
            for it in found.columns
        ],
        "first_rows": found.first_rows,
        "validation": {
            "valid": found.valid,
            "with_warnings": found.warned,
            "invalid": found.rows - found.valid,
            "kinds": [error_count_shape(count) for count in found.errors],
        },
    }


def _print_preview(file: str, found: Preview) -> None:
    from contact_pipelines.cli.shapes import reading_shape

    entry = reading_shape(found.reading)
    typer.echo(f"{safe(file)}: {rows(found.rows)}, {len(found.header)} columns; {how_read(entry)}\n")
    for note in entry["notes"]:
        typer.echo(f"  - {safe(note)}")
    if entry["notes"]:
        typer.echo()
    print_table(
        ("Column", "Field", "Sure", "Why"),
        [(it.column, it.field, f"{it.confidence:.0%}", it.reason) for it in found.columns],
        right=(2,),
    )
    typer.echo()
    labels = found.header[:SHOWN_CELLS]
    more = ["..."] if len(found.header) > SHOWN_CELLS else []
    print_table([*labels, *more], [[*(cell or "" for cell in row[:SHOWN_CELLS]), *more] for row in found.first_rows])
    typer.echo()
    _print_validation(found)


def _print_validation(found: Preview) -> None:
    invalid = found.rows - found.valid
    typer.echo(f"  {_share(found.valid, found.rows)} valid, {_share(invalid, found.rows)} would fail")
    for severity, title in (("error", "Errors"), ("warning", "Warnings")):
        kinds = [count for count in found.errors if count.severity == severity]
        if kinds:
            typer.echo(f"\n  {title}")
        for kind in kinds:
            typer.echo(f"  - {safe(kind.message)} ({rows(kind.rows)}, first in row {kind.first_row})")


def _share(count: int, total: int) -> str:
    return f"{count:,} ({count / total if total else 0:.1%})"


@with_options("ReadingOptions")
def stage(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="One file or many.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where to write NAME_converted.csv.")],
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv or parquet.")] = "csv",
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - tenants do not matter here
    **given: Any,
) -> None:
    """Write files as they were read, before mapping: header and rows as text, in plain CSV or Parquet.

    Example: contact-pipelines stage *.xlsx --out converted

    Writes NAME_converted.csv for each file, NAME including its extension. Unreadable files are reported and skipped.
    """
    from contact_pipelines.options import ReadingOptions
    from contact_pipelines.settings import load_settings

    if format_ not in ("csv", "parquet"):
        raise InvalidOption("The value of --format is wrong: use csv or parquet.")
    options = given_options(ReadingOptions, given)
    limits = load_settings().policy.limits
    entries, failed = [], False
    for done in imports.stage_files(
        [Path(file).expanduser() for file in files],
        out,
        format="parquet" if format_ == "parquet" else "csv",
        options=options,
        limits=limits,
    ):
        failed = failed or done.error is not None
        if json_:
            entries.append(_stage_shape(done))
        else:
            _print_staged(done)
    if json_:
        print_json(entries)
    if failed:
        raise typer.Exit(1)


def _stage_shape(done: FileAsRead) -> dict[str, Any]:
    from contact_pipelines.cli.failing import failure_of
    from contact_pipelines.cli.shapes import reading_shape

    if done.staged is None:
        assert done.error is not None  # noqa: S101 - one of the two
        return {"file": str(done.path), "error": failure_of(done.error).as_dict()}
    return {
        "file": str(done.path),
        "converted": str(done.target),
        **reading_shape(done.staged.reading),
        "header": done.staged.header,
        "rows": done.staged.row_count,
        "broken_rows": done.staged.broken_count,
    }


def _print_staged(done: FileAsRead) -> None:
    from contact_pipelines.cli.failing import of_file
    from contact_pipelines.cli.shapes import reading_shape

    if done.staged is None:
        typer.echo(f"Error: {safe(of_file(str(done.path), str(done.error)))}", err=True)
        return
    entry = reading_shape(done.staged.reading)
    broken = f", {done.staged.broken_count:,} of them broken" if done.staged.broken_count else ""
    typer.echo(f"{safe(done.target)}: {rows(done.staged.row_count)}{broken}; {how_read(entry)}")
    for note in entry["notes"]:
        typer.echo(f"  - {safe(note)}")
