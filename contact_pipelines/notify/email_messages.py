"""Writing notifications as emails, and handing them to a mail server (smtplib)."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from contact_pipelines.errors import NotificationError
from contact_pipelines.models import Notification
from contact_pipelines.notify.deadline import cut_off_after
from contact_pipelines.notify.digests import digest, html, plain_text
from contact_pipelines.settings.notification_settings import Smtp

_REFUSED_FOR_GOOD = 500
_ENHANCED_CODE = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True)
class Attachment:
    """A file attached to a message."""

    name: str
    content: bytes


def compose(smtp: Smtp, notification: Notification, attachment: Attachment | None = None) -> EmailMessage:
    """Write the message. Its Message-ID and Date are always the same, so that mail programs recognise a second copy.

    All messages about an import refer to the same id, so that mail programs show them as one thread.
    """
    told = digest(notification.payload)
    _, domain = smtp.address.rsplit("@", 1)
    message = EmailMessage()
    message["Subject"] = told.subject
    name, address = parseaddr(smtp.sender)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = notification.recipient
    message["Date"] = format_datetime(datetime.fromisoformat(notification.payload["timestamp"]))
    message["Message-ID"] = f"<{notification.id}@{domain}>"
    if notification.import_id:
        message["References"] = f"<import-{notification.import_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    message.set_content(plain_text(told))
    message.add_alternative(html(told), subtype="html")
    if attachment is not None:
        message.add_attachment(attachment.content, maintype="text", subtype="csv", filename=attachment.name)
    return message


def send(smtp: Smtp, message: EmailMessage, recipient: str, *, within: float) -> None:
    """Hand a message to the mail server within so many seconds; it counts as sent when the server answers 250.

    Raises NotificationError, with the server's code and never its words.
    """
    try:
        with _connected(smtp, min(smtp.timeout, within)) as server, cut_off_after(within, lambda: server.sock):
            if smtp.username is not None and smtp.password is not None:
                server.login(smtp.username, smtp.password)
            server.send_message(message, from_addr=smtp.address, to_addrs=[recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused("the recipient", code, said) from None
    except smtplib.SMTPResponseException as error:
        permanent = isinstance(error, smtplib.SMTPDataError)  # a login or sender can be corrected
        raise _refused(_REFUSED[type(error)], error.smtp_code, error.smtp_error, permanent=permanent) from None
    except smtplib.SMTPNotSupportedError:
        raise NotificationError("the mail server does not support what the settings ask for (tls, login)") from None
    except ssl.SSLError as error:
        why = "its certificate is not accepted" if isinstance(error, ssl.SSLCertVerificationError) else "TLS failed"
        raise NotificationError(f"the mail server cannot be trusted: {why}", unreachable=True) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotificationError(
            f"the mail server cannot be reached ({type(error).__name__})", unreachable=True
        ) from None


_REFUSED: dict[type, str] = {
    smtplib.SMTPSenderRefused: "the sender",
    smtplib.SMTPAuthenticationError: "user and password",
    smtplib.SMTPDataError: "the message",
    smtplib.SMTPConnectError: "the connection",
    smtplib.SMTPHeloError: "the greeting",
    smtplib.SMTPResponseException: "a command",
}


@contextmanager
def _connected(smtp: Smtp, timeout: float) -> Iterator[smtplib.SMTP]:
    """Connect, encrypted as the settings say. A failing QUIT does not matter."""
    context = ssl.create_default_context(cafile=smtp.ca_file) if smtp.tls != "none" else None
    domain = smtp.address.rsplit("@", 1)[1]
    server = (
        smtplib.SMTP_SSL(smtp.host, smtp.actual_port, domain, timeout=timeout, context=context)
        if smtp.tls == "ssl"
        else smtplib.SMTP(smtp.host, smtp.actual_port, domain, timeout=timeout)
    )
    try:
        if smtp.tls == "starttls":
            server.starttls(context=context)
        yield server
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    finally:
        server.close()


def _refused(what: str, code: int, said: bytes | str, *, permanent: bool = True) -> NotificationError:
    enhanced = _ENHANCED_CODE.match(said if isinstance(said, bytes) else said.encode())
    number = f"{code} {enhanced[1].decode()}" if enhanced else str(code)
    return NotificationError(
        f"the mail server refused {what} ({number})", permanent=permanent and code >= _REFUSED_FOR_GOOD
    )
