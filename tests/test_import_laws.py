"""Laws of imports, for drawn stores, files and options: as the reference says, once, and undone to the last byte."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from contact_pipelines import operations
from tests import reference_rollback
from tests.drawn_imports import World, laws, options, worlds
from tests.reference_import import NOW, bring_in

_tenants = itertools.count()


def outcomes(importer, record) -> list[str]:
    return [{"Error": "failed"}.get(line[-2], line[-2].lower()) for line in importer.results(record)[1:]]


def comparable(contacts: list[dict], known: list[dict], since) -> list[str]:
    """Return contacts as text. Those that are not `known` have no ids, whatever changed after `since` has no time."""
    ids = {it["id"] for it in known}
    return sorted(
        str(
            {
                **it,
                "groups": sorted(it["groups"].items()),
                "id": it["id"] if it["id"] in ids else None,
                "updated_at": NOW if it["updated_at"] == NOW or it["updated_at"] >= since else it["updated_at"],
            }
        )
        for it in ({key: it[key] for key in sorted(it)} for it in contacts)
    )


def differences(found: list[str], expected: list[str]) -> list[str]:
    """Return the lines that only one of two lists has, each with what it is."""
    more, less = Counter(found) - Counter(expected), Counter(expected) - Counter(found)
    return [*(f"found: {line}" for line in more.elements()), *(f"expected: {line}" for line in less.elements())]


def clock(world: World):
    return world.sql("SELECT now() AS now, CAST(:tenant AS text)")[0]["now"]


@laws(14)
@given(drawn=worlds, how=options(), review=st.booleans(), twice=st.booleans())
def test_an_import_does_what_the_reference_does_and_its_rollback_undoes_it(importer, drawn, how, review, twice):
    world = World(importer, f"t{next(_tenants)}", drawn)
    rows = world.rows(drawn)
    world.require(how)
    dumps, records = [], []
    for _ in range(1 + twice):
        state, since = world.state(rows), clock(world)
        dumps.append(world.dump())
        told, after = bring_in(state, rows, how)
        record = world.bring_in(rows, how, review=review)
        if review:
            assert differences(world.dump(), dumps[-1]) == []
            record = operations.confirm_import(importer.store, importer.settings, record.id, tenant_id=world.tenant)
        records.append(record)
        found = outcomes(importer, record)
        assert [(row["place"], *pair) for row, *pair in zip(rows, found, told, strict=True) if pair[0] != pair[1]] == []
        counts = record.counts
        assert counts.add_up
        assert counts.as_dict() == {
            "total": len(rows),
            **{name: found.count(name) for name in ("created", "updated", "unchanged", "skipped", "failed")},
        }
        stored, expected = (comparable(contacts, state.contacts, since) for contacts in (world.contacts(), after))
        assert differences(stored, expected) == []
    if twice and how["match_on"] == ["email"] and how["mode"] != "create_all":
        assert not {"created", "updated"} & set(found)
    for record in reversed(records):
        before = dumps.pop()
        importer.roll_back(record, restore_consent="test")
        assert differences(world.dump(), before) == []
