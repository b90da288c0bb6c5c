"""Checks of addresses: disposable domains, shared mailboxes, and domains that take no mail, asked of a real DNS."""

from __future__ import annotations

import time

import duckdb
import pytest
from disposable_email_domains import blocklist

from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports.validate import email_checks, validating
from contact_pipelines.imports.validate.email_addresses import normalise_email
from contact_pipelines.imports.validate.email_checks import ROLE_MAILBOXES, EmailCheckReport, check_emails
from contact_pipelines.imports.validate.mx_lookup import LONGEST_NO, LONGEST_YES, AnswerCache, MxAnswers, look_up
from contact_pipelines.settings.policy import Action, EmailChecks, MxCheck
from tests.helpers.dns_server import MAIL, SILENT, serving

OFF = EmailChecks(disposable=Action.ACCEPT)
ZONE = {
    "mail.example": MAIL,
    "implicit.example": {"A": ["192.0.2.1"]},
    "implicit6.example": {"AAAA": ["2001:db8::1"]},
    "null.example": {"MX": ["0 ."], "A": ["192.0.2.1"]},
    "bare.example": {"TXT": ['"no mail here"']},
    "broken.example": "SERVFAIL",
    "refused.example": "REFUSED",
    "silent.example": SILENT,
    "xn--mller-kva.example": MAIL,
}


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        validating.create_errors_table(connection, "found_errors")
        yield connection


def checked(con, emails, checks, header="E-Mail", source="typed"):
    """Check these addresses (rows from 2 on): what was returned, and the faults by row."""
    con.execute(f'CREATE TABLE "{source}" (_row INTEGER, email VARCHAR)')
    rows = "SELECT generate_subscripts(e, 1) + 1, unnest(e) FROM (SELECT ?::VARCHAR[] AS e)"
    con.execute(f'INSERT INTO "{source}" {rows}', [emails])
    report = check_emails(con, source, "found_errors", header=header, checks=checks)
    return report, con.sql("FROM found_errors ORDER BY ALL").fetchall()


def mx(server, **settings):
    given = {"action": Action.REJECT, "timeout": 1} | settings
    return MxCheck(nameservers=("127.0.0.1",), port=server.port, **given)


def test_disposable_addresses_are_told_by_row_and_not_by_value(con):
    emails = ["a@mailinator.com", "b@example.com", None, "c@sub.sub.mailinator.com", "d@acme-mailinator.com"]
    report, faults = checked(con, [*emails, "e@com.mailinator.org.uk"], EmailChecks())
    told = ("E-Mail", "disposable_email", "E-Mail is a disposable address", "warning")
    assert faults == [(2, *told), (5, *told)]
    assert report == EmailCheckReport()


def test_every_entry_of_the_list_is_found_and_so_is_what_is_below_it(con):
    listed = sorted(name for name in blocklist if name.isascii() and "xn--" not in name)
    _, faults = checked(con, [f"a@{name}" for name in listed] + [f"a@x.{name}" for name in listed], EmailChecks())
    assert [row for row, *_ in faults] == list(range(2, 2 + 2 * len(listed)))


def test_an_international_domain_is_found_as_addresses_are_kept(con):
    assert "xn--yaho-sqa.com" in blocklist
    assert normalise_email("a@xn--yaho-sqa.com") == "a@yahóo.com"
    _, faults = checked(con, ["a@yahóo.com", "a@mail.yahóo.com", "a@yahoo.com"], EmailChecks())
    assert [row for row, *_ in faults] == [2, 3]


def test_shared_mailboxes_with_and_without_plus(con):
    emails = ["info@a.com", "info+spring@a.com", "no-reply@b.de", "list-request@b.de", "infos@a.com", "me+info@a.com"]
    emails += ["i.noc@a.com", "sales.jones@a.com", None, "info@info.com"]
    _, faults = checked(con, emails, OFF.model_copy(update={"role": Action.REJECT}))
    told = ("E-Mail", "role_email", "E-Mail is a shared mailbox such as info@ or sales@", "error")
    assert faults == [(row, *told) for row in (2, 3, 4, 5, 11)]


def test_the_mailboxes_of_rfc_2142_are_all_known():
    rfc = "info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp"
    assert set(rfc.split()) < set(ROLE_MAILBOXES)
    assert all(name == name.lower() and "@" not in name and "+" not in name for name in ROLE_MAILBOXES)


def test_checks_that_are_off_read_nothing(con):
    assert check_emails(con, "no such table", "nor this", header="x", checks=OFF) == EmailCheckReport()


