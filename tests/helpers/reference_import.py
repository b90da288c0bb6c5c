"""What an import does to a store, said as plainly as can be: row by row, contact by contact, in Python.

Slow and obvious: the tests compare the set-based import with it. Written from the words of the design and of the
options, not from the SQL.

A contact is a dictionary of FIELDS (properties among them as `properties.<key>`), `id`, `is_duplicate`, `version`,
`updated_at` and `groups` (name -> subscription). A row is a dictionary of FIELDS, `id`, `updated_at` and `place`; what
it leaves blank is None, what cannot be read is BAD.

`how` are the options of an import, by name, and besides: `fields`, those that a column is mapped to; `required`, those
that the house wants of new contacts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

TEXTS = ("external_id", "email", "phone", "first_name", "company", "properties.note", "properties.extra")
LISTS = ("tags", "properties.colours")
FIELDS = (*TEXTS, *LISTS, "status", "lead_score", "properties.points")
KEYS = ("external_id", "email", "phone", "id")
STRICTNESS = ("subscribed", "unsubscribed", "bounced", "complained")
BAD = "not to be read"
NOW = "now"

_IMPORT_TAG = re.compile(r"imported_\d{4}_\d\d_\d\d_[0-9a-f]{6}")

Values = dict[str, Any]
"""Of a contact, a row or an import's options, by name."""


@dataclass
class State:
    """A store: its contacts, the addresses that are suppressed, the topics that every new contact is opted in to."""

    contacts: list[Values]
    suppressed: set[str] = field(default_factory=set)
    opt_in_topics: tuple[str, ...] = ()


def strictest(*statuses: str | None) -> str | None:
    """Return the strictest of those that are stated."""
    return max((status for status in statuses if status), key=STRICTNESS.index, default=None)


def bring_in(store: State, rows: list[Values], how: Values) -> tuple[list[str], list[Values]]:
    """Return the outcome of each row, and the contacts after the import. New contacts have the id None."""
    outcomes = {row["place"]: "failed" for row in rows}
    readable = [_read(row, how) for row in rows if not _is_broken(row, how)]
    after = [{**it, "groups": dict(it["groups"])} for it in store.contacts]
    if how["mode"] == "create_all":
        for row in readable:
            outcomes[row["place"]] = _create_duplicate(store, after, row, readable, how)
        return [outcomes[row["place"]] for row in rows], after
    found = {row["place"]: _people(store, row, how) for row in readable}
    sure = [row for row in readable if len(found[row["place"]]) <= 1 and not _has_unknown_id(row, found, how)]
    contact_of = {row["place"]: next(iter(found[row["place"]]), None) for row in sure}
    counting = []
    for group in _same_people(sure, contact_of, how):
        all_fail = how["duplicates"] == "error" and len(group) > 1
        outcomes |= {row["place"]: "failed" if all_fail else "skipped" for row in group}
        if not all_fail:
            counting.append(_with_the_opt_outs_of(group, group[-1 if how["duplicates"] == "last" else 0]))
    claimed: set[str] = set()
    for row in sorted(counting, key=lambda row: row["place"]):
        outcomes[row["place"]] = _write(store, after, contact_of[row["place"]], row, how=how, claimed=claimed)
    return [outcomes[row["place"]] for row in rows], after


# -- reading and recognising


def _is_broken(row: Values, how: Values) -> bool:
    """Say whether a row fails by itself: a value cannot be read, or no key is given. A phone is left out instead."""
    read = {name: row[name] for name in (*how["fields"], "id") if name != "phone" or "phone" in how["match_on"]}
    return BAD in read.values() or not any(row[key] for key in how["match_on"] if key in read)


def _read(row: Values, how: Values) -> Values:
    """Return a row as the import sees it: what no column is mapped to is not there, nor is what was left out."""
    values = {name: row[name] if name in how["fields"] and row[name] != BAD else None for name in FIELDS}
    return {**row, **values, "id": row["id"] if "id" in how["match_on"] else None}


def _people(store: State, row: Values, how: Values) -> list[str]:
    """Return the ids of all contacts that a row can be about."""
    return [it["id"] for it in store.contacts if any(row[key] and it[key] == row[key] for key in how["match_on"])]


