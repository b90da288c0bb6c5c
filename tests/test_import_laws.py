"""Laws of imports, for drawn stores, files and options: as the reference says, once, and undone to the last byte."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipelines import imports
from contact_pipelines.imports.validate import distinct_texts, validating
from contact_pipelines.store import copying
from tests.helpers import reference_rollback
from tests.helpers.drawn_imports import EXAMPLES, edits, laws, options, worlds
from tests.helpers.drawn_world import ADDRESSES, World
from tests.helpers.reference_import import NOW, bring_in

pytestmark = pytest.mark.timeout(0 if EXAMPLES else 1200)  # half a minute of processor time, if that is all it needs

BATCHES = {validating: "BATCH_ROWS", copying: "LINES_PER_BATCH", distinct_texts: "BATCH"}
SIZES = {module: getattr(module, name) for module, name in BATCHES.items()}
"""How many rows go through at once: as ever, or so few that rows of one person come apart."""

paths = st.fixed_dictionaries({"review": st.booleans(), "twice": st.booleans(), "batch": st.sampled_from([None, 3])})

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


def values(contacts: list[dict]) -> list[str]:
    """Return contacts as text, without what tells when they were written."""
    timeless = [{**it, "groups": sorted(it["groups"].items()), "version": None, "updated_at": None} for it in contacts]
    return sorted(str({key: it[key] for key in sorted(it)}) for it in timeless)


def require_same(found: list[str], expected: list[str]) -> None:
    """Fail, telling the lines that only one of the two lists has."""
    more, less = Counter(found) - Counter(expected), Counter(expected) - Counter(found)
    told = [*(f"found:    {line}" for line in more.elements()), *(f"expected: {line}" for line in less.elements())]
    assert not told, "\n".join(told)


def addresses_of_moved_opt_outs(before: list[dict], after: list[dict]) -> set[str]:
    """Return the addresses of contacts that had opted out when an import gave them another one.

    Whoever leaves an address as an opt-out leaves it on the suppression list, and that is not taken back.
    """
    new = {it["id"]: it for it in after}
    moved = [it for it in before if it["status"] != "subscribed" and new[it["id"]]["email"] != it["email"]]
    return {email for it in moved for email in (it["email"], new[it["id"]]["email"]) if email}


def clock(world: World):
    return world.sql("SELECT now() AS now, CAST(:tenant AS text)")[0]["now"]


@laws(6)
@given(drawn=worlds, how=options(), path=paths)
def test_an_import_does_what_the_reference_does_and_its_rollback_undoes_it(importer, monkeypatch, drawn, how, path):
    for module, name in BATCHES.items():
        monkeypatch.setattr(module, name, path["batch"] or SIZES[module])
    world = World(importer, f"t{next(_tenants)}", drawn)
    rows = world.rows(drawn)
    world.require(how)
    suppressed, set_aside = world.suppressed(ADDRESSES), set()
    dumps, records = [], []
    for _ in range(1 + path["twice"]):
        state, since = world.state(rows), clock(world)
        dumps.append(world.dump())
        told, after = bring_in(state, rows, how)
        record = world.bring_in(rows, how, review=path["review"])
        set_aside |= addresses_of_moved_opt_outs(state.contacts, after)
        if path["review"]:
            require_same(world.dump(), dumps[-1])
            record = imports.confirm_import(importer.store, importer.settings, record.id, tenant_id=world.tenant)
        records.append(record)
        found = outcomes(importer, record)
        require_same(*([f"{outcome} {row}" for outcome, row in zip(them, rows, strict=True)] for them in (found, told)))
        counts = record.counts
        assert counts.add_up
        assert counts.as_dict() == {
            "total": len(rows),
            **{name: found.count(name) for name in ("created", "updated", "unchanged", "skipped", "failed")},
        }
        stored, expected = (comparable(contacts, state.contacts, since) for contacts in (world.contacts(), after))
        require_same(stored, expected)
    if path["twice"] and how["match_on"] == ["email"] and how["mode"] != "create_all":
        assert not {"created", "updated"} & set(found)
    for record in reversed(records):
        before = dumps.pop()
        importer.roll_back(record, restore_consent="test")
        require_same(world.dump(), before)
    assert world.suppressed(ADDRESSES) - suppressed <= set_aside


@pytest.mark.thorough
@laws(8)
@given(drawn=worlds, how=options(), changes=edits, restore=st.booleans())
def test_a_rollback_undoes_what_the_import_did_and_nothing_else(importer, drawn, how, changes, restore):
    world = World(importer, f"t{next(_tenants)}", drawn)
    world.require(how)
    before = world.contacts()
    record = world.bring_in(world.rows(drawn), how)
    after = world.contacts()
    world.edit(changes, before)
    now, since = world.contacts(), clock(world)
    suppressed = world.suppressed({it["email"] for it in (*before, *now) if it["email"]})

    def expected(*, restore_consent: bool) -> list[dict]:
        return reference_rollback.roll_back(before, after, now, suppressed=suppressed, restore_consent=restore_consent)

    counts = importer.roll_back(record, restore_consent="test" if restore else None)
    told = comparable(expected(restore_consent=restore), now, since)
    require_same(comparable(world.contacts(), now, since), told)
    assert counts.restored + counts.deleted + counts.kept + counts.gone == record.counts.created + record.counts.updated
    if counts.opt_outs_kept and not restore:
        importer.roll_back(record, restore_consent="test")
        restored, told = values(world.contacts()), values(expected(restore_consent=True))
        require_same(restored, told)
