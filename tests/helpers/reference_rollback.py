"""What undoing an import does to a store, said as plainly as can be: contact by contact, field by field, in Python.

For an import after which people may have edited contacts, but no other import was made. Contacts are those of
`reference_import`, with ids.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.helpers.reference_import import FIELDS, NOW, Values


def roll_back(
    before: list[Values],
    after: list[Values],
    now: list[Values],
    *,
    suppressed: set[str],
    restore_consent: bool,
) -> list[Values]:
    """Return the contacts after the rollback of an import.

    `before` and `after` are the contacts around the import, `now` what has become of them since.
    """
    old, new = ({it["id"]: it for it in contacts} for contacts in (before, after))
    undone = []
    for contact in now:
        joined = set(new.get(contact["id"], contact)["groups"]) - set(old.get(contact["id"], {"groups": ()})["groups"])
        left = {name: how for name, how in contact["groups"].items() if name not in joined or how == "opt_out"}
        if contact["id"] in old or not _is_deleted(contact, new.get(contact["id"]), left, restore_consent):
            undone.append({**contact, "groups": left})

    def is_undone(contact: Values) -> bool:
        """Say whether an opt-out is the import's own, and goes."""
        was, became = old.get(contact["id"]), new.get(contact["id"])
        brought = was and became and was["status"] == "subscribed" != became["status"] == contact["status"]
        return restore_consent and bool(brought)

    how = {"suppressed": suppressed, "restore_consent": restore_consent, "is_undone": is_undone}
    return [
        _restored(it, old[it["id"]], new[it["id"]], undone, **how) if it["id"] in old and it["id"] in new else it
        for it in undone
    ]


def _is_deleted(contact: Values, created: Values | None, groups: Values, restore_consent: bool) -> bool:
    """Say whether a contact that is new since the import goes: the import created it, and it is nobody else's yet."""
    if created is None:  # somebody else created it
        return False
    is_opt_out = contact["status"] != "subscribed" and not restore_consent
    return contact["version"] == created["version"] and not groups and not is_opt_out


def _restored(contact: Values, old: Values, new: Values, others: list[Values], **how: object) -> Values:
    """Return a contact with every field put back that still holds what the import made of it."""
    kept = _barred(contact, old, new, others, **how)
    changed = [name for name in FIELDS if old[name] != new[name]]
    back = {name: old[name] for name in changed if contact[name] == new[name] and name not in kept}
    if "tags" in changed and "tags" not in back:
        back["tags"] = _tags_without(contact["tags"], old["tags"], new["tags"])
    if all(contact[name] == value for name, value in back.items()):
        return contact
    if contact["version"] == new["version"] and not kept:
        return {**contact, **back, "version": old["version"], "updated_at": old["updated_at"]}
    return {**contact, **back, "version": contact["version"] + 1, "updated_at": NOW}


def _tags_without(tags: list[str], old: list[str], new: list[str]) -> list[str]:
    """Return the tags without those that the import gave, and with those that it took."""
    left = [tag for tag in tags if tag in old or tag not in new]
    return left + sorted(tag for tag in old if tag not in new and tag not in left)


def _barred(
    contact: Values,
    old: Values,
    new: Values,
    others: list[Values],
    *,
    suppressed: set[str],
    restore_consent: bool,
    is_undone: Callable[[dict], bool],
) -> set[str]:
    """Return the fields that cannot go back, because somebody would be subscribed or an address is somebody else's."""
    barred = set()
    holders = [it for it in others if it["id"] != contact["id"] and not it["is_duplicate"]]
    # A marked duplicate shares its address, and may not be subscribed where that one has opted out.
    has_left = contact["is_duplicate"] and any(
        it["email"] in {contact["email"], old["email"]} - {None} and it["status"] != "subscribed" and not is_undone(it)
        for it in holders
    )
    is_suppressed = bool({contact["email"], old["email"]} & suppressed)
    if old["status"] == "subscribed" != new["status"] and (is_suppressed or has_left or not restore_consent):
        barred.add("status")
    if old["email"] != new["email"]:
        is_taken = not contact["is_duplicate"] and any(old["email"] and it["email"] == old["email"] for it in holders)
        if is_taken or (contact["status"] == "subscribed" and (is_suppressed or has_left)):
            barred.add("email")
    return barred
