"""A server on loopback that speaks the chat-completions protocol, as well or as badly as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class ChatServer:
    """What was asked of it: path, headers (names in lower case) and body of each request."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def prompt(self) -> str:
        """All that the last request told the model."""
        return "\n".join(message["content"] for message in self.requests[-1]["body"]["messages"])

    @property
    def columns(self) -> list[dict[str, Any]]:
        """The columns that the last request told of."""
        return json.loads(self.requests[-1]["body"]["messages"][-1]["content"])["columns"]


def saying(content: object) -> Reply:
    """Answer with this text as the model's message."""
    return sending(json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode())


def naming(*columns: tuple[object, object, object]) -> Reply:
    """Answer with these columns: name, field, confidence."""
    keys = ("column", "field", "confidence")
    return saying(json.dumps({"columns": [dict(zip(keys, column, strict=True)) for column in columns]}))


def sending(body: bytes, status: int = 200, **headers: str) -> Reply:
    """Answer with this body, whatever it is."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


@contextmanager
def chatting(reply: Reply) -> Iterator[ChatServer]:
    """Serve one reply to every POST on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            chat.requests.append({"path": self.path, "headers": headers, "body": json.loads(body)})
            with suppress(OSError):  # the client has gone
                reply(self)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        chat = ChatServer(f"http://127.0.0.1:{server.server_port}/v1")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield chat
        server.shutdown()
        thread.join(5)
