"""Putting an import in the queue."""

from __future__ import annotations

from collections.abc import Mapping

from contact_pipelines.files.locations import LocationConfig, resolve_source
from contact_pipelines.imports import land, rules
from contact_pipelines.imports.compare import opt_out_imports
from contact_pipelines.models import DEFAULT_TENANT, Import, ImportOptions
from contact_pipelines.store import imports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.tenants import ensure_tenant


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
    given = options or ImportOptions()
    opt_out_imports.require_fitting_options(given)
    chosen = rules.checked_rules(opt_out_imports.as_suppressing(given.over(defaults) if defaults else given))
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
