"""`export` and `exports`: write contacts to a file, and list past exports."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contact_pipelines.cli.option_parameters import given_options, with_options
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store
from contact_pipelines.cli.printing import moment, print_facts, print_json, print_table, rows, safe, size
from contact_pipelines.errors import InvalidOption

if TYPE_CHECKING:
    from contact_pipelines.models import ExportRequest

Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Output file. Without it, the file is kept with the artifacts for 7 days."
    ),
]


@with_options("ExportRequest")
def export(
    *,
    out: Out = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
    **given: Any,
) -> None:
    """Write contacts to a file, from one snapshot of the store.

    Example: contact-pipelines export --out leads.xlsx --filter "lead_score > 50 AND tags CONTAINS 'enterprise'"

    The file appears complete or not at all. It can be imported again as it is.
    """
    from contact_pipelines import exports
    from contact_pipelines.cli import shapes

    request = _request(out, given)
    with opened_store() as (settings, store):
        record = exports.export_contacts(
            store,
            settings,
            request,
            tenant_id=tenant,
            requested_by=user(),
            out=out,
            overwrite=overwrite,
            progress=_Lines().show,
        )
    if json_:
        print_json(shapes.export_shape(record))
        return
    facts: list[tuple[str, object]] = [
        ("Rows", rows(record.rows or 0)),
        ("File", f"{record.location} ({size(record.size or 0)})"),
        ("SHA-256", record.sha256 or ""),
    ]
    if record.changed_since is not None:
        facts.append(("Changed since", _moment(record.changed_since)))
    if record.expires_at is not None:
        facts.append(("Until", _moment(record.expires_at)))
    print_facts([*facts, ("Export", record.id)])


def exports(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many exports.")] = 20,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """List the latest exports, newest first: who ran them, when, what, rows, file and expiry.

    Example: contact-pipelines exports --limit 5
    """
    from contact_pipelines import exports
    from contact_pipelines.cli import shapes

    with opened_store() as (settings, store):
        records = exports.list_exports(store, settings, tenant_id=tenant, limit=limit)
    if json_:
        print_json([shapes.exports_shape(record) for record in records])
        return
    if not records:
        typer.echo("No exports yet: contact-pipelines export --out FILE")
        return
    header = ("Name", "Who", "When (UTC)", "Status", "Rows", "Until (UTC)", "Filter")
    print_table(
        header,
        [
            (r.name, r.requested_by, moment(r.created_at), r.status.value, "" if r.rows is None else f"{r.rows:,}",
             moment(r.expires_at), r.described_filter)
            for r in records
        ],
        right=(4,),
    )  # fmt: skip
    typer.echo()
    for record in records:
        typer.echo(f"  {record.id}  {safe(record.error or record.location or '')}")


def user() -> str:
    """Return the name of the user running the command: exports are limited and listed by it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return ""


def _request(out: Path | None, given: dict[str, Any]) -> ExportRequest:
    """Build the request; the file's ending is its format unless one is given. Raises InvalidOption."""
    from contact_pipelines.models import ExportFormat, ExportRequest

    if given["format"] is None and out is not None:
        ending = out.suffix.removeprefix(".").lower()
        if ending not in list(ExportFormat):
            raise InvalidOption(
                f"The name {out.name} does not say a format; end it in one of {', '.join(ExportFormat)}, or say"
                " --format."
            )
        given = {**given, "format": ending}
    return given_options(ExportRequest, given)


def _moment(value: Any) -> str:  # noqa: ANN401 - a datetime, which is imported late
    return f"{value:%Y-%m-%d %H:%M:%S} (UTC)"


class _Lines:
    """A line on standard error every two seconds."""

    EVERY_SECONDS = 2.0

    def __init__(self) -> None:
        import time

        self._clock = time.monotonic
        self._told = self._clock()

    def show(self, rows: int) -> None:
        """Print how many rows were read, if it is time for another line."""
        if self._clock() - self._told >= self.EVERY_SECONDS:
            self._told = self._clock()
            typer.echo(f"export ... {rows:,} rows", err=True)
