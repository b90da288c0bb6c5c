"""The key `notifications` of the settings file: recipients, events, and how messages are sent."""

from __future__ import annotations

import base64
import binascii
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, ByteSize, Field, field_validator, model_validator

from contact_pipelines.models import EventKind
from contact_pipelines.settings.yaml_values import Strict

TOLD_BY_DEFAULT = (
    EventKind.IMPORT_COMPLETED,
    EventKind.IMPORT_FAILED,
    EventKind.IMPORT_AWAITING_REVIEW,
    EventKind.IMPORT_HELD,
    EventKind.IMPORT_EXPIRED,
    EventKind.IMPORT_ROLLED_BACK,
    EventKind.EXPORT_FAILED,
    EventKind.FEED_FAILED,
)
"""All but what a person has just done (cancelled) and what is routine (export.completed)."""

_ADDRESS = re.compile(r"""[^\s@<>()\[\]\\,;:"]+@[^\s@<>()\[\]\\,;:"]+""")
_SECRET_PREFIX = "whsec_"  # noqa: S105 - as the Standard Webhooks specification has it
_SHORTEST_KEY, _LONGEST_KEY = 24, 64


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value) or not value.isprintable():
        raise ValueError("is not an email address such as ann@example.com")
    return value


Address = Annotated[str, AfterValidator(_address)]


class Smtp(Strict):
    """The mail server. `timeout`: seconds for each of its answers."""

    host: str = Field(min_length=1)
    port: int | None = Field(None, ge=1, le=65535, description="587 for starttls, 465 for ssl, 25 for none")
    tls: Literal["starttls", "ssl", "none"] = Field("starttls", description="Encryption, which is required")
    ca_file: Path | None = Field(None, description="Certificates to trust instead of the system's")
    username: str | None = None
    password: str | None = Field(None, repr=False)
    sender: str = Field(alias="from", description="imports@example.com, or Imports <imports@example.com>")
    timeout: float = Field(10.0, gt=0, le=60)

    @field_validator("sender")
    @classmethod
    def _sender_is_an_address(cls, value: str) -> str:
        _address(parseaddr(value)[1])
        if not value.isprintable():
            raise ValueError("has a control character")
        return value

    @model_validator(mode="after")
    def _password_is_not_shown_on_the_way(self) -> Smtp:
        if (self.username is None) is not (self.password is None):
            raise ValueError("needs both username and password, or neither")
        if self.password is not None and self.tls == "none":
            raise ValueError("would send the password unencrypted; set tls to starttls or ssl")
        return self

    @property
    def address(self) -> str:
        """The sender's bare address."""
        return parseaddr(self.sender)[1]

    @property
    def actual_port(self) -> int:
        """The port, or the usual one for this encryption."""
        return self.port or {"starttls": 587, "ssl": 465, "none": 25}[self.tls]


class Webhook(Strict):
    """Where events are posted to. The URL, which may be a secret, is never shown; `name` is."""

    url: str = Field(repr=False)
    secret: str = Field(repr=False, description="whsec_ and the base64 of 24 to 64 random bytes")
    name: str = Field("", description="The URL's host unless given")
    events: tuple[EventKind, ...] | None = Field(None, description="Those of `notifications.events` unless given")
    timeout: float = Field(10.0, gt=0, le=60, description="Seconds")

    @model_validator(mode="before")
    @classmethod
    def _named_after_its_host(cls, given: object) -> object:
        if isinstance(given, dict) and not given.get("name") and isinstance(given.get("url"), str):
            return {**given, "name": _parts(given["url"])}
        return given

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        _parts(value)
        return value

    @field_validator("secret")
    @classmethod
    def _is_a_key(cls, value: str) -> str:
        if not _SHORTEST_KEY <= len(_decoded(value)) <= _LONGEST_KEY:
            raise ValueError(f"is not {_SECRET_PREFIX} and the base64 of {_SHORTEST_KEY} to {_LONGEST_KEY} bytes")
        return value

    @property
    def key(self) -> bytes:
        """The key of the signature."""
        return _decoded(self.secret)


class Notifications(Strict):
    """Who is notified of what."""

    to: tuple[Address, ...] = Field((), description="Addresses notified of everything, in addition to a feed's own")
    events: tuple[EventKind, ...] = Field(TOLD_BY_DEFAULT, description="What people are notified of")
    smtp: Smtp | None = None
    webhooks: tuple[Webhook, ...] = ()
    attach_errors_up_to: ByteSize = Field(
        ByteSize(0), ge=0, le=25_000_000, description="Attach error files up to this size; they contain contacts' data"
    )
    retry_for: int = Field(3 * 24 * 3600, ge=60, description="Seconds after which a notification is given up")

    @model_validator(mode="after")
    def _can_be_sent(self) -> Notifications:
        names = [webhook.name for webhook in self.webhooks]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"has two webhooks named {twice[0]}; give each a name of its own")
        if self.to and self.smtp is None:
            raise ValueError("has addresses in `to`, but no `smtp`")
        return self

    @property
    def configured(self) -> bool:
        """Whether anything can be sent at all. A feed's addresses need `smtp` only."""
        return self.smtp is not None or bool(self.webhooks)

    def webhook(self, name: str) -> Webhook | None:
        """Return the webhook of this name, if there is one."""
        return next((webhook for webhook in self.webhooks if webhook.name == name), None)


def _parts(url: str) -> str:
    """Return host and port of an address for webhooks. Raises ValueError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not an address such as https://example.com/hook") from None
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("is not an address such as https://example.com/hook")
    if parts.username or parts.password:
        raise ValueError("has a user or a password in it; receivers check the signature instead")
    return host if port is None else f"{host}:{port}"


def _decoded(secret: str) -> bytes:
    if not secret.startswith(_SECRET_PREFIX):
        return b""
    try:
        return base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
