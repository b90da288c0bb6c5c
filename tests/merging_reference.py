"""What an import does to a store, said as plainly as can be: row by row, contact by contact, in Python.

A contact and a row are dictionaries of the same fields; None is a blank. Slow and obvious: the tests compare the
set-based import with it.
"""

from __future__ import annotations

FIELDS = ("external_id", "email", "phone", "first_name", "tags", "status")
STRICTNESS = ["subscribed", "unsubscribed", "bounced", "complained"]


def strictest(*statuses: str | None) -> str | None:
    """Return the strictest of those that are stated."""
    return max((status for status in statuses if status), key=STRICTNESS.index, default=None)


def bring_in(store: list[dict], rows: list[dict], how: dict) -> tuple[list[str], list[dict]]:
    """Return the outcome of each row, and the store after the import. Contacts have an `id`, rows have none."""
    keyed = [row for row in rows if any(row[key] for key in how["match_on"])]
    outcomes = {id(row): "failed" for row in rows}
    if how["mode"] == "create_all":
        made = _create_all(store, keyed)
        return ["created" if row in keyed else "failed" for row in rows], store + made
    found: dict[int, dict | None] = {}
    for row in keyed:
        hits = [[it for it in store if row[key] and it[key] == row[key]] for key in how["match_on"]]
        people = {it["id"]: it for hit in hits for it in hit}
        if len(people) <= 1:
            found[id(row)] = next(iter(people.values()), None)
    sure = [row for row in keyed if id(row) in found]
    counting = []
    for group in _same_people(sure, found, how["match_on"]):
        for row in group:
            outcomes[id(row)] = "failed" if how["duplicates"] == "error" and len(group) > 1 else "skipped"
        if how["duplicates"] == "error" and len(group) > 1:
            continue
        counts = group[0 if how["duplicates"] == "first" else -1]
        stricter = strictest(*(row["status"] for row in group))
        told = counts["status"] if stricter in (None, "subscribed") else stricter
        counting.append((counts, {**counts, "status": told}))
    counting.sort(key=lambda pair: rows.index(pair[0]))
    after = [dict(it) for it in store]
    claimed: set[str] = set()
    for original, row in counting:
        outcomes[id(original)] = _write(store, after, found[id(original)], row, how=how, claimed=claimed)
    return [outcomes[id(row)] for row in rows], after


def _same_people(rows: list[dict], found: dict, keys: list[str]) -> list[list[dict]]:
    """Return the rows in groups, each in the file's order: of one person by any key, or by the contact found."""
    groups: list[list[dict]] = []
    for row in rows:
        mine = [group for group in groups if any(_are_same(row, other, found, keys) for other in group)]
        groups = [group for group in groups if group not in mine]
        groups.append([*(other for group in mine for other in group), row])
    return [sorted(group, key=lambda row: row["place"]) for group in groups]


def _are_same(one: dict, other: dict, found: dict, keys: list[str]) -> bool:
    contacts = found[id(one)], found[id(other)]
    return any(one[key] and one[key] == other[key] for key in keys) or (
        contacts[0] is not None and contacts[0] is contacts[1]
    )


def _write(store: list[dict], after: list[dict], known: dict | None, row: dict, *, how: dict, claimed: set[str]) -> str:
    if (known is None and how["mode"] == "update_only") or (known is not None and how["mode"] == "create_only"):
        return "skipped"
    final = _created(row, how) if known is None else {field: _final(field, known, row, how) for field in FIELDS}
    new_email = final["email"] if known is None or final["email"] != known["email"] else None
    if new_email and "email" not in how["match_on"]:
        first = new_email not in claimed
        claimed.add(new_email)
        if not first or any(it["email"] == new_email for it in store):
            return "failed"
    if known is None:
        after.append({**final, "id": object(), "is_duplicate": False})
        return "created"
    contact = next(it for it in after if it["id"] is known["id"])
    if all(contact[field] == final[field] for field in FIELDS):
        return "unchanged"
    contact.update(final)
    return "updated"


def _created(row: dict, how: dict) -> dict:
    tags = [] if how["rules"].get("tags") == "remove" else row["tags"] or []
    return {**{field: row[field] for field in FIELDS}, "tags": tags, "status": row["status"] or "subscribed"}


def _final(field: str, contact: dict, row: dict, how: dict) -> object:
    """Return what a field of a contact that exists becomes."""
    old, new = contact[field], row[field]
    rule = how["rules"].get(field) or how["rules"].get("*", "overwrite")
    rule_of_status = how["rules"].get("status")
    if field == "status" and rule_of_status != "keep":
        return strictest(old, new)
    erases = how["blank"] == "erase" and field not in how["match_on"]
    blank = ([] if field == "tags" else None) if erases else old
    given = blank if new is None else new
    is_newer = row["updated_at"] is not None and row["updated_at"] > contact["updated_at"]
    tags, named = (old, new or []) if field == "tags" else ([], [])
    finals = {
        "keep": old,
        "fill_blank": old or new or old,
        "newer": given if is_newer else old,
        "append": tags + [tag for tag in named if tag not in tags],
        "remove": [tag for tag in tags if tag not in named],
        "overwrite": given,
    }
    return old if how["match_on"] == [field] or field == "status" else finals[rule]


def _create_all(store: list[dict], rows: list[dict]) -> list[dict]:
    made: list[dict] = []
    for row in rows:
        mine = [it for it in [*store, *rows] if row["email"] and it["email"] == row["email"]]
        taken = any(it["email"] == row["email"] for it in [*store, *made]) if row["email"] else False
        status = strictest("subscribed", row["status"], *(it["status"] for it in mine))
        made.append({**_created(row, {"rules": {}}), "status": status, "is_duplicate": taken, "id": object()})
    return made
