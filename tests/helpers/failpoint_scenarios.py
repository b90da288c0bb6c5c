"""What is killed at the failpoints, and what a store and its artifacts are to be like in the end.

A scenario begins in a database and an artifact folder that are copied for each point, so that the ids are the same in
each: one import waits, awaits review or is completed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from contact_pipelines import imports
from contact_pipelines.errors import WrongState
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store.engine import Store, open_store
from tests import failpoints
from tests.helpers.crash_worker import FILE, OLD, SAME, World

OPTIONS = {"lists": ["l"], "tags": ["a"], "save_mapping": "fair"}
"""The SAME contacts are in the list and have the tag."""
TOPIC = (
    "INSERT INTO groups (tenant_id, id, kind, name, default_subscription)"
    " VALUES (:t, gen_random_uuid(), 'topic', 'news', 'opt_in')"
)
MEMBERS = (
    "INSERT INTO group_members (tenant_id, group_id, contact_id) SELECT g.tenant_id, g.id, c.id FROM groups g"
    " JOIN contacts c USING (tenant_id) WHERE tenant_id = :t AND g.name = 'l' AND email = ANY(CAST(:e AS text[]))"
)
EDIT = "UPDATE contacts SET {} WHERE tenant_id = :t AND email = :e"


@dataclass(frozen=True)
class Place:
    """A database and a folder of artifacts in which a scenario is played, and its import."""

    settings: Settings
    record: Import

    def open(self) -> World:
        return World(self.settings, self.settings.home)


@dataclass(frozen=True)
class Scenario:
    """`prepare` brings a world to the beginning; `run` is what is killed, and what is called again afterwards."""

    name: str
    prepare: Callable[[World], Import]
    run: Callable[[Store, Settings, Import], object]
    points: str = ""
    """A pattern of the points that are tried: the others are another scenario's."""


# -- beginnings


def _waiting(world: World, **options: Any) -> Import:
    tenant = world.tenant()
    world.sql(TOPIC, t=tenant)
    world.sql(MEMBERS, t=tenant, e=SAME)
    return world.register(tenant, FILE, **{**OPTIONS, **options})


def _waiting_for_review(world: World) -> Import:
    return _waiting(world, review=True, review_expires=86_400, lists=["fresh"], topics=["launch"])


def _reviewed(world: World) -> Import:
    record = world.import_again(_waiting_for_review(world))
    assert record.status == ImportStatus.AWAITING_REVIEW
    return record


def _reviewed_then_moved(world: World) -> Import:
    record = _reviewed(world)
    world.sql(EDIT.format("lead_score = 7, version = version + 1"), t=record.tenant_id, e=OLD[1])
    return record


def _reviewed_then_contradicted(world: World) -> Import:
    record = _reviewed_then_moved(world)
    world.sql(EDIT.format("first_name = 'Ford', version = version + 1"), t=record.tenant_id, e=OLD[2])
    return record


def _completed_then_edited(world: World) -> Import:
    record = world.import_again(_waiting(world, segments=["s"]))
    assert record.status == ImportStatus.COMPLETED
    world.sql(EDIT.format("first_name = 'Ford', version = version + 1"), t=record.tenant_id, e=OLD[1])
    return record


def _rolled_back(world: World) -> Import:
    record = _completed_then_edited(world)
    world.roll_back(record)
    return world.fresh(record)


# -- what is run


def _import(store: Store, settings: Settings, record: Import) -> None:
    try:
        imports.run_import(store, settings, record)
    except WrongState:  # it was left to a person before the process died
        if imports.get_import(store, record.id, tenant_id=record.tenant_id).status != ImportStatus.AWAITING_REVIEW:
            raise


def _confirm(store: Store, settings: Settings, record: Import) -> None:
    try:
        imports.confirm_import(store, settings, record.id, tenant_id=record.tenant_id)
    except WrongState:  # there is nothing left to do
        assert imports.get_import(store, record.id, tenant_id=record.tenant_id).status == ImportStatus.COMPLETED


def _roll_back(store: Store, settings: Settings, record: Import, **options: Any) -> None:
    try:
        imports.roll_back_import(store, settings, record.id, tenant_id=record.tenant_id, **options)
    except WrongState:
        assert imports.get_import(store, record.id, tenant_id=record.tenant_id).status == ImportStatus.ROLLED_BACK


def _restore_consent(store: Store, settings: Settings, record: Import) -> None:
    _roll_back(store, settings, record, restore_consent="asked for")


