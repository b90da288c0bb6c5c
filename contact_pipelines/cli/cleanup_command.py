"""`cleanup`: remove what the settings no longer keep."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant, opened_store


def cleanup(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - retention is the house's
) -> None:
    """Remove old files of imports and exports, notifications, and Dagster's old partitions and runs.

    Example: contact-pipelines cleanup --dry-run

    How long they are kept is in the settings file (`retention`). What imports did can be undone as before. With `dev`,
    or Dagster's daemon, this happens every night.
    """
    import dagster as dg

    from contact_pipelines import cleanup
    from contact_pipelines.cli.printing import print_json
    from contact_pipelines.defs.cleanup_job import clean_up_dagster
    from contact_pipelines.defs.instance import prepare_instance

    with opened_store() as (settings, store):
        done = cleanup.clean_up(store, settings, dry_run=dry_run)
        with dg.DagsterInstance.from_config(str(prepare_instance(settings))) as instance:
            ours = clean_up_dagster(instance, store, settings, dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, **asdict(done), **asdict(ours)})
        return
    typer.echo(
        f"{'Would remove' if dry_run else 'Removed'} {done.files:,} files: the artifacts of {done.artifacts:,} imports"
        f" and the results of {done.results:,}; {done.exports:,} exports' files; {done.notifications:,} notifications;"
        f" of Dagster {ours.partitions:,} partitions and {ours.runs:,} runs."
    )
