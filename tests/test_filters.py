"""Filter expressions mean what an obvious evaluation in Python says; every text is read, or refused with its place."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contact_pipelines.contacts.filters import known_groups, parse_filter
from contact_pipelines.contacts.filters.filter_grammar import LONGEST_FILTER
from contact_pipelines.errors import InvalidFilter
from contact_pipelines.models import GroupKind, PropertyDefinition
from contact_pipelines.store.tables import contacts, group_members, groups
from tests.helpers import filter_reference as reference

EXAMPLE = (
    "status = 'subscribed' AND lead_score > 50 AND tags CONTAINS 'enterprise' AND created_at >= '2025-10-01'"
    " AND properties.plan"
)
PROPERTIES = [PropertyDefinition(key=key, type=type_) for key, type_ in reference.PROPERTIES.items()]
ROWS = reference.rows(80)
LAW = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@pytest.fixture
def connection(store):
    """A store with ROWS, each with its place in the list as the end of its id, and the same for another tenant."""
    with store.begin() as connection:
        connection.execute(sa.text("INSERT INTO tenants (id) VALUES ('default'), ('other')"))
        for tenant in ("default", "other"):
            _fill(connection, tenant)
    with store.connect() as connection:
        yield connection


def _fill(connection, tenant):
    named = {
        (kind, name): uuid.uuid4()
        for kind in ("list", "segment", "topic")
        for name in reference.GROUPS
        if name != "gone"
    }
    new_groups, members = [], []
    for (kind, name), group_id in named.items():
        default = "opt_out" if kind == "topic" else None
        new_groups.append(
            {"tenant_id": tenant, "id": group_id, "kind": kind, "name": name, "default_subscription": default}
        )
    for place, row in enumerate(ROWS):
        key = {"tenant_id": tenant, "contact_id": uuid.UUID(int=place)}
        for (kind, name), group_id in named.items():
            is_in = name in row[kind]
            if is_in or kind == "topic":  # who left a topic is kept, as somebody who opted out
                told = ("opt_in" if is_in else "opt_out") if kind == "topic" else None
                members.append({**key, "group_id": group_id, "subscription": told})
    columns = [{k: v for k, v in row.items() if k in contacts.c} for row in ROWS]
    given_ids = [{**row, "tenant_id": tenant, "id": uuid.UUID(int=place)} for place, row in enumerate(columns)]
    for table, values in ((contacts, given_ids), (groups, new_groups), (group_members, members)):
        connection.execute(sa.insert(table), values)


def found(connection, text: str, tenant: str = "default") -> list[int]:
    """Return the places of the rows that a filter finds."""
    wanted = parse_filter(text, PROPERTIES, known_groups(connection, tenant)).condition(tenant)
    ids = connection.scalars(sa.select(contacts.c.id).where(wanted).order_by(contacts.c.id))
    return [it.int for it in ids]


# -- any filter agrees with the reference

ordered = ["=", "<>", "!=", "<", "<=", ">", ">=", "IN", "BETWEEN", "IS NULL"]
equal = ["=", "<>", "IN"]
patterns = st.lists(st.sampled_from(["%", "_", "\\\\", "\\%", "\\_", "a", "A", "n", "Á", "ann", "'", "\n"]), max_size=4)
operators = {
    "text": [*ordered, "LIKE", "ILIKE"],
    "email": [*ordered, "LIKE", "ILIKE"],
    "phone": [*ordered, "LIKE", "ILIKE"],
    "status": equal,
    "number": ordered,
    "date": ordered,
    "moment": ordered,
    "boolean": [*equal, "IS NULL"],
    "set": ["CONTAINS", "CONTAINS ANY", "CONTAINS ALL", "IS NULL"],
    "group": equal,
    "search": ["="],
}
values = {
    "text": st.sampled_from(reference.WORDS),
    "email": st.sampled_from([" 1ANN@example.com", *(f"{n}{mail}" for n in range(9) for mail in reference.EMAILS)]),
    "phone": st.sampled_from([*reference.PHONES, "+1 (555) 01-00"]),
    "status": st.sampled_from(reference.STATUSES),
    "number": st.sampled_from(reference.NUMBERS),
    "date": st.sampled_from(reference.DATES),
    "moment": st.sampled_from(reference.MOMENTS),
    "boolean": st.sampled_from(["true", "FALSE"]),
    "set": st.sampled_from(reference.TAGS),
    "group": st.sampled_from(reference.GROUPS[:3]),
    "search": st.sampled_from(["ann", "Ánn A", " o'n", "%", "_", "\\", "+1555", "1ann@", "x\ny"]),
}


@st.composite
def a_comparison(draw):
    field = draw(st.sampled_from(sorted(reference.KINDS)))
    kind = reference.KINDS[field]
    operator = draw(st.sampled_from(operators[kind]))
    if operator in ("LIKE", "ILIKE"):
        return ("is", field, operator, ["".join(draw(patterns))])
    several = operator in ("IN", "CONTAINS ANY", "CONTAINS ALL")
    low, high = {"IS NULL": (0, 0), "BETWEEN": (2, 2)}.get(operator, (1, 3 if several else 1))
    return ("is", field, operator, draw(st.lists(values[kind], min_size=low, max_size=high)))


trees = st.recursive(
    a_comparison(),
    lambda inner: (
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4))
        | st.tuples(st.just("not"), inner)
    ),
    max_leaves=8,
)


def spelled(tree) -> str:
    match tree:
        case ("not", part):
            return f"not ({spelled(part)})"
        case ("is", field, operator, given):
            return f"{field} {operator} {_values(field, operator, given)}"
        case (word, parts):
            return f" {word}\n".join(f"({spelled(part)})" for part in parts)


def _values(field, operator, given) -> str:
    bare = reference.KINDS[field] in ("number", "boolean")
    told = [value if bare else "'" + value.replace("'", "''") + "'" for value in given]
    several = operator in ("IN", "CONTAINS ANY", "CONTAINS ALL")
    return f"({', '.join(told)})" if several else " AND ".join(told)


@settings(max_examples=300, **LAW)
@given(tree=trees)
def test_a_filter_finds_what_the_reference_finds(connection, tree):
    text = spelled(tree)
    expected = [place for place, row in enumerate(ROWS) if reference.answer(tree, row)]
    assert found(connection, text) == expected
    canonical = parse_filter(text, PROPERTIES).text
    assert parse_filter(canonical, PROPERTIES).text == canonical
    assert found(connection, canonical) == expected


# -- any text is read or refused

PIECES = (
    "status lead_score tags email properties.plan properties.points properties.langs list segment search = <> <= ("
    " ) , . AND OR NOT IN BETWEEN LIKE ILIKE IS NULL CONTAINS ANY ALL 'a' 'subscribed' 'VIP' '%' 'a\\' 5 -5 1e3 1e9999"
    " TRUE ' \" -- /* */ {# #} ; $$ :: @ ? :x %s %(x)s E'a' CASE END SELECT cast( \x00 \ud800 0x1F 1_0 '2025-10-01'"
    " COLLATE ESCAPE SYMMETRIC DISTINCT FROM INTERVAL [ ] { } || + * !"
)
pieces = st.sampled_from(PIECES.split(" "))
soups = st.lists(pieces, max_size=12).map(" ".join)


@settings(max_examples=1500, **LAW)
@given(text=st.text() | soups | soups.map(lambda soup: f"lead_score > 5 AND {soup}"))
@example("(" * 5_000)
@example("NOT " * 2_000 + "lead_score = 1")
@example("-" * 5_000)
@example(" OR ".join(["version=1"] * 900))
@example("lead_score IN (" + "1," * 4_000 + "1)")
@example("lead_score IN (" + "1," * 2_500 + "1)")
@example("a." * 4_000 + "a = 1")
@example("a[" * 4_000)
@example("lead_score = 1" + " = 1" * 2_000)
@example("lead_score = 1" + " - 1" * 2_000)
@example("lead_score" + " IS NULL" * 1_000)
@example("tags CONTAINS ANY " + "('a'), " * 1_000)
@example("'" * 9_999)
@example("lead_score = " + "9" * 9_000 + "x")
@example("lead_score = " + "9" * 9_000)
@example("created_at > '0001-01-01T00:00:00+23:59' and created_at < '9999-12-31T23:59:59-23:59'")
@example("lead_score = 1e1000 OR properties.points < -1e-1000")
@example("lead_score = '٣'")
@example("created_at = '٢٠٢٥-01-01'")
def test_any_text_is_read_or_refused_with_its_place(connection, text):
    try:
        wanted = parse_filter(text, PROPERTIES)
    except InvalidFilter as error:
        refused = error
    else:
        refused = None
    if refused:
        assert 1 <= refused.position <= max(len(text), LONGEST_FILTER) + 1
        assert str(refused).endswith((".", "?"))
        return
    assert connection.scalar(sa.select(sa.func.count()).where(wanted.condition("default"))) is not None
    assert parse_filter(wanted.text, PROPERTIES).text == wanted.text


@pytest.mark.parametrize("text", ["' OR '1'='1", "'; DROP TABLE contacts; --", "%s %(x)s :y $1", "a'||'b", '"', "\\'"])
def test_what_looks_like_sql_is_a_value(connection, text):
    quoted = "'" + text.replace("'", "''") + "'"
    for field in ("first_name", "properties.note", "email", "list", "topic"):
        assert found_in_none(connection, f"{field} = {quoted}")
    for field in ("tags", "properties.langs"):
        assert found_in_none(connection, f"{field} CONTAINS ANY ({quoted})")
    assert found_in_none(connection, f"search {quoted}" if text != "\\'" else "search 'zz'")
    wanted = parse_filter(f"first_name = {quoted}", PROPERTIES).condition("default")
    assert text in wanted.compile().params.values()


def found_in_none(connection, text: str) -> bool:
    wanted = parse_filter(text, PROPERTIES).condition("default")
    return connection.scalar(sa.select(sa.func.count()).where(wanted)) == 0


def test_a_filter_stays_with_its_tenant(connection):
    everybody = list(range(len(ROWS)))
    connection.execute(sa.text("DELETE FROM contacts WHERE tenant_id = 'other' AND lead_score IS NULL"))
    assert found(connection, "version >= 1") == everybody
    assert found(connection, "version >= 1", "other") == [
        place for place in everybody if ROWS[place]["lead_score"] is not None
    ]
    connection.execute(sa.text("DELETE FROM group_members WHERE tenant_id = 'other'"))
    assert found(connection, "list = 'VIP' OR version < 1", "other") == []
    assert found(connection, "list = 'VIP'") == [place for place, row in enumerate(ROWS) if "VIP" in row["list"]]
    connection.rollback()


def test_ids(connection):
    assert found(connection, f"id IN ('{uuid.UUID(int=3)}', '{uuid.UUID(int=5).hex}')") == [3, 5]


def test_a_name_may_be_written_in_any_case_and_quoted(connection):
    plain = found(connection, "properties.plan = 'pro' or list = 'VIP'")
    assert plain
    assert found(connection, """ "Properties"."PLAN" = 'pro' OR "LIST" = 'VIP' """) == plain


# -- what is said of a filter that cannot be read


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 1, "The filter is empty. Write a condition such as lead_score > 50, or leave it out."),
        ("statuss = 'x'", 1, "at statuss: there is no such field; is status meant?"),
        ("x9 = 'x'", 1, "the fields are id, external_id, email, phone,"),
        ("plan = 'x'", 1, "at plan: a property is written properties.plan."),
        ("properties.zzz = 'x'", 1, "there is no such property; the properties are 2nd_in, born, contains, langs,"),
        (
            "status = 'subscribd'",
            10,
            "at 'subscribd': a status is one of subscribed, unsubscribed, bounced, complained.",
        ),
        ('status = "subscribed"', 10, "a text stands in single quotes, such as 'Ann'."),
        ("lead_score > 'many'", 14, "at 'many': a number is expected, such as 50 or -1.5."),
        ("lead_score > TRUE", 14, "at TRUE: lead_score is a number, not true or false."),
        ("created_at > '2025-13-01'", 14, "a date or a time is expected, such as '2025-10-01' or"),
        ("properties.born > '2025-10-01T10:00Z'", 19, "a date is expected, such as '2025-10-01'."),
        ("properties.vip = 1", 18, "at 1: true or false is expected."),
        ("id = 'x'", 6, "an id is expected"),
        ("tags = 'x'", 1, "tags cannot be compared with =, but with CONTAINS, CONTAINS ANY, CONTAINS ALL, IS NULL."),
        ("first_name CONTAINS 'x'", 1, "first_name cannot be compared with CONTAINS, but with =, <>, IN,"),
        ("first_name = NULL", 14, "nothing equals NULL; write IS NULL or IS NOT NULL."),
        ("first_name", 1, "a comparison is missing; first_name is compared with =,"),
        ("first_name = last_name", 14, "a value is expected; a text stands in single quotes"),
        (
            "lead_score > 1 lead_score < 5",
            16,
            "at lead_score: this cannot stand here; between two comparisons write AND",
        ),
        ("lead_score > ", 12, "at >: something is missing behind it."),
        ("lead_score IN 5", 1, "IN needs its values in parentheses, such as IN ('a', 'b')."),
        ("lead_score BETWEEN 1 2", 22, "at 2: "),
        ("lead_score > -.5", 15, "at .: this cannot stand here; between two comparisons write AND or OR."),
        ("properties. > 5", 11, "at .: the key of a property is expected behind it."),
        ("lead_score IN (, 5)", 16, "at ,: this cannot stand here;"),
        ("lead_score IN (5, )", 19, "at ): this cannot stand here."),
        ("lead_score IN", 1, "IN needs its values in parentheses, such as IN ('a', 'b')."),
        ("(tags CONTAIN 'a')", 7, "at CONTAIN: this cannot stand here; between two comparisons write AND or OR."),
        ("lead_score NOT = 5", 16, "at =: this cannot stand here;"),
        ("lead_score = (5, 6)", 15, "one value is expected: a text in single quotes, a number, true or false."),
        ("lead_score = 1 = 1", 1, "at lead_score = 1: a comparison begins with the name of a field."),
        ("first_na<me IN ('a')", 1, "at first_na: there is no such field; is first_name meant?"),
        ("tags CONTAINS ANY 'a'", 1, "the values are expected in parentheses, such as ('a', 'b')."),
        ("lead_score IS 5", 1, "after IS only NULL or NOT NULL can stand."),
        ("(lead_score = 5", 1, "at (: this parenthesis is not closed."),
        ("lead_score = 5)", 15, "no parenthesis is open that it could close."),
        ("first_name = 'Ann", 14, "at ': this quote is not closed."),
        ("first_name = 'O''Neil' OR company = 'x", 37, "this quote is not closed."),
        ("first_name = 'O'Neil' & 5", 21, "this quote is not closed."),
        ("first_name LIKE 'a\\'", 17, "a pattern cannot end with a single backslash"),
        ("upper(first_name) = 'ANN'", 1, "at upper: there are no functions in a filter."),
        ("1 = 1", 1, "a comparison begins with the name of a field."),
        ("lead_score = 1; SELECT 1", 15, "at ;: this has no meaning in a filter."),
        ("lead_score = 1 -- all", 17, "at -: this cannot stand here."),
        ("first_name = 'a\x00'", 16, "this character cannot be part of a filter."),
        ("search ''", 8, "a text is expected that is not empty."),
        ("lead_score = 1e5000", 14, "this number is out of all proportion."),
        ("(" * 21 + "lead_score = 1" + ")" * 21, 21, "it is nested deeper than 20 times."),
        (" OR ".join(["version=1"] * 201), 2598, "no more than 200 comparisons are allowed."),
        (
            "first_name = '" + "x" * 10_000 + "'",
            10_001,
            "The filter, written out, has 10,015 characters; 10,000 are allowed.",
        ),
        ("list = 'VPI'", 8, "at 'VPI': there is no such list; there are: VIP."),
        ("topic IN ('VIP', 'b')", 11, "there is no such topic; there are: none."),
    ],
)
def test_an_error_points_at_its_place(text, position, says):
    with pytest.raises(InvalidFilter) as refused:
        parse_filter(text, PROPERTIES, {(GroupKind.LIST, "VIP"): None})
    assert (refused.value.position, says in str(refused.value)) == (position, True), str(refused.value)
    assert text.strip() == "" or len(text) > 10_000 or f"at character {position}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (f"{EXAMPLE} IN ('pro','team')", f"{EXAMPLE} IN ('pro', 'team')"),
        ("STATUS='Subscribed'or(lead_score==5)", "status = 'subscribed' OR lead_score = 5"),
        (
            "(status = 'bounced' or version != 1) and not (tags contains 'a' and version = 2)",
            "(status = 'bounced' OR version <> 1) AND NOT (tags CONTAINS 'a' AND version = 2)",
        ),
        ("not not not email in (' A@x.COM ')", "email NOT IN ('a@x.com')"),
        (
            "not not (version = 1 and (version = 2 and version = 3)) and version = 4",
            "version = 1 AND version = 2 AND version = 3 AND version = 4",
        ),
        ("((version)) = (-1) or tags contains any (('a'), 'b')", "version = -1 OR tags CONTAINS ANY ('a', 'b')"),
        ("version not between 1 and 2 and version is null", "version NOT BETWEEN 1 AND 2 AND version IS NULL"),
        (
            "version = 1 or version = 2 and not version = 3 or version = 4",
            "version = 1 OR version = 2 AND NOT version = 3 OR version = 4",
        ),
        ("phone = '+1 (555) 010-1234'", "phone = '+15550101234'"),
        ("search 'ann' and not search = 'bob'", "search = 'ann' AND NOT search = 'bob'"),
        ("first_name is not null and company not like 'a%'", "first_name IS NOT NULL AND company NOT LIKE 'a%'"),
        ("created_at < '2025-10-01 10:00'", "created_at < '2025-10-01T10:00:00+00:00'"),
        ("external_id = 007 and properties.vip = true", "external_id = '007' AND properties.vip = TRUE"),
        ("properties.2nd_in = 'x' and properties.contains > -.5", None),
        (
            "properties.2nd_in = 'x' and properties.contains > -0.5",
            "properties.2nd_in = 'x' AND properties.contains > -0.5",
        ),
    ],
)
def test_the_canonical_text(text, canonical):
    if canonical is None:
        with pytest.raises(InvalidFilter):
            parse_filter(text, PROPERTIES)
    else:
        assert parse_filter(text, PROPERTIES).text == canonical