def _has_unknown_id(row: Values, found: Values, how: Values) -> bool:
    """Say whether a row would be created with an id of its own choice. Another key makes up for it."""
    others = any(row[key] for key in how["match_on"] if key != "id")
    return how["mode"] != "update_only" and bool(row["id"]) and not others and not found[row["place"]]


def _same_people(rows: list[Values], contact_of: Values, how: Values) -> list[list[Values]]:
    """Return the rows in groups, each in the file's order: of one person by any key, or by the contact found."""

    def are_same(one: Values, other: Values) -> bool:
        contacts = contact_of[one["place"]], contact_of[other["place"]]
        shared = any(one[key] and one[key] == other[key] for key in how["match_on"])
        return shared or (contacts[0] is not None and contacts[0] == contacts[1])

    groups: list[list[Values]] = []
    for row in rows:
        mine = [group for group in groups if any(are_same(row, other) for other in group)]
        groups = [group for group in groups if group not in mine]
        groups.append([*(other for group in mine for other in group), row])
    return [sorted(group, key=lambda row: row["place"]) for group in groups]


def _with_the_opt_outs_of(group: list[Values], row: Values) -> Values:
    """Return the row that counts with the strictest opt-out that any row of its person states."""
    told = strictest(*(other["status"] for other in group))
    return row if told in (None, "subscribed") else {**row, "status": told}


# -- writing


def _write(
    store: State,
    after: list[Values],
    known: str | None,
    row: Values,
    *,
    how: Values,
    claimed: set[str],
) -> str:
    if how["mode"] == ("update_only" if known is None else "create_only"):
        return "skipped"
    old = next((it for it in store.contacts if it["id"] == known), None)
    final = _created(row, how) if old is None else {name: _final(name, old, row, how) for name in FIELDS}
    new_email = final["email"] if old is None or final["email"] != old["email"] else None
    if _is_suppressed(store, new_email):
        return "skipped"
    if old is None and _is_incomplete(final, how):
        return "failed"
    if new_email and "email" not in how["match_on"]:
        taken = new_email in claimed or any(it["email"] == new_email for it in store.contacts)
        claimed.add(new_email)
        if taken:
            return "failed"
    if old is None:
        after.append(_new_contact(final, store, how))
        return "created"
    return _update(next(it for it in after if it["id"] == known), final, how)


def _is_incomplete(values: Values, how: Values) -> bool:
    return any(values[name] in (None, []) for name in how["required"])


def _is_suppressed(store: State, email: str | None) -> bool:
    return email is not None and email in store.suppressed


def _update(contact: Values, final: Values, how: Values) -> str:
    named = _named_groups(how)
    joins = any(name not in contact["groups"] for name in named)
    if not joins and all(contact[name] == final[name] for name in FIELDS):
        return "unchanged"
    final["tags"] = _tagged(final["tags"], how)
    if any(contact[name] != final[name] for name in FIELDS):
        contact.update(final, version=contact["version"] + 1, updated_at=NOW)
    contact["groups"] = {**named, **contact["groups"]}
    return "updated"


def _new_contact(values: Values, store: State, how: Values, **more: object) -> Values:
    groups = dict.fromkeys(store.opt_in_topics, "opt_in") | _named_groups(how)
    tags = _tagged(values["tags"], how)
    whole = {**values, "tags": tags, "groups": groups, "id": None, "version": 1, "updated_at": NOW}
    return {"is_duplicate": False, **whole, **more}


def _created(row: Values, how: Values) -> Values:
    """Return the values of a new contact. What is to be taken away is not put on."""
    values = {name: row[name] for name in FIELDS}
    for name in LISTS:
        if _rule(name, how) == "remove":
            values[name] = None
    status = row["status"] or how["status"]
    return {**values, "tags": _union(values["tags"] or [], how["tags"]), "status": status}


def _create_duplicate(store: State, after: list[Values], row: Values, rows: list[Values], how: Values) -> str:
    """Create a contact whoever has its address. Consent is the address's: the strictest in the file and the store."""
    address = row["email"]
    if _is_suppressed(store, address):
        return "skipped"
    final = _created(row, how)
    if _is_incomplete(final, how):
        return "failed"
    same = [it for it in (*rows, *store.contacts) if address and it["email"] == address]
    status = strictest(final["status"], *(it["status"] or how["status"] for it in same))
    taken = address is not None and any(it["email"] == address for it in after)
    after.append(_new_contact({**final, "status": status}, store, how, is_duplicate=taken))
    return "created"


