"""Nobody who left is subscribed again: every mode, rule, blank and source of a status, against everybody who left.

One import has a row for each way to have left and each way to say "subscribed"; options and paths go through it in
turn, in one store, since none of them may loosen anything.
"""

from __future__ import annotations

import pytest

from contact_pipelines import operations
from contact_pipelines.errors import ContactPipelinesError
from contact_pipelines.store import suppressions

REASONS = ("unsubscribed", "bounced", "complained")
LEFT = (*REASONS, *(f"brought-{reason}" for reason in REASONS), "suppressed")
"""How people left: by hand, by an import, by the suppression list; they are contacts."""
GONE = ("deleted", "erased", "blocked")
"""Those who are no contacts any more, or never were: a deleted opt-out, an erased one, an address on the list."""
SAYING = {
    "word": "subscribed",
    "accepts": "",
    "declines": "",
    "nothing": "",
    "twice": "",
    "spelled": "subscribed",
    "moved": "subscribed",
}
"""How a row says that its person is subscribed: its cell of the column `status`."""
HEADER = ["external_id", "phone", "email", "status", "first_name", "tags", "Accepts Marketing", "Opted out"]
COLUMNS = {name: name for name in HEADER[:6]}
STRICTNESS = ("subscribed", *REASONS)

RULES = (
    {},
    {"status": "overwrite", "*": "keep"},
    {"status": "fill_blank"},
    {"status": "keep", "email": "keep"},
    {"*": "fill_blank"},
    {"*": "keep_lower", "tags": "remove"},
    {"*": "keep_higher", "tags": "append"},
)
MATRIX = [
    ("upsert", "external_id", "ignore", RULES[0]),
    ("upsert", "external_id,email,phone", "erase", RULES[1]),
    ("upsert", "email", "erase", RULES[2]),
    ("update_only", "phone", "erase", RULES[0]),
    ("update_only", "email,external_id", "ignore", RULES[5]),
    ("create_only", "external_id", "erase", RULES[6]),
    ("create_only", "email", "ignore", RULES[4]),
    ("upsert", "phone", "ignore", RULES[3]),
    ("create_all", "email", "erase", RULES[0]),
    ("create_all", "external_id", "ignore", RULES[1]),
]


def keys(left: str, saying: str) -> list[str]:
    """Return external id, phone and email of a person."""
    place = (*LEFT, *GONE).index(left) * len(SAYING) + list(SAYING).index(saying)
    return [f"{left}-{saying}", f"+1415555{2000 + place}", f"{left}.{saying}@example.com"]


def people(*lefts: str) -> list[list[str]]:
    return [keys(left, saying) for left in lefts for saying in SAYING]


def rows(by_email: bool) -> list[list[str]]:
    """Return a row or two of everybody who left, saying that they are subscribed."""
    found = []
    for left in (*LEFT, *GONE):
        for saying, word in SAYING.items():
            number, phone, email = keys(left, saying)
            if saying == "spelled":
                email = f"  {email.upper()} "
            if saying == "moved" and not by_email:
                email = f"new.{email}"
            row = [number, phone, email, word, "Ann", "vip"]
            answers = [{"accepts": "yes", "twice": "yes"}.get(saying, ""), "no" if saying == "declines" else ""]
            found.append([*row, *answers])
            if saying == "twice":
                found.append([*row[:3], "subscribed", "Bob", "", "yes", "no"])
    return found


@pytest.fixture
def left(importer):
    """A store whose people all left, and the import that brought some of the opt-outs."""
    table = people(*LEFT, "deleted", "erased")
    importer.run([[*HEADER[:3], "tags"], *([*line, "old"] for line in table)])
    brought = [
        [*keys(f"brought-{reason}", saying), reason] for reason in REASONS for saying in SAYING
    ]
    importer.left = importer.run([HEADER[:4], *brought], rules={"*": "overwrite"})
    for reason in REASONS:
        set_status(importer, reason, people(reason))
    set_status(importer, "unsubscribed", people("deleted", "erased"))
    importer.sql("DELETE FROM contacts WHERE email LIKE 'deleted.%'")
    for *_, email in people("erased"):
        operations.erase_contact(importer.store, importer.settings, email)
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", [line[2] for line in people("suppressed", "blocked")])
    assert statuses(importer).keys() == {line[0] for line in people(*LEFT)}
    assert "subscribed" not in statuses(importer).values()
    return importer


def set_status(importer, status: str, lines: list[list[str]]) -> None:
    importer.sql(
        "UPDATE contacts SET status = :status WHERE external_id = ANY (:ids)", status=status, ids=[it[0] for it in lines]
    )


def statuses(importer) -> dict[str, str]:
    """Return the status of every contact that has an external id, of marked duplicates the loosest."""
    found = importer.sql("SELECT external_id, status FROM contacts")
    ranked = sorted(found, key=lambda it: STRICTNESS.index(it["status"]), reverse=True)
    return {it["external_id"]: it["status"] for it in ranked}


def mailable(importer) -> set[str]:
    """Return the addresses that a campaign would mail."""
    return {it["email"] for it in importer.sql("SELECT email FROM contacts WHERE status = 'subscribed'")}


ADDRESSES = {line[2] for line in people(*LEFT, *GONE)}
MOVED = {f"new.{email}" for email in ADDRESSES}


def require_nobody_came_back(importer, before: dict[str, str], *, by_email: bool) -> None:
    """Fail if an address that left is mailable, or a contact's status is looser than before.

    By email, somebody with a new address is somebody new: that is what the email as the only key means.
    """
    assert mailable(importer) & ADDRESSES == set()
    now = statuses(importer)
    looser = {who for who, was in before.items() if STRICTNESS.index(now.get(who, was)) < STRICTNESS.index(was)}
    assert looser == set()


@pytest.mark.parametrize(("mode", "match_on", "blank", "rules"), MATRIX)
def test_nobody_who_left_is_subscribed_again(left, mode, match_on, blank, rules):
    by_email, before = match_on == "email", statuses(left)
    rules = {name: rule for name, rule in rules.items() if not (by_email and name == "email")}
    how = {"mode": mode, "match_on": match_on, "blank": blank, "rules": rules, "status": "subscribed"}
    cells = slice(None) if len(rules) != 1 else slice(0, 6)  # a column of opt-in changes the default of new contacts
    table = [HEADER[cells], *(row[cells] for row in rows(by_email))]

    def check(where: str) -> None:
        assert (where, mailable(left) & ADDRESSES) == (where, set())
        now = statuses(left)
        looser = {who for who, was in before.items() if STRICTNESS.index(now.get(who, was)) < STRICTNESS.index(was)}
        assert (where, looser) == (where, set())

    direct = left.run(table, columns=COLUMNS, **how)
    assert direct.counts.add_up
    check("direct")
    left.roll_back(direct)
    check("rolled back")
    reviewed = left.run(table, columns=COLUMNS, review=True, **how)
    check("awaiting review")
    operations.confirm_import(left.store, left.settings, reviewed.id)
    check("confirmed")
    left.roll_back(reviewed, restore_consent="another file")
    check("another import rolled back with its consent")
