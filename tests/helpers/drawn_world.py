"""A store that Hypothesis has drawn (see `drawn_imports`), what is done to it, and how it looks afterwards."""

from __future__ import annotations

import contextlib
import json
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contact_pipelines import contacts
from contact_pipelines.contacts import suppressions
from contact_pipelines.errors import ContactPipelinesError
from contact_pipelines.models import GroupDefinition, Import, PropertyDefinition
from contact_pipelines.settings.policy import FieldRules, Policy
from tests.helpers.drawn_imports import PERSON_KEYS, WORLDS
from tests.helpers.importing import Importer
from tests.helpers.reference_import import BAD, FIELDS, State

HEADER = (*FIELDS, "id", "updated_at", "n")
"""Columns of the files: `properties.extra` is a property that the import creates, `n` keeps lines from being blank."""

TABLES = ("contacts", "group_members", "groups", "properties")
"""What an import can change, besides the suppression list."""


def _external_id(number: int, place: int) -> str:
    return f"{number}-{place}"


def _email(number: int, place: int) -> str:
    return f"{'abcde'[place]}{number}@example.com"


def _phone(number: int, place: int) -> str:
    return f"+1415555{2000 + 10 * number + place}"


ADDRESSES = {_email(number, place) for number in range(WORLDS) for place in range(5)}
_SPELLED = {"external_id": _external_id, "email": _email, "phone": _phone}


