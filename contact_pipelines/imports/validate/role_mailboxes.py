"""Local parts of addresses that belong to a role or a machine, not to a person: info@, sales@, no-reply@.

Two sources: RFC 2142 ("Mailbox Names for Common Services, Roles and Functions", sections 3 to 7), and what the
large email services publish as refused on import (Mailchimp "Limits on role-based addresses", GetResponse,
Omnisend, Mailingmanager and NationBuilder in their help pages), with the plural and the long form of such a name.
Left out is what people with a domain of their own call their only mailbox: `mail`, `hello`, `welcome`.

Names are compared whole. Dots and hyphens are not ignored, since `i.noc@` and `a.buse@` may be people.
"""

from __future__ import annotations

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
"""The local parts in lower case, without what follows a plus sign."""
