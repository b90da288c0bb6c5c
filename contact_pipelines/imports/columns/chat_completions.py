"""One request to a language model over OpenAI's chat-completions protocol, with strict limits.

Limited in time (the whole exchange, however slow the server), size and destination: http or https to the configured
host, no redirects, no proxy. The standard library's client is enough for one POST.
"""

from __future__ import annotations

import http.client
import json
import logging
import queue
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from contact_pipelines.settings.policy import LanguageModel

MOST_BYTES = 1024 * 1024
"""Limit of a response. An answer for 300 columns has about 30 KB."""

_log = logging.getLogger(__name__)


def complete(model: LanguageModel, messages: Sequence[dict[str, str]]) -> str | None:
    """Send the messages (`role`, `content`) and return the model's text; None if anything at all goes wrong.

    Takes `model.timeout` seconds at most. A failure is logged at debug level, without details.
    """
    try:
        exchange = _Exchange(model, messages)
    except (ValueError, http.client.InvalidURL) as error:
        _log.debug("The language model cannot be asked: %s", type(error).__name__)
        return None
    exchange.start()
    try:
        return exchange.answer.get(timeout=model.timeout)
    except queue.Empty:
        _log.debug("The language model gave no answer in time.")
        return None
    finally:
        exchange.cut()


class _Exchange(threading.Thread):
    """A request and its response. In a thread, because socket timeouts do not limit the whole exchange."""

    def __init__(self, model: LanguageModel, messages: Sequence[dict[str, str]]) -> None:
        super().__init__(name="language model", daemon=True)
        self.answer: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._socket: socket.socket | None = None
        url = urlsplit(model.base_url)
        self._connection = _connection(url, model.timeout)
        self._path = url.path.rstrip("/") + "/chat/completions" + (f"?{url.query}" if url.query else "")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if model.api_key:
            self._headers["Authorization"] = f"Bearer {model.api_key}"
        self._body = json.dumps(
            {
                "model": model.model,
                "messages": list(messages),
                "temperature": 0,
                "response_format": {"type": "json_object"},
            }
        ).encode()

    def run(self) -> None:
        """Put the model's text into `answer`, or None."""
        text = None
        try:
            text = self._text()
        except Exception as error:  # noqa: BLE001 - whatever it is, the built-in suggestion stands
            _log.debug("The language model gave no usable answer: %s", type(error).__name__)
        finally:
            self._connection.close()
            self.answer.put(text)

    def cut(self) -> None:
        """End the exchange: a read that waits for the server returns at once."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _text(self) -> str:
        self._connection.connect()
        self._socket = self._connection.sock
        self._connection.request("POST", self._path, body=self._body, headers=self._headers)
        response = self._connection.getresponse()
        if response.status != http.client.OK:  # redirects are not followed
            raise http.client.HTTPException(response.status)
        content = response.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise http.client.HTTPException("too large")
        return _message(json.loads(content))


def _connection(url: SplitResult, timeout: float) -> http.client.HTTPConnection:
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError("not an http address")
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    return kind(url.hostname, url.port, timeout=timeout)


def _message(reply: Any) -> str:  # noqa: ANN401 - JSON of somebody else's making
    text = reply["choices"][0]["message"]["content"]
    if not isinstance(text, str):
        raise TypeError("no text")
    return text