SCENARIOS = (
    Scenario("import", _waiting, _import),
    Scenario("review", _waiting_for_review, _import, points="^review"),
    Scenario("confirm", _reviewed_then_moved, _confirm),
    Scenario("confirm with conflicts", _reviewed_then_contradicted, _confirm, points="changes|compared"),
    Scenario("rollback", _completed_then_edited, _roll_back),
    Scenario("restore consent", _rolled_back, _restore_consent),
)


# -- processes


def watch(scenario: str, place: Place, target: Path) -> None:
    """Run a scenario undisturbed and write the names of its points to `target`. In a process of its own."""
    names: list[str] = []
    beside: list[str] = []
    points = failpoints.Failpoints(lambda name: (beside if "(drafting)" in name else names).append(name))
    points.install(setattr)
    _play(scenario, place, points)
    target.write_text(json.dumps(names + beside), encoding="utf-8")


def run_to_its_death(scenario: str, place: Place, point: str) -> None:
    """Run a scenario until it dies at the point. In a process of its own."""
    os.environ[failpoints.VARIABLE] = point
    _play(scenario, place, failpoints.install_here())


def _play(scenario: str, place: Place, points: failpoints.Failpoints) -> None:
    store = open_store(place.settings)
    points.step = scenario
    named(scenario).run(store, place.settings, place.record)
    points.step = None


def named(scenario: str) -> Scenario:
    return next(it for it in SCENARIOS if it.name == scenario)


def copied(place: Place, url: str, folder: Path) -> Place:
    """Return a place with this copy of the database, and copy the artifacts too."""
    shutil.copytree(place.settings.artifacts, folder / "artifacts")
    settings = place.settings.model_copy(
        update={"home": folder, "database_url": url, "artifacts": str(folder / "artifacts")}
    )
    return replace(place, settings=settings)


# -- the end


def picture(place: Place) -> dict[str, object]:
    """Return all that a scenario leaves behind, without new ids and times."""
    world = place.open()
    try:
        record = world.fresh(place.record)
        return {
            **world.state(record.tenant_id),
            "import": _facts(record),
            "journal": world.journal(record),
            "undone": _undone(world, record),
            "groups": _groups(world),
            "grants": world.sql("SELECT old_status, new_status, reason FROM consent_grants ORDER BY id"),
            "mappings": world.sql("SELECT name, version, columns FROM saved_mappings ORDER BY name, version"),
            "files": _files(world, record),
        }
    finally:
        world.store.close()


def _facts(record: Import) -> dict[str, object]:
    kept = ("status", "file", "rows", "counts", "warnings", "error", "error_code", "rollback", "reading")
    return {
        **{name: getattr(record, name) for name in kept},
        # Not the reasons: once the mapping is saved, a second attempt gives that for one.
        "mapping": [(column.column, column.field, column.creates) for column in record.mapping],
        "times": sorted(name for name, time in record.times.items() if time is not None),
    }


def _undone(world: World, record: Import) -> list[dict[str, Any]]:
    return world.sql(
        "SELECT row_number, undone, restore FROM import_changes WHERE tenant_id = :t"
        " AND import_id = CAST(:i AS uuid) ORDER BY 1",
        t=record.tenant_id, i=record.id,
    )  # fmt: skip


def _groups(world: World) -> list[dict[str, Any]]:
    return world.sql("SELECT kind, name, default_subscription, import_id FROM groups ORDER BY kind, name")


def _files(world: World, record: Import) -> dict[str, object]:
    """Return the import's files by name: what those that people read hold, of the others only that they are there."""
    tenant = Path(world.settings.artifacts) / record.tenant_id
    ArtifactFolder(world.settings.artifacts, record.tenant_id, "").remove_dead_scratch()  # as its next import does
    assert list(tenant.glob(".scratch/*")) == []
    folder = tenant / record.id
    emails = {str(row["id"]): row["email"] for row in world.sql("SELECT id, email FROM contacts")}
    files: dict[str, object] = {str(path.relative_to(folder)): path.stat().st_size > 0 for path in folder.rglob("*")}
    for name in files:
        if name.endswith((".csv", ".json")):
            text = (folder / name).read_text(encoding="utf-8")
            for contact_id, email in emails.items():
                text = text.replace(contact_id, str(email))
            files[name] = text
        if name == "contact_events.parquet":
            rows = duckdb.sql(f"FROM '{folder / name}'").fetchall()
            files[name] = [(emails.get(str(row[0])), *row[1:]) for row in rows]
    return files
