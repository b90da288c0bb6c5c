"""Nobody who left is subscribed again: every mode, rule, blank and source of a status, against everybody who left.

One import has a row for each way to have left and each way to say "subscribed"; options and paths go through it in
turn, in one store, since none of them may loosen anything.
"""

from __future__ import annotations

import pytest

from contact_pipelines import contacts, imports
from contact_pipelines.contacts import suppressions
from contact_pipelines.errors import AddressNotNormal, AddressSuppressed, ConsentProtected

REASONS = ("unsubscribed", "bounced", "complained")
BROUGHT = tuple(f"brought-{reason}" for reason in REASONS)
LEFT = (*REASONS, *BROUGHT, "suppressed")
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
HEADER = ["external_id", "phone", "email", "status", "first_name", "tags", "Opted out", "Accepts Marketing"]
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
    (("upsert", "external_id", "ignore", RULES[0]), False),
    (("upsert", "external_id,email,phone", "erase", RULES[1]), True),
    (("upsert", "email", "erase", RULES[2]), False),
    (("upsert", "phone", "ignore", RULES[3]), True),
    (("update_only", "phone", "erase", RULES[0]), False),
    (("update_only", "email,external_id", "ignore", RULES[5]), True),
    (("create_only", "external_id", "erase", RULES[6]), True),
    (("create_only", "email", "ignore", RULES[4]), False),
    (("create_all", "email", "erase", RULES[0]), False),
    (("create_all", "external_id", "ignore", RULES[1]), True),
]
"""Mode, match keys, blank, rules, and whether the file has a column of opt-in, which changes who is new."""


def keys(left: str, saying: str) -> list[str]:
    """Return external id, phone and email of a person."""
    place = (*LEFT, *GONE).index(left) * len(SAYING) + list(SAYING).index(saying)
    return [f"{left}-{saying}", f"+1415555{2000 + place}", f"{left}.{saying}@example.com"]


def people(*lefts: str) -> list[list[str]]:
    return [keys(left, saying) for left in lefts for saying in SAYING]


def rows(*, moves: bool, opt_in: bool) -> list[list[str]]:
    """Return a file with a row or two of everybody who left, all saying that they are subscribed."""
    found = []
    for left in (*LEFT, *GONE):
        for saying, word in SAYING.items():
            number, phone, email = keys(left, saying)
            spelled = {"spelled": f"  {email.upper()} ", "moved": f"new.{email}" if moves else email}
            row = [number, phone, spelled.get(saying, email), word, "Ann", "vip"]
            found.append([*row, "no" if saying == "declines" else "", "yes" if saying in ("accepts", "twice") else ""])
            if saying == "twice":
                found.append([*row[:3], "subscribed", "Bob", "", "no", "yes"])
    return [line if opt_in else line[:-1] for line in [HEADER, *found]]


@pytest.fixture
def left(importer):
    """A store whose people all left, and the import that brought some of the opt-outs."""
    table = people(*LEFT, "deleted", "erased")
    importer.run([[*HEADER[:3], "tags"], *([*line, "old"] for line in table)])
    brought = [[*keys(f"brought-{reason}", saying), reason] for reason in REASONS for saying in SAYING]
    importer.brought = importer.run([HEADER[:4], *brought], rules={"*": "overwrite"})
    for reason in REASONS:
        set_status(importer, reason, people(reason))
    set_status(importer, "unsubscribed", people("deleted", "erased"))
    for *_, email in people("erased")[::3]:
        contacts.erase_contact(importer.store, importer.settings, email)
    importer.sql("DELETE FROM contacts WHERE email LIKE 'deleted.%' OR email LIKE 'erased.%'")
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", [line[2] for line in people("suppressed", "blocked")])
    assert statuses(importer).keys() == {line[0] for line in people(*LEFT)}
    assert "subscribed" not in statuses(importer).values()
    return importer


def set_status(importer, status: str, lines: list[list[str]]) -> None:
    importer.sql(
        "UPDATE contacts SET status = :status WHERE external_id = ANY (:ids)",
        status=status,
        ids=[it[0] for it in lines],
    )


def statuses(importer) -> dict[str, str]:
    """Return the status of every contact that has an external id, of marked duplicates the loosest."""
    found = importer.sql("SELECT external_id, status FROM contacts")
    ranked = sorted(found, key=lambda it: STRICTNESS.index(it["status"]), reverse=True)
    return {it["external_id"]: it["status"] for it in ranked}


ADDRESSES = {line[2] for line in people(*LEFT, *GONE)}


