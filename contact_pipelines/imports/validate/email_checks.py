"""Checks of valid addresses: disposable domains, role mailboxes, domains without a mail server.

Each check works on distinct domains or by a join, never row by row, and costs nothing when it is off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import duckdb
import pyarrow as pa

from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.models import Severity
from contact_pipelines.outcomes import sentence
from contact_pipelines.settings.policy import Action, EmailChecks, MxCheck

DISPOSABLE, ROLE, NO_MAIL, NOT_ANSWERED = "disposable_email", "role_email", "no_mail_domain", "mail_domain_unknown"
"""Codes of the errors. An unanswered query is always a warning: a slow server proves nothing about an address."""

_SEVERITIES = {Action.REJECT: Severity.ERROR, Action.WARN: Severity.WARNING}
_PUNYCODE = "xn--"

_RFC_2142 = """
    info marketing sales support
    abuse noc security
    postmaster hostmaster usenet news webmaster www uucp ftp
    list list-request
"""

_EMAIL_SERVICES = """
    abuses account accounting accounts admin administration administrator admissions all billing bounce bounces
    careers complaints compliance contact contact-us contactus custserv customerservice devnull devops dns
    dnsadmin domainadmin domains everyone fbl feedback help helpdesk hr inoc investorrelations
    ispfeedback ispsupport it jobs listadmin listserv mail-daemon maildaemon mailer-daemon mailerdaemon
    mailhost media nobody nospam notification notifications notify null office operations ops orders phish
    phishing post postbox press privacy reception registrar remove reportabuse request reservations root
    serviceadmin service spam spam-trap spamtrap subscribe sysadmin systems tech techops undisclosed-recipients
    unsubscribe users webadmin whois
    donotreply do-not-reply do_not_reply do.not.reply noreply no-reply no_reply no.reply
"""

ROLE_MAILBOXES: tuple[str, ...] = tuple(sorted({*_RFC_2142.split(), *_EMAIL_SERVICES.split()}))
"""Local parts of addresses that belong to a role or a machine, in lower case, without what follows a plus sign.

Two sources: RFC 2142 (sections 3 to 7), and what the large email services publish as refused on import (Mailchimp,
GetResponse, Omnisend, Mailingmanager and NationBuilder in their help pages), with the plural and the long form of such
a name. Left out is what people with a domain of their own call their only mailbox: `mail`, `hello`, `welcome`. Names
are compared whole, dots and hyphens included, since `i.noc@` and `a.buse@` may be people.
"""


@dataclass(frozen=True)
class EmailCheckReport:
    """What the MX check did: distinct domains, and how many of them gave no answer in time and so passed."""

    domains: int = 0
    not_answered: int = 0


def check_emails(
    con: duckdb.DuckDBPyConnection, source: str, errors_table: str, *, header: str, checks: EmailChecks
) -> EmailCheckReport:
    """Add a row to `errors_table` for each fault of an address; see `validating.create_errors_table`.

    `source` is a table or view with `_row` and `email` (normalised by `emails.email_column`, or NULL), `header`
    the column as the file heads it. The codes are `disposable_email`, `role_email`, `no_mail_domain` and
    `mail_domain_unknown`; an action `reject` makes an error, `warn` a warning, `accept` leaves the check out.
    Disposable are the domains of the package disposable-email-domains and everything below them.

    A million addresses cost about 0.12 s of CPU for the disposable domains (0.4 s if each has a domain of its own,
    below another one); the role check, where it is wanted, about as much. The MX check takes at most
    `checks.mx.total_timeout`. Raises `InvalidOption` for a name server that is not an IP address.
    """
    faults = _Faults(con, source, errors_table, header)
    if checks.role != Action.ACCEPT:
        with _registered(con, "role_mailboxes", _role_mailboxes()):
            faults.add("add_by_mailbox", ROLE, checks.role)
    if checks.disposable == checks.mx.action == Action.ACCEPT:
        return EmailCheckReport()
    con.execute(sql_blocks("email_checks")["collect_domains"].format(source=identifier(source)))
    try:
        if checks.disposable != Action.ACCEPT:
            _check_disposable(con, faults, checks.disposable)
        return _check_mx(con, faults, checks.mx) if checks.mx.action != Action.ACCEPT else EmailCheckReport()
    finally:
        con.execute("DROP TABLE IF EXISTS email_domains; DROP TABLE IF EXISTS faulty_domains")


@dataclass(frozen=True)
class _Faults:
    """Where errors are found and reported."""

    con: duckdb.DuckDBPyConnection
    source: str
    errors_table: str
    header: str

    def add(self, block: str, code: str, action: Action) -> None:
        """Run the block that inserts a fault for each row that it finds."""
        statement = sql_blocks("email_checks")[block].format(
            errors=identifier(self.errors_table),
            source=identifier(self.source),
            header=literal(self.header),
            code=literal(code),
            message=literal(sentence(code, column=self.header)),
            severity=literal(_SEVERITIES[action]),
        )
        self.con.execute(statement)

    def add_by_domain(self, code: str, action: Action) -> None:
        """Report every address whose domain is in `faulty_domains`; most files have none."""
        if self.con.execute("SELECT count(*) FROM faulty_domains").fetchall()[0][0]:
            self.add("add_by_domain", code, action)


def _check_disposable(con: duckdb.DuckDBPyConnection, faults: _Faults, action: Action) -> None:
    listed, longest = _disposable_domains()
    with _registered(con, "disposable_list", listed):
        con.execute(sql_blocks("email_checks")["find_disposable"].format(longest=longest))
    faults.add_by_domain(DISPOSABLE, action)


def _check_mx(con: duckdb.DuckDBPyConnection, faults: _Faults, check: MxCheck) -> EmailCheckReport:
    from contact_pipelines.imports.validate.mx_lookup import look_up

    rows = con.execute(sql_blocks("email_checks")["most_frequent_domains"]).fetchall()
    answers = look_up([domain for (domain,) in rows], check)
    for domains, code, action in (
        (answers.without_mail, NO_MAIL, check.action),
        (answers.not_answered, NOT_ANSWERED, Action.WARN),
    ):
        with _registered(con, "domain_list", _strings("domain", domains)):
            con.execute(sql_blocks("email_checks")["listed_domains"])
        faults.add_by_domain(code, action)
    return EmailCheckReport(domains=len(rows), not_answered=len(answers.not_answered))


@cache
def _disposable_domains() -> tuple[pa.Table, int]:
    """Return the list as one column `domain`, and how many labels its longest entry has."""
    from disposable_email_domains import blocklist

    domains = {form for domain in blocklist for form in (domain, _in_unicode(domain))}
    return _strings("domain", sorted(domains)), max(domain.count(".") + 1 for domain in domains)


def _in_unicode(domain: str) -> str:
    """Return an entry of the list in the form of stored addresses: international domains in Unicode."""
    if _PUNYCODE not in domain:
        return domain
    import idna

    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain  # an emoji for instance, which no valid address has


@cache
def _role_mailboxes() -> pa.Table:
    return _strings("mailbox", ROLE_MAILBOXES)


def _strings(name: str, values: tuple[str, ...] | list[str]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string())})


@contextmanager
def _registered(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    """Let SQL see an Arrow table under a name."""
    con.register(name, table)
    try:
        yield
    finally:
        con.unregister(name)
