"""A mail server on loopback (aiosmtpd) that keeps what it takes, or refuses it, as a test wants."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

USER, PASSWORD = "imports", "correct horse"


class MailServer:
    """What arrived: messages, and the envelopes' recipients. `refusals`: what to answer to the next RCPT or DATA."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.logins: list[bytes] = []
        self.refuse_rcpt: list[str] = []
        self.refuse_data: list[str] = []
        self.arrived = threading.Event()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse_rcpt:
            return self.refuse_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse_data:
            return self.refuse_data.pop(0)
        lines = envelope.content.replace(b"\r\n", b"\n")
        self.messages.append(email.message_from_bytes(lines, policy=email.policy.default))
        self.recipients += envelope.rcpt_tos
        self.arrived.set()
        return "250 Taken"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving_mail(
    port: int | None = None, *, context: ssl.SSLContext | None = None, login: bool = False, ssl_at_once: bool = False
) -> Iterator[MailServer]:
    """Serve SMTP; with a TLS context by STARTTLS (or from the start), with `login` only for USER and PASSWORD."""
    handler = MailServer(port or free_port())

    def authenticate(server: Any, session: Any, envelope: Envelope, mechanism: Any, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        handler.logins.append(data.login)
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    class Serving(Controller):
        def factory(self) -> SMTP:
            starttls = {} if ssl_at_once or context is None else {"tls_context": context, "require_starttls": True}
            auth = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not ssl_at_once}
            return SMTP(self.handler, hostname="mail.test", **starttls, **(auth if login else {}))

    controller = Serving(handler, hostname="127.0.0.1", port=handler.port, ssl_context=context if ssl_at_once else None)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()
