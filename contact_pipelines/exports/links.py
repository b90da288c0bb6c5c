"""Signed links to the files of exports: they work for an hour, for one export of one tenant, and need no secret shown.

A token is `<export id>.<end, in seconds since 1970>.<HMAC-SHA-256>`; the key is derived from the tenant's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import UTC, datetime, timedelta

from contact_pipelines.errors import InvalidLink

LIFETIME = timedelta(hours=1)

_PURPOSE = b"contact-pipelines export links"
_PARTS = 3


def sign_link(secret: bytes, export_id: str, expires_at: datetime) -> str:
    """Return the token of an export's link; `secret` is its tenant's (`store.exports.link_secret`)."""
    ends = int(expires_at.timestamp())
    return f"{export_id}.{ends}.{_signature(secret, export_id, ends)}"


def verify_link(secret: bytes, token: str, now: datetime | None = None) -> str:
    """Return the id of the export that a token is for. Raises InvalidLink if it was not signed so, or is over."""
    parts = token.split(".")
    if len(parts) != _PARTS or not (parts[1].isascii() and parts[1].isdigit()):
        raise _wrong()
    export_id, ends, signature = parts[0], int(parts[1]), parts[2]
    try:
        uuid.UUID(export_id)
    except ValueError:
        raise _wrong() from None
    if not hmac.compare_digest(signature.encode(), _signature(secret, export_id, ends).encode()):
        raise _wrong()
    if (now or datetime.now(UTC)).timestamp() >= ends:
        raise InvalidLink("This link is over; links last one hour. Ask for a new one.")
    return export_id


def _signature(secret: bytes, export_id: str, ends: int) -> str:
    key = hmac.digest(secret, _PURPOSE, hashlib.sha256)
    return hmac.digest(key, f"{export_id}.{ends}".encode(), hashlib.sha256).hex()


def _wrong() -> InvalidLink:
    return InvalidLink("This is no link that was signed here.")