def test_names_and_headers_are_quoted(con):
    _, faults = checked(con, ["a@mailinator.com"], EmailChecks(disposable="reject"), "{x} 'E'; --", "the 'source'; {y}")
    assert faults == [(2, "{x} 'E'; --", "disposable_email", "{x} 'E'; -- is a disposable address", "error")]


def test_nothing_is_left_behind(con):
    before = con.sql("SHOW ALL TABLES").fetchall()
    checked(con, ["a@mailinator.com", "info@b.com"], EmailChecks(role=Action.WARN))
    con.execute("DROP TABLE typed")
    assert con.sql("SHOW ALL TABLES").fetchall() == before


def test_a_second_check_knows_nothing_of_the_first(con):
    checked(con, ["a@mailinator.com"], EmailChecks())
    con.execute("DROP TABLE typed; DELETE FROM found_errors")
    assert checked(con, ["a@example.com"], EmailChecks())[1] == []


def test_a_million_addresses_are_checked_in_no_time(con):
    con.execute(
        """CREATE TABLE typed AS SELECT (i + 2)::INTEGER AS _row, 'user' || i || '@' || CASE
        WHEN i % 1000 = 0 THEN 'mailinator.com' WHEN i % 10 < 7 THEN 'example.com'
        ELSE 'company' || (i % 20000) || '.co.uk' END AS email FROM range(1000000) t(i)"""
    )
    check_emails(con, "typed", "found_errors", header="x", checks=EmailChecks())  # loads the list
    con.execute("DELETE FROM found_errors")
    check_emails(con, "typed", "found_errors", header="x", checks=EmailChecks())
    assert con.sql("SELECT count(*), min(row), max(row) FROM found_errors").fetchall() == [(1000, 2, 999_002)]


def test_each_kind_of_answer_counts_as_the_rfcs_say(con):
    emails = [f"a@{name}" for name in ZONE if not name.startswith("xn--")]
    emails += ["b@missing.example", "b@null.example", None, "b@müller.example"]
    with serving(ZONE) as server:
        report, faults = checked(con, emails, OFF.model_copy(update={"mx": mx(server, timeout=0.4)}))
    told = ("E-Mail", "no_mail_domain", "E-Mail has a domain that takes no mail (no MX record)", "error")
    rejected = [fault for fault in faults if fault[4] == "error"]
    named = [emails[row - 2] for row, *_ in rejected]
    assert named == ["a@null.example", "a@bare.example", "b@missing.example", "b@null.example"]
    assert [fault[1:] for fault in rejected] == [told] * 4
    passed = [(emails[row - 2], *fault) for row, _, *fault in faults if fault[2] == "warning"]
    assert [(email, code) for email, code, *_ in passed] == [
        ("a@broken.example", "mail_domain_unknown"),
        ("a@refused.example", "mail_domain_unknown"),
        ("a@silent.example", "mail_domain_unknown"),
    ]
    assert report == EmailCheckReport(domains=10, not_answered=3)  # broken, refused, silent
    assert server.asked["xn--mller-kva.example", "MX"] == 1


def test_warnings_keep_their_severity(con):
    with serving({}) as server:
        _, faults = checked(con, ["a@x.example"], OFF.model_copy(update={"mx": mx(server, action=Action.WARN)}))
    assert [fault[4] for fault in faults] == ["warning"]


def test_one_look_up_a_domain_however_many_rows_and_imports(con):
    names = [f"company{number}.example" for number in range(40)]
    emails = [f"user{row}@{names[row % len(names)]}" for row in range(2000)]
    with serving(dict.fromkeys(names, MAIL)) as server:
        checks = OFF.model_copy(update={"mx": mx(server)})
        assert checked(con, emails, checks) == (EmailCheckReport(domains=40), [])
        con.execute("DROP TABLE typed")
        assert checked(con, emails, checks) == (EmailCheckReport(domains=40), [])
    assert server.asked == {(name, "MX"): 1 for name in names}


def test_the_domains_of_most_rows_are_asked_about_first(con):
    emails = ["a@rare.example", *["b@often.example"] * 3, *["c@now-and-then.example"] * 2]
    with serving(dict.fromkeys(["rare.example", "often.example", "now-and-then.example"], MAIL)) as server:
        checked(con, emails, OFF.model_copy(update={"mx": mx(server, concurrency=1)}))
    assert [name for name, _ in server.asked] == ["often.example", "now-and-then.example", "rare.example"]


