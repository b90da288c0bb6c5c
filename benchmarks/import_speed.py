"""How fast imports are, beside what PostgreSQL can do at all and what people would otherwise write.

    python -m benchmarks.import_speed --rows 1000000 [--database-url URL] [--keep FOLDER]

Prints one JSON object. All seconds are wall clock, in one run: `raw_copy_s` is `COPY` of the same final rows into
the same table; `fresh_s` the whole pipeline (all steps, journal, results file) into an empty tenant; `resync_s` the
same file again with 1 % of its rows changed; `naive_upsert_s` `COPY` of all rows to a temporary table and
`INSERT ... ON CONFLICT DO UPDATE`; `rollback_s` undoes the fresh load; `peak_rss_mb` is this process's, PostgreSQL
not included. `steps` and `resync_steps` are seconds by step.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg

from benchmarks.baselines import naive_upsert_seconds, raw_copy_seconds
from benchmarks.generate import generate
from contact_pipelines import imports
from contact_pipelines.imports import columns, compare, land, report, stage, validate, way
from contact_pipelines.models import Import
from contact_pipelines.settings import Settings
from contact_pipelines.store.embedded import stop_embedded
from contact_pipelines.store.engine import Store, open_store

STEPS = {
    "land": land.run,
    "stage": stage.run,
    "columns": columns.run,
    "validate": validate.run,
    "compare": compare.run,
    "apply": way.apply_import,
    "report": report.run,
    "events": report.publish_events,
}


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database-url", help="a migrated store to use instead of an embedded one")
    parser.add_argument("--skip-baselines", action="store_true", help="measure the pipeline only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="import-speed-") as folder:
        home = Path(folder)
        settings = Settings(home=home / "home", database_url=arguments.database_url, artifacts=str(home / "artifacts"))
        store = open_store(settings)
        try:
            print(json.dumps(measure(store, settings, arguments.rows, home, baselines=not arguments.skip_baselines)))
        finally:
            store.close()
            if not arguments.database_url:
                stop_embedded(settings.store_folder.resolve())


def measure(store: Store, settings: Settings, rows: int, folder: Path, *, baselines: bool) -> dict[str, object]:
    """Return the figures, in the order of the contract."""
    tenant = f"bench-{uuid.uuid4().hex[:8]}"
    first, second = folder / "contacts.csv", folder / "contacts_changed.csv"
    generate(first, rows)
    generate(second, rows, changed=0.01)
    fresh, steps = import_file(store, settings, first, tenant)
    _, resync_steps = import_file(store, settings, second, tenant)
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    raw = raw_copy_seconds(store.url, tenant) if baselines else None
    naive = naive_upsert_seconds(store.url, second, tenant) if baselines else None
    checkpoint(store)
    started = time.perf_counter()
    imports.roll_back_import(store, settings, fresh.id, tenant_id=tenant)
    rollback = time.perf_counter() - started
    fresh_s, resync_s = sum(steps.values()), sum(resync_steps.values())
    return {
        "rows": rows,
        "raw_copy_s": raw and round(raw, 2),
        "fresh_s": round(fresh_s, 2),
        "fresh_ratio": raw and round(fresh_s / raw, 2),
        "resync_s": round(resync_s, 2),
        "naive_upsert_s": naive and round(naive, 2),
        "resync_ratio": naive and round(resync_s / naive, 2),
        "rollback_s": round(rollback, 2),
        "peak_rss_mb": round(peak),
        "steps": {name: round(seconds, 2) for name, seconds in steps.items()},
        "resync_steps": {name: round(seconds, 2) for name, seconds in resync_steps.items()},
    }


def import_file(store: Store, settings: Settings, path: Path, tenant: str) -> tuple[Import, dict[str, float]]:
    """Import a file through all steps; return the import and the seconds by step."""
    checkpoint(store)
    seconds: dict[str, float] = {}
    record = imports.register_import(store, str(path), tenant_id=tenant)
    with imports.open_import(store, settings, record) as session:
        for name, step in STEPS.items():
            started = time.perf_counter()
            step(session)
            seconds[name] = time.perf_counter() - started
    return imports.get_import(store, record.id, tenant_id=tenant), seconds


def checkpoint(store: Store) -> None:
    """Begin each measurement without another's unwritten pages, where the role may say so."""
    try:
        with psycopg.connect(store.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
    except psycopg.errors.InsufficientPrivilege:
        pass


if __name__ == "__main__":
    main()
