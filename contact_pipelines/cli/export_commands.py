"""`export` and `exports`: contacts into a file, and the exports that were."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store

if TYPE_CHECKING:
    from contact_pipelines.models import ExportRequest

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="The file. Without it, one is kept among the artifacts for 7 days."),
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="FORMAT", help="csv, xlsx, json, jsonl or parquet; else by the file's ending."),
]
Filter = Annotated[
    str | None, typer.Option("--filter", metavar="EXPR", help="Only contacts that fit: \"status = 'subscribed'\".")
]
Fields = Annotated[
    str | None,
    typer.Option("--fields", metavar="A,B", help="These fields in this order: email,first_name,properties.plan,lists."),
]
Segment = Annotated[str | None, typer.Option("--segment", metavar="NAME", help="Only contacts in this segment.")]
List = Annotated[str | None, typer.Option("--list", metavar="NAME", help="Only contacts on this list.")]
Topic = Annotated[str | None, typer.Option("--topic", metavar="NAME", help="Only contacts opted in to this topic.")]
Search = Annotated[
    str | None,
    typer.Option("--search", metavar="TEXT", help="Only contacts with this text in a name, address..."),
]
ChangedSince = Annotated[
    str | None,
    typer.Option(
        "--changed-since",
        metavar="WHEN",
        help="Only what changed since a moment (2026-11-20T08:00:00Z), deleted contacts too; last: since the last"
        " export of this name.",
    ),
]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the export is called; else contacts.")]


def export(
    *,
    out: Out = None,
    format_: Format = None,
    filter_: Filter = None,
    fields: Fields = None,
    segment: Segment = None,
    list_: List = None,
    topic: Topic = None,
    search: Search = None,
    changed_since: ChangedSince = None,
    name: Name = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Write contacts to a file, as the store is at this moment.

    Example: contact-pipelines export --out leads.xlsx --filter "lead_score > 50 AND tags CONTAINS 'enterprise'"

    The file appears whole or not at all. An exported file can be imported as it is.
    """
    from contact_pipelines import exports
    from contact_pipelines.cli import shapes
    from contact_pipelines.cli.printing import print_facts, print_json, rows, size

    request = _request(
        out,
        {
            "name": name,
            "format": format_,
            "filter": filter_,
            "fields": _names(fields),
            "segment": segment,
            "list": list_,
            "topic": topic,
            "search": search,
            "changed_since": changed_since,
        },
    )
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
    """List the latest exports, newest first: who, when, what, how many rows, where the file is, and until when.

    Example: contact-pipelines exports --limit 5
    """
    from contact_pipelines import exports
    from contact_pipelines.cli import shapes
    from contact_pipelines.cli.printing import moment, print_json, print_table, safe

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
    """Return the name of who runs the command: exports are limited and listed by it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return ""


def _request(out: Path | None, given: dict[str, Any]) -> ExportRequest:
    """Build the request. Raises InvalidOption, which names the option."""
    from pydantic import ValidationError

    from contact_pipelines.errors import InvalidOption
    from contact_pipelines.models import ExportFormat, ExportRequest

    ending = out.suffix.removeprefix(".").lower() if out else ""
    if given["format"] is None and out is not None:
        if ending not in list(ExportFormat):
            raise InvalidOption(
                f"The name {out.name} does not say a format; end it in one of {', '.join(ExportFormat)}, or say"
                " --format."
            )
        given["format"] = ending
    try:
        return ExportRequest.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise InvalidOption(_wrong(option, first["msg"])) from None


def _wrong(option: str, said: str) -> str:
    if option == "changed-since":
        said = "it is a moment such as 2026-11-20T08:00:00Z, or last"
    return f"The value of --{option} is wrong: {said.removeprefix('Value error, ')}."


def _names(fields: str | None) -> tuple[str, ...] | None:
    if fields is None:
        return None
    return tuple(name.strip() for name in fields.split(",") if name.strip())


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
        """Say how many rows were read, if it is time again."""
        if self._clock() - self._told >= self.EVERY_SECONDS:
            self._told = self._clock()
            typer.echo(f"export ... {rows:,} rows", err=True)
