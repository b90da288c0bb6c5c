"""How much a large store and a review cost an import.

    python -m benchmarks.write_semantics [--stored 5000000] [--rows 100000] [--reviewed 1000000]

Prints one JSON object; all seconds are wall clock, in one run. `empty_s` is the whole import of a file of `rows`
contacts into an empty tenant, `large_s` the same file into a tenant of `stored` others, and `large_again_s` the same
file again there, of which nothing changes. `review_s` is what comes before a person is asked about a file of `reviewed`
rows, and `confirm_s` what follows when the answer is yes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import uuid
from pathlib import Path

from benchmarks.generate import generate
from benchmarks.import_speed import checkpoint, import_file
from contact_pipelines import imports
from contact_pipelines.models import ImportOptions, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store.embedded import stop_embedded
from contact_pipelines.store.engine import Store, open_store


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", type=int, default=5_000_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--reviewed", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="write-semantics-") as folder:
        home = Path(folder)
        settings = Settings(home=home / "home", artifacts=str(home / "artifacts"))
        store = open_store(settings)
        try:
            figures = measure_review(store, settings, home, arguments.reviewed)
            figures |= measure_large_store(store, settings, home, arguments.stored, arguments.rows)
            print(json.dumps(figures))
        finally:
            store.close()
            stop_embedded(settings.store_folder.resolve())


def measure_review(store: Store, settings: Settings, folder: Path, rows: int) -> dict[str, object]:
    """Bring a new file to its review, confirm it, and do the same with a changed copy of it."""
    tenant = f"review-{uuid.uuid4().hex[:8]}"
    figures: dict[str, object] = {"reviewed": rows}
    for name, changed in (("", 0.0), ("again_", 0.01)):
        path = folder / "reviewed.csv"
        generate(path, rows, changed=changed)
        checkpoint(store)
        started = time.perf_counter()
        record = imports.register_import(store, str(path), ImportOptions(review=True), tenant_id=tenant)
        record = imports.run_import(store, settings, record)
        assert record.status == ImportStatus.AWAITING_REVIEW
        figures[f"{name}review_s"] = round(time.perf_counter() - started, 2)
        started = time.perf_counter()
        imports.confirm_import(store, settings, record.id, tenant_id=tenant)
        figures[f"{name}confirm_s"] = round(time.perf_counter() - started, 2)
    return figures


def measure_large_store(store: Store, settings: Settings, folder: Path, stored: int, rows: int) -> dict[str, object]:
    """Import a file into an empty tenant and into one with many other contacts."""
    many, few = folder / "many.csv", folder / "few.csv"
    generate(many, stored)
    generate(few, rows, seed=2)
    large = f"large-{uuid.uuid4().hex[:8]}"
    _, steps = import_file(store, settings, many, large)
    figures: dict[str, object] = {"stored": stored, "stored_s": round(sum(steps.values()), 2), "rows": rows}
    for name, tenant in (("empty", f"empty-{uuid.uuid4().hex[:8]}"), ("large", large), ("large_again", large)):
        record, steps = import_file(store, settings, few, tenant)
        figures[f"{name}_s"] = round(sum(steps.values()), 2)
        figures[f"{name}_created"] = record.counts.created
        figures[f"{name}_steps"] = {step: round(seconds, 2) for step, seconds in steps.items()}
    return figures


if __name__ == "__main__":
    main()
