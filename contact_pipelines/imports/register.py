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
"""What a suppression import has for options that do not apply to it."""

_LEAVES_ALONE = "it leaves existing contacts alone; use review, skip_new or create_new, or another mode"
_CREATES_ALL = "it creates every row; use review or create_new, or another mode"
_UPDATING = (Resolve.UPDATE_EXISTING, Resolve.MERGE_FIELDS)
_CONTRADICTIONS: dict[Mode, dict[Resolve, str]] = {
    Mode.CREATE_ONLY: dict.fromkeys(_UPDATING, _LEAVES_ALONE),
    Mode.CREATE_ALL: dict.fromkeys((*_UPDATING, Resolve.SKIP_NEW), _CREATES_ALL),
}
"""The values of fuzzy.resolve that do not work with a mode, and why."""


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
    """Queue an import of a file. Raises FileUnreadable if it is missing, InvalidOption, LocationError.

    `source`: a local path, if the door is `trusted` (strangers cannot reach it), or a file at one of the `locations`,
    such as sftp://LOCATION/path (see `resolve_source`).

    If the tenant has used the idempotency key before, that import is returned, whatever its status. `defaults`: the
    options of the settings file, for options that are not set.

    Order: queued imports start in the order of registration, and Dagster runs one per tenant at a time. Those run
    directly (`run_import`, the command line) start immediately. Of running imports, from any door, the oldest is
    applied first; the others wait for it, unless its process dies. A reviewed import is applied when it is confirmed.
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
    """Return the options to register an import with, for every door.

    `defaults`, those of the settings file, apply where nothing is given; a suppression import ignores those that do
    not apply to it. Raises InvalidOption for options that contradict each other.
    """
    without_meaning = next(option.excludes for option in declared(ImportOptions) if option.name == "suppress")
    if given.suppress is not None:
        neutral = {name: (getattr(ImportOptions(), name), getattr(_SUPPRESSING, name)) for name in without_meaning}
        for name, harmless in neutral.items():
            if getattr(given, name) not in harmless:
                raise InvalidOption(f"An import that suppresses only opts people out; remove the option {name}.")
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
            "--force-status cannot be combined with the mode create_all, which updates nobody; new contacts whose"
            " address has opted out are opted out, too."
        )
