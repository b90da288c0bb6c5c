"""`list`, `segment` and `topic`: list and add the named groups of contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from contact_pipelines import contacts
from contact_pipelines.cli.failing import checked_model
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store
from contact_pipelines.cli.printing import print_json, print_table, safe

if TYPE_CHECKING:
    from contact_pipelines.contacts.groups import Group

lists = typer.Typer(help="Lists of contacts.", no_args_is_help=True)
segments = typer.Typer(help="Segments of contacts: static, or dynamic with a filter.", no_args_is_help=True)
topics = typer.Typer(help="Topics that contacts opt in to or out of.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 100 characters.")]
Description = Annotated[str, typer.Option("--description", metavar="TEXT", help="What people see.")]
Default = Annotated[
    str,
    typer.Option(
        "--default",
        metavar="WHICH",
        help="opt_in: all new contacts are opted in. opt_out: only those imported with --topic.",
    ),
]


@lists.command("list")
def list_lists(*, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """List the lists, with the number of contacts on each.

    Example: contact-pipelines list list
    """
    _list("list", as_json=json_, tenant=tenant)


@lists.command("add")
def add_list(
    name: Name, *, description: Description = "", json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT
) -> None:
    """Add a list; an import puts contacts on it with --list NAME.

    Example: contact-pipelines list add customers
    """
    _add({"kind": "list", "name": name, "description": description}, as_json=json_, tenant=tenant)


@segments.command("list")
def list_segments(*, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """List the segments, with the number of contacts in each now.

    Example: contact-pipelines segment list
    """
    _list("segment", as_json=json_, tenant=tenant)


@segments.command("add")
def add_segment(
    name: Name,
    *,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", metavar="EXPR", help="Makes the segment dynamic; see docs/filters.md."),
    ] = None,
    description: Description = "",
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Add a segment: a static one, to which imports add contacts with --segment NAME, or a dynamic one with --filter.

    Example: contact-pipelines segment add hot --filter "lead_score > 50 AND tags CONTAINS 'enterprise'"

    The members of a dynamic segment are whoever matches the filter now. To change the filter, add it again.
    """
    _add({"kind": "segment", "name": name, "description": description, "filter": filter_}, as_json=json_, tenant=tenant)


@topics.command("list")
def list_topics(*, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """List the topics, with the number of contacts opted in and out.

    Example: contact-pipelines topic list
    """
    _list("topic", as_json=json_, tenant=tenant)


@topics.command("add")
def add_topic(
    name: Name,
    *,
    default: Default = "opt_out",
    description: Description = "",
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Add a topic; an import opts contacts in with --topic NAME.

    Example: contact-pipelines topic add newsletter --default opt_in
    """
    values = {"kind": "topic", "name": name, "description": description, "default_subscription": default}
    _add(values, as_json=json_, tenant=tenant)


def _list(kind: str, *, as_json: bool, tenant: str) -> None:
    from contact_pipelines.cli.shapes import group_shape
    from contact_pipelines.models import GroupKind

    with opened_store() as (_, store):
        found = contacts.list_groups(store, GroupKind(kind), tenant_id=tenant)
    if as_json:
        print_json([group_shape(group) for group in found])
        return
    columns = {
        GroupKind.LIST: {"Name": "name", "Members": "members"},
        GroupKind.SEGMENT: {"Name": "name", "Members": "members", "Filter": "filter"},
        GroupKind.TOPIC: {
            "Name": "name",
            "Default": "default_subscription",
            "Members": "members",
            "Opted out": "opted_out",
        },
    }[GroupKind(kind)] | {"Description": "description"}
    rows = [[shape.get(key) for key in columns.values()] for shape in map(group_shape, found)]
    print_table(list(columns), rows, right=(2, 3) if kind == GroupKind.TOPIC else (1,))
    for group in found:
        _tell_problem(group)


def _add(values: dict[str, Any], *, as_json: bool, tenant: str) -> None:
    from contact_pipelines.cli.shapes import group_shape
    from contact_pipelines.models import GroupDefinition

    definition = checked_model(GroupDefinition, values, {"name": "NAME", "default_subscription": "--default"})
    with opened_store() as (_, store):
        contacts.create_group(store, definition, tenant_id=tenant)
        [added] = contacts.list_groups(store, definition.kind, name=definition.name, tenant_id=tenant)
    if as_json:
        print_json(group_shape(added))
    elif added.members is None:
        _tell_problem(added)
    else:
        typer.echo(f"The {definition.kind} {definition.name!r} exists, with {added.members:,} members.")


def _tell_problem(group: Group) -> None:
    if group.problem is not None:
        typer.echo(f"The segment {safe(group.definition.name)} cannot be used. {safe(group.problem)}", err=True)
