"""MX lookups: one DNS query per domain, many at a time, within a time limit.

A domain accepts mail if it has an MX record or, without one, an address (the implicit MX of RFC 5321 5.1). It does not
if it does not exist, if its only MX record is the null MX of RFC 7505, or if it has neither MX nor address. Whether the
host of an MX record exists is not checked.

Answers are cached for the life of the process, within the records' time to live.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import cast

import dns.exception
import dns.inet
import dns.name
import dns.resolver
import idna
from dns.asyncresolver import Resolver
from dns.rdtypes.ANY.MX import MX

from contact_pipelines.errors import InvalidOption
from contact_pipelines.settings.policy import MxCheck

CACHE_SIZE = 200_000
"""Domains that are remembered; about 55 MB when full."""

LONGEST_YES, LONGEST_NO = 86_400, 10_800
"""Seconds that an answer is kept at most, whatever its time to live: a day, and three hours for a domain that
takes no mail (RFC 2308 5)."""

_TRIES = 2
"""How often each server is asked within a domain's time: a UDP packet may be lost."""

_Key = tuple[tuple[str, ...], int, str]  # servers, port, domain


@dataclass(frozen=True)
class MxAnswers:
    """The domains that accept no mail, and those without an answer: a timeout, or a failed server."""

    without_mail: list[str] = field(default_factory=list)
    not_answered: list[str] = field(default_factory=list)


class AnswerCache:
    """Cache of whether domains accept mail, until the answers expire; evicts the oldest. Thread-safe."""

    def __init__(self, size: int = CACHE_SIZE) -> None:
        self._size = size
        self._kept: dict[_Key, tuple[bool, float]] = {}
        self._lock = threading.Lock()

    def get(self, key: _Key, now: float) -> bool | None:
        """Return the answer, or None if there is none that still holds."""
        with self._lock:
            takes_mail, expires = self._kept.get(key, (None, now))
            return takes_mail if expires > now else None

    def put(self, key: _Key, *, takes_mail: bool, expires: float) -> None:
        """Keep an answer until the time `expires`, on the clock that `get` is asked by."""
        with self._lock:
            self._kept.pop(key, None)
            while len(self._kept) >= self._size:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = (takes_mail, expires)


_CACHE = AnswerCache()


def look_up(
    domains: Iterable[str],
    check: MxCheck,
    *,
    cache: AnswerCache = _CACHE,
    clock: Callable[[], float] = time.monotonic,
) -> MxAnswers:
    """Query these distinct domains (in Unicode or Punycode), in order.

    Takes `check.total_timeout` seconds at most; `check.concurrency` lookups are under way at a time, in one
    thread. Raises `InvalidOption` for a name server that is not an IP address; an unreachable DNS raises nothing. Do
    not call it from a coroutine.
    """
    resolver = _resolver(check)
    if resolver is None:
        return MxAnswers(not_answered=list(domains))
    servers = tuple(str(server) for server in resolver.nameservers)
    keys: dict[str, _Key] = {domain: (servers, resolver.port, domain) for domain in domains}
    known = {domain: cache.get(key, clock()) for domain, key in keys.items()}
    asked = [domain for domain, takes_mail in known.items() if takes_mail is None]

    def keep(domain: str, takes_mail: bool, ttl: float) -> None:  # noqa: FBT001 - the answer itself
        known[domain] = takes_mail
        longest = LONGEST_YES if takes_mail else LONGEST_NO
        cache.put(keys[domain], takes_mail=takes_mail, expires=clock() + min(ttl, longest))

    if asked:
        asyncio.run(_ask_all(resolver, asked, check, keep))
    return MxAnswers(
        without_mail=[domain for domain, takes_mail in known.items() if takes_mail is False],
        not_answered=[domain for domain, takes_mail in known.items() if takes_mail is None],
    )


def _resolver(check: MxCheck) -> Resolver | None:
    """Return a resolver for the given servers, else for the system's; None if the system has none."""
    wrong = next((server for server in check.nameservers if not dns.inet.is_address(server)), None)
    if wrong is not None:
        raise InvalidOption(
            f"The setting email_checks.mx.nameservers has {wrong!r}, which is not an IP address; "
            "write one such as 192.0.2.53."
        )
    try:
        resolver = Resolver(configure=not check.nameservers)
    except dns.resolver.NoResolverConfiguration:
        return None
    if check.nameservers:
        resolver.nameservers = list(check.nameservers)
    resolver.port = check.port
    resolver.lifetime = check.timeout
    resolver.timeout = check.timeout / (_TRIES * max(1, len(resolver.nameservers)))
    return resolver


async def _ask_all(
    resolver: Resolver, domains: list[str], check: MxCheck, keep: Callable[[str, bool, float], None]
) -> None:
    """Ask about the domains, as many at a time as allowed, until the time is over."""
    waiting = iter(domains)  # shared: each worker takes the next one

    async def work() -> None:
        for domain in waiting:
            answer = await _ask(resolver, domain, check.timeout)
            if answer is not None:
                keep(domain, *answer)

    try:
        async with asyncio.timeout(check.total_timeout), asyncio.TaskGroup() as workers:
            for _ in range(min(check.concurrency, len(domains))):
                workers.create_task(work())
    except TimeoutError:
        pass  # those not reached have no answer


async def _ask(resolver: Resolver, domain: str, timeout: float) -> tuple[bool, float] | None:
    """Return whether the domain accepts mail, and for how many seconds that is valid; None without an answer."""
    try:
        ascii_name = domain if domain.isascii() else idna.encode(domain).decode("ascii")
        async with asyncio.timeout(timeout):
            return await _takes_mail(resolver, dns.name.from_text(ascii_name))
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None  # a time-out (an OSError), a server that fails or refuses: never held against an address


async def _takes_mail(resolver: Resolver, name: dns.name.Name) -> tuple[bool, float]:
    ttl = float(LONGEST_YES)
    try:
        for kind in ("MX", "A", "AAAA"):
            answer = await resolver.resolve(name, kind, raise_on_no_answer=False)
            ttl = min(ttl, answer.chaining_result.minimum_ttl)
            if answer.rrset is None:
                continue
            return kind != "MX" or not _is_null(answer.rrset), ttl
    except dns.resolver.NXDOMAIN as error:
        replies = error.responses().values()  # type: ignore[no-untyped-call]
        ttl = min([ttl, *(reply.resolve_chaining().minimum_ttl for reply in replies)])
    return False, ttl


def _is_null(records: Iterable[object]) -> bool:
    """Whether no MX record names a host: the null MX is the root (RFC 7505 3)."""
    return all(cast("MX", record).exchange == dns.name.root for record in records)
