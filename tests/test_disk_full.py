"""The disk of the artifacts is full: a sentence says so, nothing is half-applied, and with room it goes on."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import DiskFull
from contact_pipelines.models import Counts, ImportOptions, ImportStatus
from tests.helpers import crash_worker
from tests.helpers.small_disk import small_disk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no tmpfs, no limits")

ROWS = 400
FILE = "email,first_name,company,notes\n" + "".join(
    f"person{n}@example.com,Name {n * 7919 % 1000},Company {n * 104729 % 1000},{n * 1299709 % 10**9} {'x' * 40}\n"
    for n in range(ROWS)
)
COUNTS = Counts(ROWS, created=ROWS)
KNOWN = "email\nperson1@example.com\nperson2@example.com\n"


@pytest.fixture
def disk(importer, tmp_path):
    """A small disk on which the importer's artifacts are."""
    with small_disk(tmp_path / "disk", 8 * 1024 * 1024) as disk:
        importer.settings = importer.settings.model_copy(update={"artifacts": str(disk.folder / "artifacts")})
        yield disk


def whole(importer):
    return importer.everything("contacts", "import_changes", "properties", "groups", "group_members")


def leftovers(disk):
    return [path.name for path in disk.folder.glob("artifacts/*/.scratch/*")]


def kilobytes(step):
    """What is left of the disk, so that it is full in this step of an import of FILE."""
    return {"nothing": 0, "land": 4, "stage": 40, "map": 60, "compare": 80, "report": 110}[step] * 1024


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("step", ["nothing", "land", "stage", "map", "compare"])
def test_an_import_before_it_is_applied(importer, disk, step):
    record, before = imports.register_import(importer.store, str(importer.file(FILE))), whole(importer)
    disk.leave(kilobytes(step))
    with pytest.raises(DiskFull) as told:
        imports.run_import(importer.store, importer.settings, record)
    assert str(told.value) == (
        f"There is no room left on the disk of {disk.folder / 'artifacts'} (or no quota); nothing was half-applied."
        " Make room and try again."
    )
    failed = imports.get_import(importer.store, record.id)
    assert (failed.status, failed.error, failed.error_code) == (ImportStatus.FAILED, str(told.value), "disk_full")
    assert failed.progress.step == ("land" if step == "nothing" else step)
    assert whole(importer) == before
    assert leftovers(disk) == []
    disk.empty()
    assert imports.run_import(importer.store, importer.settings, failed).counts == COUNTS
    assert len(importer.results(record)) == ROWS + 1


def test_an_import_that_is_applied_gets_its_results_when_there_is_room(importer, disk):
    record = imports.register_import(importer.store, str(importer.file(FILE)))
    disk.leave(kilobytes("report"))
    with pytest.raises(DiskFull, match="the import is applied, but its results are not all written"):
        imports.run_import(importer.store, importer.settings, record)
    applied = imports.get_import(importer.store, record.id)
    assert (applied.status, applied.counts) == (ImportStatus.COMPLETED, COUNTS)
    before = whole(importer)
    disk.empty()
    imports.complete_report(importer.store, importer.settings, applied)
    assert len(importer.results(record)) == ROWS + 1
    assert [row[-2] for row in importer.results(record)[1:]] == ["Created"] * ROWS
    assert whole(importer) == before


@pytest.mark.thorough
def test_at_every_fullness(importer, disk):
    """Wherever it happens: failed and nothing written, or applied; and all of it when there is room."""
    seen = set()
    for size in range(4, 150, 12):
        tenant = f"tenant{size}"
        record = imports.register_import(importer.store, str(importer.file(FILE)), tenant_id=tenant)
        disk.leave(size * 1024)
        with suppress(DiskFull):
            imports.run_import(importer.store, importer.settings, record)
        after = imports.get_import(importer.store, record.id, tenant_id=tenant)
        seen.add((after.status, after.progress.step))
        assert len(importer.contacts(tenant)) == (ROWS if after.status == ImportStatus.COMPLETED else 0)
        disk.empty()
        assert imports.run_import(importer.store, importer.settings, after).counts == COUNTS
        assert len(importer.contacts(tenant)) == ROWS
        assert len(importer.results(record)) == ROWS + 1
    assert {status for status, _ in seen} == {ImportStatus.FAILED, ImportStatus.COMPLETED}
    assert len(seen) >= 5


def test_a_confirmation(importer, disk):
    importer.run(KNOWN)
    record = imports.run_import(
        importer.store,
        importer.settings,
        imports.register_import(importer.store, str(importer.file(FILE)), ImportOptions(review=True)),
    )
    before = whole(importer)
    disk.leave(0)
    with pytest.raises(DiskFull, match="nothing was half-applied"):
        imports.confirm_import(importer.store, importer.settings, record.id)
    assert whole(importer) == before
    assert imports.get_import(importer.store, record.id).status == ImportStatus.AWAITING_REVIEW
    disk.empty()
    confirmed = imports.confirm_import(importer.store, importer.settings, record.id)
    assert (confirmed.status, confirmed.counts) == (ImportStatus.COMPLETED, record.counts)


def test_a_rollback_is_done_though_its_report_has_no_room(importer, disk):
    record = importer.run(FILE)
    disk.leave(0)
    with pytest.raises(Exception, match=r"is rolled back, but the report could not be written \(No space left"):
        importer.roll_back(record)
    assert importer.contacts() == {}
    disk.empty()
    assert importer.roll_back(record).deleted == ROWS


def test_what_is_spilled_has_no_room(importer, disk):
    """DuckDB's temporary folder is on that disk too."""
    record = imports.register_import(importer.store, str(importer.file(FILE)))
    with imports.open_import(importer.store, importer.settings, record) as session:
        session.con.execute("SET memory_limit = '40MB'").fetchall()
        disk.leave(256 * 1024)
        with pytest.raises(DiskFull, match="nothing was half-applied"), session.step("compare"):
            session.con.execute(
                "CREATE TABLE t AS SELECT md5(i::text) AS a, md5((i + 1)::text) AS b FROM range(2_000_000) r (i)"
                " ORDER BY a, b"
            ).fetchall()
    assert leftovers(disk) == []


@pytest.mark.parametrize(("limit", "ends"), [(4096, ImportStatus.FAILED), (len(FILE) + 1000, ImportStatus.COMPLETED)])
def test_a_limit_of_file_sizes(importer, limit, ends):
    """Where no small disk can be mounted, and where an administrator has set `ulimit -f`."""
    record = imports.register_import(importer.store, str(importer.file(FILE)))
    child = crash_worker.start(run_limited, limit, importer.settings, record)
    assert crash_worker.ended(child) == 0
    after = imports.get_import(importer.store, record.id)
    assert (after.status, after.error_code) == (ends, "disk_full" if ends == ImportStatus.FAILED else None)
    assert len(importer.contacts()) == (0 if ends == ImportStatus.FAILED else ROWS)
    assert imports.run_import(importer.store, importer.settings, after).counts == COUNTS
    assert len(importer.results(record)) == ROWS + 1


def run_limited(limit, settings, record):
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with pytest.raises(DiskFull):
        crash_worker.run_import(settings, record)
