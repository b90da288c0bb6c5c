"""A receiver of webhooks on loopback that verifies signatures by itself, and answers as a test wants."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class Receiver:
    """What arrived, and what to answer next: a status, or a pair of status and headers. 200 when that is used up."""

    url: str
    answers: list[Any] = field(default_factory=list)
    delay: float = 0.0
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request["body"]) for request in self.requests]


def is_signed(request: dict[str, Any]) -> bool:
    """Verify a request as the Standard Webhooks specification says, written down a second time."""
    headers = request["headers"]
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request["body"]
    wanted = base64.b64encode(hmac.digest(KEY, content, hashlib.sha256)).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split(" ")


@contextmanager
def receiving(*answers: Any) -> Iterator[Receiver]:
    """Receive on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append({"path": self.path, "headers": headers, "body": body})
            answer = receiver.answers.pop(0) if receiver.answers else 200
            status, extra = answer if isinstance(answer, tuple) else (answer, {})
            with suppress(OSError):  # the client has gone
                self._answer(status, extra)

        def _answer(self, status: Any, extra: Any) -> None:
            deadline = time.monotonic() + receiver.delay
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            while time.monotonic() < deadline:  # header after header, so that no single read takes long
                self.wfile.write(b"X-Slow: 1\r\n")
                self.wfile.flush()
                time.sleep(0.05)
            self.end_headers()
            self.wfile.write(b"ok")

        def do_GET(self) -> None:
            receiver.requests.append({"path": self.path, "headers": {}, "body": b"{}"})
            self._answer(200, {})

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook?for=us", list(answers))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join(5)