def _with_keys(drawn: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a person or a row with the keys of a world instead of numbers."""
    keys = {key: drawn[key] if drawn[key] in (None, BAD) else _SPELLED[key](number, drawn[key]) for key in PERSON_KEYS}
    return {**drawn, **keys}


class World:
    """A tenant's store, made of drawn worlds: by an import, edits, opt-outs, joining and leaving of groups."""

    def __init__(self, importer: Importer, tenant: str, drawn: list[dict[str, Any]]) -> None:
        self.importer, self.tenant = importer, tenant
        people = [_with_keys(it, number) for number, each in enumerate(drawn) for it in each["people"]]
        self._define()
        table = [[*PERSON_KEYS, "n"], *([*(it[key] or "" for key in PERSON_KEYS), "1"] for it in people)]
        columns = {key: key for key in PERSON_KEYS} | {"n": "ignore"}
        record = importer.run(
            [[*table[0], "last_name"], *([*line, str(place)] for place, line in enumerate(table[1:]))],
            tenant=tenant, columns={**columns, "last_name": "last_name"}, mode="create_all",
            match_on=PERSON_KEYS,
        )  # fmt: skip
        assert record.counts.created + record.counts.failed == len(people)  # who has no key at all is nobody
        self._edit(people)
        gone = [_email(number, place) for number, each in enumerate(drawn) for place in each["suppressed"]]
        with importer.store.begin() as connection:
            suppressions.suppress(connection, tenant, gone, reason="asked")
        self.people = people

    def sql(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """Run a statement; it may name :tenant."""
        return self.importer.sql(statement, tenant=self.tenant, **values)

    def _define(self) -> None:
        for key, kind, more in (("note", "text", {}), ("points", "number", {})):
            self._property(key, kind, **more)
        self._property("colours", "multi_select", options=("red", "blue", "green"))
        for kind, name, default in (
            ("list", "l", None),
            ("segment", "s", None),
            ("topic", "t", "opt_out"),
            ("topic", "all", "opt_in"),
        ):
            definition = GroupDefinition(kind=kind, name=name, default_subscription=default)
            contacts.create_group(self.importer.store, definition, tenant_id=self.tenant)

    def _property(self, key: str, kind: str, **more: object) -> None:
        definition = PropertyDefinition(key=key, type=kind, **more)
        contacts.create_property(self.importer.store, definition, tenant_id=self.tenant)

    def _edit(self, people: list[dict[str, Any]]) -> None:
        """Give the contacts their values by hand; `last_name` says who is who."""
        lines = [
            {
                "place": str(place),
                **{name: it[name] for name in ("first_name", "company", "lead_score")},
                "tags": it["tags"] or [],
                "status": it["status"] or "subscribed",
                "properties": _properties(it),
                "changed": it["changed"].isoformat(),
            }
            for place, it in enumerate(people)
        ]
        # One address has one consent: that of its contact, where others are marked duplicates of it.
        self.sql(
            "UPDATE contacts c SET first_name = v.first_name, company = v.company, lead_score = v.lead_score,"
            " tags = v.tags, properties = v.properties, updated_at = v.changed, version = version + 1,"
            " status = CASE WHEN is_duplicate AND v.status = 'subscribed' THEN c.status ELSE v.status END"
            " FROM jsonb_to_recordset(CAST(:lines AS jsonb)) v (place text, first_name text, company text,"
            " lead_score integer, tags text[], status text, properties jsonb, changed timestamptz)"
            " WHERE c.tenant_id = :tenant AND c.last_name = v.place",
            lines=json.dumps(lines),
        )
        members = [
            {"place": str(place), "name": name, "how": how if name.startswith("topic") else None}
            for place, it in enumerate(people)
            for name, how in it["groups"].items()
        ]
        self.join(members)

    def join(self, members: list[dict[str, Any]]) -> None:
        """Let contacts join groups, or leave topics: last name, `kind name`, subscription."""
        self.sql(
            "INSERT INTO group_members (tenant_id, group_id, contact_id, subscription)"
            " SELECT c.tenant_id, g.id, c.id, v.how"
            " FROM jsonb_to_recordset(CAST(:members AS jsonb)) v (place text, name text, how text)"
            " JOIN contacts c ON c.tenant_id = :tenant AND c.last_name = v.place"
            " JOIN groups g ON g.tenant_id = :tenant AND g.kind || ' ' || g.name = v.name"
            " ON CONFLICT (tenant_id, group_id, contact_id) DO UPDATE SET subscription = excluded.subscription",
            members=json.dumps(members),
        )

    def edit(self, drawn: list[tuple[Any, ...]], before: list[dict[str, Any]]) -> None:
        """Do to the contacts by hand what was drawn; what the database refuses is not done.

        A number as an email is that of a contact as it was `before`, which may be free now.
        """
        for number, (what, which, value) in enumerate(drawn):
            contacts = self.contacts()
            if not contacts:
                return
            if what == "suppress":
                if email := contacts[which % len(contacts)]["email"]:
                    with self.importer.store.begin() as connection:
                        suppressions.suppress(connection, self.tenant, [email])
                continue
            old = before[which % len(before)]["email"]
            emails = {it: other["email"] for it, other in enumerate(before)} | {"fresh": f"moved{number}@example.com"}
            given = emails.get(value) if what == "email" else value
            with contextlib.suppress(sa.exc.DBAPIError, ContactPipelinesError):
                self._edit_one(what, contacts[which % len(contacts)]["id"], given, old)

    def _edit_one(self, what: str, contact: str, value: object, old_email: str | None) -> None:
        mine = "tenant_id = :tenant AND id = CAST(:contact AS uuid)"
        if what == "delete":
            self.sql(f"DELETE FROM contacts WHERE {mine}", contact=contact)
            self.sql(
                "DELETE FROM group_members WHERE tenant_id = :tenant AND contact_id = CAST(:contact AS uuid)",
                contact=contact,
            )
        elif what == "create":
            self.sql(
                "INSERT INTO contacts (tenant_id, id, email, status)"
                " VALUES (:tenant, gen_random_uuid(), :email, :status)",
                email=old_email, status=value,
            )  # fmt: skip
        elif " " in what:
            self.sql(
                "INSERT INTO group_members (tenant_id, group_id, contact_id, subscription)"
                " SELECT tenant_id, id, CAST(:contact AS uuid), :how FROM groups"
                " WHERE tenant_id = :tenant AND kind || ' ' || name = :name"
                " ON CONFLICT (tenant_id, group_id, contact_id) DO UPDATE SET subscription = excluded.subscription",
                contact=contact, name=what, how=value if what.startswith("topic") else None,
            )  # fmt: skip
        elif what.startswith("properties."):
            new = {key: None for key in ("note", "points", "colours") if what.endswith(key)} | _properties(
                {what: value}
            )
            self.sql(
                f"UPDATE contacts SET properties = jsonb_strip_nulls(properties || CAST(:new AS jsonb)) WHERE {mine}",
                contact=contact, new=json.dumps(new),
            )  # fmt: skip
        else:
            value = value or "unsubscribed" if what == "status" else value
            self.sql(f"UPDATE contacts SET {what} = :value WHERE {mine}", contact=contact, value=value)

    def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts as `reference_import` has them, by id."""
        rows = self.sql(
            "SELECT id::text, external_id, email, phone, first_name, company, status, lead_score, tags, is_duplicate,"
            " properties ->> 'note' AS \"properties.note\", properties ->> 'points' AS \"properties.points\","
            " properties -> 'colours' AS \"properties.colours\", properties ->> 'extra' AS \"properties.extra\","
            " version, updated_at FROM contacts WHERE tenant_id = :tenant ORDER BY id"
        )
        groups: dict[str, dict[str, Any]] = {}
        for it in self.sql(
            "SELECT m.contact_id::text AS id, g.kind || ' ' || g.name AS name, m.subscription FROM group_members m"
            " JOIN groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id WHERE m.tenant_id = :tenant"
        ):
            groups.setdefault(it["id"], {})[it["name"]] = it["subscription"]
        return [{**row, "groups": groups.get(row["id"], {})} for row in rows]

    def suppressed(self, addresses: set[str]) -> set[str]:
        """Return those of the addresses that are on the suppression list."""
        rows = self.sql(
            "SELECT a.email FROM unnest(CAST(:addresses AS text[])) a (email) JOIN suppressions s"
            " ON s.tenant_id = :tenant AND s.address_hash = contact_pipelines_address_hash(:tenant, a.email)",
            addresses=sorted(addresses),
        )
        return {row["email"] for row in rows}

    def state(self, rows: list[dict[str, Any]]) -> State:
        """Return the store as the reference sees it."""
        contacts = self.contacts()
        addresses = {it["email"] for it in (*contacts, *rows) if it["email"]}
        return State(contacts, self.suppressed(addresses), ("topic all",))

    def dump(self, *tables: str) -> list[str]:
        """Return the tenant's tables, every column of them, as lines of text in a settled order."""
        return sorted(
            f"{table} {row['line']}"
            for table in tables or TABLES
            for row in self.sql(f"SELECT CAST(t AS text) AS line FROM {table} t WHERE tenant_id = :tenant")
        )

    def require(self, how: dict[str, Any]) -> None:
        """Make the properties required that the options say are."""
        self.sql(
            "UPDATE properties SET required = ('properties.' || key) = ANY (:required) WHERE tenant_id = :tenant",
            required=list(how["required"]),
        )

    def rows(self, drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows of a file: those of the worlds, mixed, with the keys and ids of the store."""
        ids = {
            it["last_name"]: str(it["id"])
            for it in self.sql("SELECT id, last_name FROM contacts WHERE tenant_id = :tenant")
        }
        found, first = [], 0
        for number, each in enumerate(drawn):
            for place, it in enumerate(each["rows"]):
                theirs = str(first + it["id"]) if isinstance(it["id"], int) else None
                own_id = str(uuid.UUID(int=number)) if it["id"] == "unknown" else ids.get(theirs or "")
                like = each["people"][it["like"]] if it["like"] in range(len(each["people"])) else {}
                same = {name: value for name, value in like.items() if name in FIELDS and name not in it["differs"]}
                found.append((place, number, {**_with_keys({**it, **same}, number), "id": own_id}))
            first += len(each["people"])
        mixed = [it for _, _, it in sorted(found, key=lambda one: one[:2])]
        return [{**it, "place": place} for place, it in enumerate(mixed)]

    def bring_in(self, rows: list[dict[str, Any]], how: dict[str, Any], **more: object) -> Import:
        """Import the rows; return the record."""
        options = {name: value for name, value in how.items() if name not in ("fields", "required")}
        columns = {name: name if name in (*how["fields"], "updated_at") else "ignore" for name in HEADER}
        columns["id"] = "id" if "id" in how["match_on"] else "ignore"
        table = [list(HEADER), *([_cell(it.get(name, "1")) for name in HEADER] for it in rows)]
        required = [name for name in how["required"] if not name.startswith("properties.")]
        policy = Policy(fields={name: FieldRules(required=True) for name in required})
        it = self.importer
        importer = Importer(it.store, it.settings.model_copy(update={"policy": policy}), it.folder)
        importer._files = it._files = it._files + 1
        return importer.run(table, tenant=self.tenant, columns=columns, **options, **more)


def _properties(person: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that a person has, as the store keeps them."""
    found = {key: person.get(f"properties.{key}") for key in ("note", "points", "colours")}
    return {key: json.loads(it) if key == "points" else it for key, it in found.items() if it is not None}


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "|".join(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else "bad" if value == BAD else str(value)
