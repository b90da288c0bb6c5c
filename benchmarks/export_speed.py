"""How fast exports are, beside PostgreSQL's own COPY of the same query, and how much memory they take.

    python -m benchmarks.export_speed --rows 1000000 [--formats csv,xlsx]

Prints one JSON object. `bare_copy_s` is `COPY (query) TO STDOUT` of the same columns, read and thrown away: texts as
they are, lists as arrays, in the same order. `csv_s` and the others are the whole operation: snapshot, file on the
disk, SHA-256, the record in the store. Bare COPY and CSV are measured three times, by turns; the medians count.
Seconds are wall clock; `peak_rss_mb` is of a process of its own for each format, PostgreSQL not included.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import multiprocessing.pool
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.generate import generate
from contact_pipelines import contacts, exports, imports
from contact_pipelines.exports.column_cells import Style
from contact_pipelines.exports.export_plan import plan_export
from contact_pipelines.exports.snapshot import snapshot
from contact_pipelines.models import ExportFormat, ExportRequest, ImportOptions
from contact_pipelines.settings import Settings
from contact_pipelines.store import exports_table
from contact_pipelines.store.embedded import stop_embedded
from contact_pipelines.store.engine import Store, open_store
from contact_pipelines.store.imports_table import uuid7

TURNS = 3
TENANT = "bench"


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", default=",".join(ExportFormat))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="export-speed-") as folder:
        home = Path(folder)
        settings = Settings(home=home / "home", artifacts=str(home / "artifacts"))
        store = open_store(settings)
        try:
            with _another_process() as pool:  # or its memory would count: a process is as large as its maker was
                pool.apply(fill, (settings, home, arguments.rows))
            print(json.dumps(measure(store, settings, arguments.formats.split(","))))
        finally:
            store.close()
            stop_embedded(settings.store_folder.resolve())


def fill(settings: Settings, folder: Path, rows: int) -> None:
    """Import contacts of ten columns, all on one list."""
    path = folder / "contacts.csv"
    generate(path, rows)
    options = ImportOptions(lists=("Trade fair",))
    store = open_store(settings)
    imports.run_import(store, settings, imports.register_import(store, str(path), options, tenant_id=TENANT))
    store.close()
    path.unlink()


def measure(store: Store, settings: Settings, formats: list[str]) -> dict[str, Any]:
    """Return the figures."""
    figures: dict[str, Any] = {"rows": contacts.count_contacts(store, tenant_id=TENANT)}
    if ExportFormat.CSV in formats:
        bare, csv, peaks = [], [], []
        for _ in range(TURNS):
            bare.append(bare_copy_seconds(store))
            seconds, peak, size = export(settings, ExportFormat.CSV)
            csv.append(seconds)
            peaks.append(peak)
        figures |= {
            "bare_copy_s": round(statistics.median(bare), 2),
            "csv_s": round(statistics.median(csv), 2),
            "csv_ratio": round(statistics.median(csv) / statistics.median(bare), 2),
            "csv_peak_rss_mb": max(peaks),
            "csv_mb": size,
        }
    for name in formats:
        if name != ExportFormat.CSV:
            seconds, peak, size = export(settings, ExportFormat(name))
            figures |= {f"{name}_s": round(seconds, 2), f"{name}_peak_rss_mb": peak, f"{name}_mb": size}
    return figures


def bare_copy_seconds(store: Store) -> float:
    """Time PostgreSQL's own COPY of the export's columns, as they are."""
    with snapshot(store, str(uuid7())) as taken:
        plan = plan_export(taken.connection, TENANT, ExportRequest(), None)
        (query,) = plan.queries(Style.BARE)
        started = time.perf_counter()
        for _ in taken.copy(query, "FORMAT csv"):
            pass
        return time.perf_counter() - started


def export(settings: Settings, file_format: ExportFormat) -> tuple[float, int, int]:
    """Export in a new process; return seconds, its peak memory in MB, and the file's size in MB."""
    with _another_process() as pool:
        return pool.apply(_export, (settings, file_format))


def _another_process() -> multiprocessing.pool.Pool:
    return multiprocessing.get_context("spawn").Pool(1)


def _export(settings: Settings, file_format: ExportFormat) -> tuple[float, int, int]:
    store = open_store(settings)
    started = time.perf_counter()
    record = exports.export_contacts(store, settings, ExportRequest(format=file_format), tenant_id=TENANT)
    seconds = time.perf_counter() - started
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024**2 if sys.platform == "darwin" else 1024)
    exports_table.expire_files(store, settings.artifacts, [record])
    store.close()
    return seconds, peak, (record.size or 0) // 1024**2


if __name__ == "__main__":
    main()