def require_nobody_came_back(importer, before: dict[str, str], where: str) -> None:
    """Fail if an address that left can be mailed again, or if a contact's status is looser than before."""
    mailed = {it["email"] for it in importer.sql("SELECT email FROM contacts WHERE status = 'subscribed'")}
    now = statuses(importer)
    looser = {who for who, was in before.items() if STRICTNESS.index(now.get(who, was)) < STRICTNESS.index(was)}
    assert (where, mailed & ADDRESSES, looser) == (where, set(), set())


@pytest.mark.thorough(keep=3)
@pytest.mark.parametrize(("how", "opt_in"), MATRIX)
def test_nobody_who_left_is_subscribed_again(left, how, opt_in):
    how = dict(zip(("mode", "match_on", "blank", "rules"), how, strict=True)) | {"status": "subscribed"}
    # Who is recognised by the address alone is somebody new under a new one; so is everybody in create_all.
    table = rows(moves=how["match_on"] != "email" and how["mode"] != "create_all", opt_in=opt_in)
    before = statuses(left)
    direct = left.run(table, columns=COLUMNS, **how)
    assert direct.counts.add_up
    require_nobody_came_back(left, before, "direct")
    left.roll_back(direct)
    require_nobody_came_back(left, before, "rolled back")
    reviewed = left.run(table, columns=COLUMNS, review=True, **how)
    require_nobody_came_back(left, before, "awaiting review")
    imports.confirm_import(left.store, left.settings, reviewed.id)
    require_nobody_came_back(left, before, "confirmed")
    left.roll_back(reviewed, restore_consent="another file")
    require_nobody_came_back(left, before, "another import rolled back with its consent")


def test_only_the_rollback_of_the_import_that_brought_an_opt_out_undoes_it(left):
    """Even so it stays where the person left otherwise, too: by the list, by hand, or by a later import."""
    table, before = rows(moves=False, opt_in=True), statuses(left)
    moved_on = {"word": "suppressed", "accepts": "by hand", "declines": "by an import"}
    with left.store.begin() as connection:
        suppressions.suppress(connection, "default", [line[2] for line in people(*BROUGHT) if "word" in line[0]])
    left.sql("UPDATE contacts SET status = 'complained' WHERE external_id LIKE 'brought-%-accepts'")
    stricter = [[line[2], "complained"] for line in people(*BROUGHT) if line[0].endswith("-declines")]
    left.run([["email", "status"], *stricter])
    left.run(table, columns=COLUMNS)
    left.roll_back(left.brought)
    require_nobody_came_back(left, before, "rolled back")
    left.roll_back(left.brought, restore_consent="wrong file")
    back = {who for who, status in statuses(left).items() if status == "subscribed"}
    expected = {line[0] for line in people(*BROUGHT) if line[0].rpartition("-")[2] not in moved_on}
    # Who had complained already is not changed by hearing it again, nor by hand.
    assert back - expected <= {"brought-complained-accepts", "brought-complained-declines"}
    assert expected <= back
    assert {who.rpartition("-")[0] for who in back} == set(BROUGHT)
    after = left.sql(
        "SELECT DISTINCT old_status, new_status, reason FROM consent_grants WHERE new_status = 'subscribed'"
    )
    assert {(it["new_status"], it["reason"]) for it in after} == {("subscribed", "wrong file")}


STATEMENTS = (
    "UPDATE contacts SET status = 'subscribed'",
    "UPDATE contacts SET status = 'subscribed', email = 'new.' || email",
    "UPDATE contacts SET is_duplicate = true; UPDATE contacts SET status = 'subscribed'",
    "DELETE FROM contacts; INSERT INTO contacts (tenant_id, id, email) SELECT 'default', {id}, {address}",
    "UPDATE contacts SET email = NULL; INSERT INTO contacts (tenant_id, id, email) SELECT 'default', {id}, {address}",
    "INSERT INTO contacts (tenant_id, id, email, is_duplicate) SELECT 'default', {id}, {address}, true",
    "INSERT INTO contacts (tenant_id, id, email) SELECT 'default', {id}, upper({address})",
    (
        "INSERT INTO contacts (tenant_id, id, email) SELECT 'default', {id}, {address}"
        " ON CONFLICT (tenant_id, email) WHERE NOT is_duplicate DO UPDATE SET status = 'subscribed'"
    ),
    "DELETE FROM suppressions",
    "TRUNCATE contacts",
)


def test_nor_does_hand_written_sql(left):
    """For all who left at once, and for some of them one by one."""
    before, some = statuses(left), [f"'{address}'" for address in sorted(ADDRESSES)]
    for statement in STATEMENTS:
        for address in (f"unnest(ARRAY[{', '.join(some)}])", *some[::9]):
            with pytest.raises((ConsentProtected, AddressSuppressed, AddressNotNormal)):
                left.sql(statement.format(address=address, id="gen_random_uuid()"))
        require_nobody_came_back(left, before, statement)
