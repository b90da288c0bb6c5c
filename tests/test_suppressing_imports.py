"""Imports that only opt people out: `--suppress`."""

from __future__ import annotations

import pytest

from contact_pipelines import operations
from contact_pipelines.models import Counts, ImportStatus, RollbackCounts
from contact_pipelines.store import suppressions

KNOWN = (
    "email,external_id,phone,first_name,status\n"
    "ann@example.com,A1,+14155552671,Ann,subscribed\n"
    "bob@example.com,B1,+14155552672,Bob,subscribed\n"
    "cat@example.com,C1,+14155552673,Cat,unsubscribed\n"
    "dan@example.com,D1,+14155552674,Dan,complained\n"
    "eve@example.com,E1,+14155552674,Eve,subscribed\n"
)
FILE = (
    "email,first_name,tags\n"
    "ANN@example.com,Changed,vip\n"
    "cat@example.com,Changed,vip\n"
    "new@example.com,Newcomer,vip\n"
    "old@example.com,Listed,vip\n"
    "ann@example.com,Again,vip\n"
    "new@example.com,Again,vip\n"
    "not an address,,\n"
)


@pytest.fixture
def known(importer):
    importer.run(KNOWN)
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", ["old@example.com"], reason="by hand")
    return importer


def statuses(importer) -> dict[str, str]:
    return {email.partition("@")[0]: contact["status"] for email, contact in importer.contacts().items()}


def listed(importer) -> set[str]:
    """Return whose address is on the list, of all that these tests know."""
    names = ("ann", "bob", "cat", "dan", "eve", "new", "old", "former")
    with importer.store.connect() as connection:
        return {
            name for name in names if suppressions.is_suppressed(connection, "default", f"{name}@example.com")
        }


def told(importer, record) -> list[tuple[str, str]]:
    return [(row[-2], row[-1]) for row in importer.results(record)[1:]]


BEFORE = {"ann": "subscribed", "bob": "subscribed", "cat": "unsubscribed", "dan": "complained", "eve": "subscribed"}


def test_opt_out(known):
    before = known.contacts()
    record = known.run(FILE, suppress="opt_out")
    assert told(known, record) == [
        ("Updated", ""),
        ("Unchanged", "opted out before"),
        ("Skipped", "no contact has this email; the address goes on the suppression list"),
        ("Unchanged", "on the suppression list before"),
        ("Skipped", "duplicate of row 2"),
        ("Skipped", "duplicate of row 4"),
        ("Error", "email is not a valid email address"),
    ]
    assert record.counts == Counts(7, updated=1, unchanged=2, skipped=3, failed=1)
    assert listed(known) == {"old", "new"}
    after = known.contacts()
    assert after == before | {"ann@example.com": before["ann@example.com"] | {"status": "unsubscribed"}}
    with known.store.connect() as connection:
        reasons = [it.reason for it in suppressions.list_suppressions(connection, "default")]
    assert reasons == [f"import {record.name}", "by hand"]