def test_look_ups_run_side_by_side_up_to_the_limit():
    names = [f"d{number}.example" for number in range(60)]
    with serving(dict.fromkeys(names, MAIL), delay=0.02) as server:
        assert look_up(names, mx(server, timeout=5, concurrency=8), cache=AnswerCache()) == MxAnswers()
    assert 1 < server.most_waiting <= 8


def test_what_is_not_answered_in_the_time_passes():
    names = [f"d{number}.example" for number in range(300)]
    with serving(dict.fromkeys(names, SILENT)) as server:
        started = time.monotonic()
        answers = look_up(names, mx(server, timeout=0.5, total_timeout=1, concurrency=5), cache=AnswerCache())
        took = time.monotonic() - started
    assert answers == MxAnswers(not_answered=names)
    assert took < 3
    assert len(server.asked) < 100  # five at a time, half a second each


def test_a_lost_packet_is_sent_again():
    class Lossy(dict):
        def get(self, name, default=None):
            return SILENT if server.asked[name, "MX"] < 2 else super().get(name, default)

    with serving(Lossy({"a.example": MAIL})) as server:
        assert look_up(["a.example"], mx(server, timeout=2), cache=AnswerCache()) == MxAnswers()
    assert server.asked["a.example", "MX"] == 2


def test_a_failure_is_asked_about_again_an_answer_is_not():
    names = ["broken.example", "missing.example", "mail.example"]
    cache = AnswerCache()
    with serving(ZONE) as server:
        first = look_up(names, mx(server), cache=cache)
        assert look_up(names, mx(server), cache=cache) == first == MxAnswers(["missing.example"], ["broken.example"])
    assert server.asked == {("broken.example", "MX"): 2, ("missing.example", "MX"): 1, ("mail.example", "MX"): 1}


@pytest.mark.parametrize(
    ("name", "ttl", "kept"),
    [
        ("mail.example", 30, 30),
        ("missing.example", 30, 30),
        ("implicit.example", 30, 30),
        ("mail.example", 10**6, LONGEST_YES),
        ("missing.example", 10**6, LONGEST_NO),
    ],
)
def test_answers_are_kept_for_their_time_to_live_within_bounds(name, ttl, kept):
    cache, now = AnswerCache(), [1000.0]
    with serving(ZONE, ttl=ttl) as server:

        def questions():
            look_up([name], mx(server), cache=cache, clock=lambda: now[0])
            return server.asked[name, "MX"]

        assert questions() == 1
        now[0] += kept - 1
        assert questions() == 1
        now[0] += 1
        assert questions() == 2


def test_an_answer_without_time_to_live_is_not_kept():
    cache = AnswerCache()
    with serving(ZONE, ttl=0) as server:
        for _ in range(2):
            assert look_up(["mail.example"], mx(server), cache=cache, clock=lambda: 1000.0) == MxAnswers()
    assert server.asked == {("mail.example", "MX"): 2}


def test_the_cache_is_bounded_and_drops_the_oldest():
    cache = AnswerCache(2)
    for name in ("a", "b", "a", "c"):
        cache.put(((), 53, name), takes_mail=True, expires=10)
    assert [cache.get(((), 53, name), 0) for name in "abc"] == [True, None, True]


def test_answers_of_one_server_are_not_taken_for_those_of_another():
    cache = AnswerCache()
    with serving({"a.example": MAIL}) as one, serving({}) as other:
        assert look_up(["a.example"], mx(one), cache=cache) == MxAnswers()
        assert look_up(["a.example"], mx(other), cache=cache) == MxAnswers(["a.example"])


def test_a_server_that_is_not_there_rejects_nobody():
    with serving({}) as server:
        pass  # its port is closed now
    assert look_up(["a.example"], mx(server, timeout=0.5), cache=AnswerCache()) == MxAnswers(not_answered=["a.example"])


def test_a_name_server_that_is_no_address_is_refused():
    check = MxCheck(action=Action.WARN, nameservers=("https://dns.example/query",))
    with pytest.raises(InvalidOption, match=r"email_checks\.mx.nameservers has 'https://dns\.example/query'"):
        look_up(["a.example"], check)


def test_names_that_no_dns_knows_pass_unanswered():
    with serving({}) as server:
        names = ["a..example", f"{'a' * 64}.example", "\u2764.example"]
        assert look_up(names, mx(server), cache=AnswerCache()) == MxAnswers(not_answered=names)
    assert not server.asked


def test_the_list_is_loaded_once():
    assert email_checks._disposable_domains() is email_checks._disposable_domains()