def _named_groups(how: Values) -> dict[str, str | None]:
    named: dict[str, str | None] = {f"list {name}": None for name in how["lists"]}
    named |= {f"segment {name}": None for name in how["segments"]}
    return named | {f"topic {name}": "opt_in" for name in how["topics"]}


# -- rules


def _rule(name: str, how: Values) -> str:
    """Return a field's rule. The rule of all fields is not the status's: who opts out must be heard."""
    return how["rules"].get(name) or (how["rules"].get("*") if name != "status" else None) or "overwrite"


def _final(name: str, contact: Values, row: Values, how: Values) -> object:  # noqa: C901, PLR0911 - a line a rule
    """Return what a field of a contact that exists becomes."""
    if name == "tags":
        return _union(_final_tags(contact, row, how), how["tags"])
    old, new = contact[name], row[name]
    if name not in how["fields"] or how["match_on"] == [name]:
        return old
    rule = _rule(name, how)
    if name == "status":
        return old if rule in ("keep", "fill_blank") else strictest(old, new)
    if rule == "keep" or (rule == "newer" and not _is_newer(row, contact)):
        return old
    if rule == "fill_blank":
        return new if old is None else old
    if rule in ("append", "remove", "keep_higher", "keep_lower") and (old is None or new is None):
        return new if old is None and rule != "remove" else old
    if rule == "append":
        return _union(old, new)
    if rule == "remove":
        return [it for it in old if it not in new] or (old if name in how["required"] else None)
    if rule == "keep_higher":
        return new if _size(name, new) > _size(name, old) else old
    if rule == "keep_lower":
        return new if _size(name, new) < _size(name, old) else old
    return old if new is None and not _erases(name, how) else new


def _final_tags(contact: Values, row: Values, how: Values) -> list[str]:  # noqa: PLR0911 - a line a rule
    """Return a contact's tags without those that the import itself gives.

    A file does not know of the tags of imports: its tags take the place of the others.
    """
    old, new = contact["tags"], row["tags"]
    if "tags" not in how["fields"]:
        return old
    rule = _rule("tags", how)
    own = [tag for tag in old if not _is_of_an_import(tag, how)]
    of_imports = [tag for tag in old if tag not in own]
    if rule == "keep" or (rule == "newer" and not _is_newer(row, contact)):
        return old
    if rule == "fill_blank":
        return old if own else _union(new or [], old)
    if rule == "append":
        return _union(old, new or [])
    if rule == "remove":
        left = [tag for tag in old if tag not in (new or []) or tag in (*how["tags"], how["import_tag"])]
        return old if not left and "tags" in how["required"] else left
    if new is None and not _erases("tags", how):
        return old
    given = _union(new or [], how["tags"])
    if own == [tag for tag in given if not _is_of_an_import(tag, how)] and set(given) <= set(old):
        return old
    return _union(given, of_imports)


def _is_newer(row: Values, contact: Values) -> bool:
    return row["updated_at"] is not None and row["updated_at"] > contact["updated_at"]


def _erases(name: str, how: Values) -> bool:
    """Say whether a blank erases. A match key that is blank is not known; what is required stays."""
    return how["blank"] == "erase" and name not in how["required"] and name not in how["match_on"]


def _size(name: str, value: object) -> object:
    """Return a value as something to compare: numbers as such, lists and texts as text."""
    if name == "properties.points":
        return float(str(value))
    return json.dumps(value) if isinstance(value, list) else value


def _tagged(tags: list[str], how: Values) -> list[str]:
    return tags if how["import_tag"] == "none" else _union(tags, [how["import_tag"]])


def _is_of_an_import(tag: str, how: Values) -> bool:
    return tag == how["import_tag"] or _IMPORT_TAG.fullmatch(tag) is not None


def _union(first: list[str], second: list[str]) -> list[str]:
    return [*first, *(it for it in second if it not in first)]
