"""Posting notifications to webhooks, signed as in the Standard Webhooks specification (1.0.0).

Redirects are not followed and proxies not used: what is posted goes to the host in the settings or nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from urllib.parse import urlsplit

from contact_pipelines.errors import NotificationError
from contact_pipelines.notify.deadline import cut_off_after
from contact_pipelines.notify.payloads import Payload
from contact_pipelines.settings.notification_settings import Webhook

_USER_AGENT = "contact-pipelines"
_MOST_BYTES = 64 * 1024  # of a response, whose content does not matter


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header `webhook-signature`."""
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def encode(payload: Payload) -> bytes:
    """Return a payload as it is posted and signed."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def post(webhook: Webhook, message_id: str, payload: Payload, *, timestamp: int, within: float) -> None:
    """Post a payload within that many seconds; any 2xx means success. `timestamp`: of this attempt, seconds since 1970.

    Raises NotificationError, which names the webhook and never its URL.
    """
    body = encode(payload)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(webhook.key, message_id, timestamp, body),
    }
    try:
        status = _exchange(webhook, body, headers, within)
    except ssl.SSLCertVerificationError:
        raise NotificationError(f"the certificate of {webhook.name} is not accepted", unreachable=True) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotificationError(
            f"the webhook {webhook.name} cannot be reached ({type(error).__name__})", unreachable=True
        ) from None
    if not http.client.OK <= status < http.client.MULTIPLE_CHOICES:
        gone = status == http.client.GONE  # by the specification: stop sending
        redirect = http.client.MULTIPLE_CHOICES <= status < http.client.BAD_REQUEST
        note = ", a redirect, which is not followed" if redirect else ""
        raise NotificationError(f"the webhook {webhook.name} answered {status}{note}", permanent=gone)


def _exchange(webhook: Webhook, body: bytes, headers: dict[str, str], within: float) -> int:
    url = urlsplit(webhook.url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=min(webhook.timeout, within))
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        connection.connect()
        with cut_off_after(min(webhook.timeout, within), lambda: connection.sock):
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            response.read(_MOST_BYTES)
            return response.status
    finally:
        connection.close()
