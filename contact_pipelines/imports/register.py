"""Registering an import, for every door: defaults, checks, the queue."""

from __future__ import annotations

from collections.abc import Mapping

from contact_pipelines.errors import InvalidOption
from contact_pipelines.files.locations import LocationConfig, resolve_source
from contact_pipelines.imports import land
from contact_pipelines.imports.apply.import_tag import NO_TAG
from contact_pipelines.imports.update_rules import checked_rules
from contact_pipelines.models import DEFAULT_TENANT, Import, Mode, Resolve
from contact_pipelines.models.option_declarations import declared
from contact_pipelines.options import ImportOptions
from contact_pipelines.store import imports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.tenants import ensure_tenant

_SUPPRESSING = ImportOptions(mode=Mode.UPDATE_ONLY, import_tag=NO_TAG)
"""What an import that suppresses has where an option has no meaning for it."""

_LEAVES_ALONE = "it leaves contacts that exist alone; take review, skip_new or create_new, or another mode"
_CREATES_ALL = "it creates every row; take review or create_new, or another mode"
_UPDATING = (Resolve.UPDATE_EXISTING, Resolve.MERGE_FIELDS)
_CONTRADICTIONS: dict[Mode, dict[Resolve, str]] = {
    Mode.CREATE_ONLY: dict.fromkeys(_UPDATING, _LEAVES_ALONE),
    Mode.CREATE_ALL: dict.fromkeys((*_UPDATING, Resolve.SKIP_NEW), _CREATES_ALL),
}
"""The ways of dealing with a probable duplicate that do not go with a mode, and why."""


def register_import(
    store: Store,
    source: str,
    options: ImportOptions | None = None,
    *,
    tenant_id: str = DEFAULT_TENANT,
    door: str = "python",
    idempotency_key: str | None = None,
    defaults: ImportOptions | None = None,
    locations: Mapping[str, LocationConfig] | None = None,
    trusted: bool = True,
) -> Import:
    """Put an import of a file in the queue. Raises FileUnreadable if it is not there, InvalidOption, LocationError.

    `source`: a path of this machine, unless the door is not `trusted` (strangers reach it), or a file of one of the
    `locations`, such as sftp://LOCATION/path (see `resolve_source`).

    With an idempotency key that the tenant used before, the import that it was used for is returned, whatever has
    become of it. `defaults`: the options of the settings file, for what `options` does not set.

    Order: imports that wait in the queue are started in the order of registration, and Dagster runs one of a tenant
    at a time. Those that a process runs by itself (`run_import`, the command line) begin at once. Of those that run,
    whichever door they came through, the older is applied first; the others wait for it, unless its process dies. A
    reviewed import is applied when it is confirmed.
    """
    found = resolve_source(source, locations or {}, trusted=trusted)
    land.require_source(found, locations or {})
    chosen = prepared_options(options or ImportOptions(), defaults)
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        return imports_table.register(
            connection,
            tenant_id=tenant_id,
            source=found.address,
            options=chosen,
            door=door,
            idempotency_key=idempotency_key,
        )


def prepared_options(given: ImportOptions, defaults: ImportOptions | None = None) -> ImportOptions:
    """Return the options that an import is registered with, whichever door it comes through.

    `defaults`, those of the settings file, hold where nothing is given; an import that suppresses leaves aside those
    that have no meaning for it. Raises InvalidOption for options that contradict each other.
    """
    without_meaning = next(option.excludes for option in declared(ImportOptions) if option.name == "suppress")
    if given.suppress is not None:
        neutral = {name: (getattr(ImportOptions(), name), getattr(_SUPPRESSING, name)) for name in without_meaning}
        for name, harmless in neutral.items():
            if getattr(given, name) not in harmless:
                raise InvalidOption(
                    f"An import that suppresses only opts people out; the option {name} has no meaning there, leave"
                    " it out."
                )
    elif given.suppress_reason:
        raise InvalidOption("A reason for the suppression list is given, but the import does not suppress anybody.")
    chosen = given.over(defaults) if defaults else given
    if chosen.suppress is not None:
        chosen = chosen.model_copy(update={name: getattr(_SUPPRESSING, name) for name in without_meaning})
    _require_consistent(chosen)
    return chosen.model_copy(update={"rules": checked_rules(chosen)})


def _require_consistent(options: ImportOptions) -> None:
    if options.fuzzy is not None:
        why = _CONTRADICTIONS.get(options.mode, {}).get(options.fuzzy.resolve)
        if why:
            raise InvalidOption(f"fuzzy.resolve {options.fuzzy.resolve} does not go with mode {options.mode}: {why}.")
    if options.force_status is not None and options.mode is Mode.CREATE_ALL:
        raise InvalidOption(
            "The mode create_all updates nobody, so --force-status has no meaning there; a new contact whose address"
            " has opted out is one who has opted out, too."
        )
