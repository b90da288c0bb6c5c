"""A DNS server on loopback that answers from a table, over UDP, and counts what it is asked."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SILENT = "silent"
TTL = 300
MAIL = {"MX": ["10 mx.example.net."]}
"""The records of a domain that takes mail."""


@dataclass
class DnsServer:
    """`zone`: name -> SILENT, the name of an error code such as NXDOMAIN, or record type -> texts of records.

    A name that is not in the zone does not exist. `delay`: seconds before each answer.
    """

    zone: dict[str, str | dict[str, list[str]]]
    delay: float = 0.0
    ttl: int = TTL
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)  # (name, record type)
    most_waiting: int = 0  # queries that were waiting for their answer at the same time
    port: int = 0
    _waiting: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _serve(self, sock: socket.socket) -> None:
        while True:
            try:
                wire, sender = sock.recvfrom(4096)
            except OSError:
                return  # closed
            if not wire:
                return
            threading.Thread(target=self._reply, args=(sock, wire, sender), daemon=True).start()

    def _reply(self, sock: socket.socket, wire: bytes, sender: tuple[str, int]) -> None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        with self._lock:
            self.asked[name, kind] += 1
            self._waiting += 1
            self.most_waiting = max(self.most_waiting, self._waiting)
        time.sleep(self.delay)
        with self._lock:
            self._waiting -= 1  # before the answer, after which the client asks on
        known = self.zone.get(name, "NXDOMAIN")
        if known != SILENT:
            sock.sendto(self._answer(query, known, kind).to_wire(), sender)

    def _answer(self, query: dns.message.Message, known: str | dict[str, list[str]], kind: str) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        name = query.question[0].name
        if isinstance(known, str):
            reply.set_rcode(dns.rcode.from_text(known))
        elif records := known.get(kind):
            reply.answer.append(dns.rrset.from_text(name, self.ttl, "IN", kind, *records))
        if not reply.answer and reply.rcode() in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
            soa = f"ns. admin. 1 3600 600 86400 {self.ttl}"
            reply.authority.append(dns.rrset.from_text(name.parent(), self.ttl, "IN", "SOA", soa))
        return reply


@contextmanager
def serving(zone: dict[str, str | dict[str, list[str]]], *, delay: float = 0.0, ttl: int = TTL) -> Iterator[DnsServer]:
    """Serve a zone on a free port of 127.0.0.1."""
    server = DnsServer(zone, delay=delay, ttl=ttl)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        server.port = sock.getsockname()[1]
        thread = threading.Thread(target=server._serve, args=(sock,), daemon=True)
        thread.start()
        yield server
        sock.sendto(b"", sock.getsockname())  # an empty packet wakes and ends it
        thread.join(5)
