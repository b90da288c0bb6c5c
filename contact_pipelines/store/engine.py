"""Connections to the contact store, and their errors.

Whatever goes wrong with a connection, while connecting or in a statement, is raised as StoreUnavailable, in a sentence
without credentials or data. What the database refuses to protect consent (migration 0003) is raised as ConsentError.
"""

from __future__ import annotations

import os
import re
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors as pg
from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy import exc as sa

from contact_pipelines.errors import (
    AddressNotNormal,
    AddressSuppressed,
    ConsentError,
    ConsentProtected,
    ContactPipelinesError,
    InvalidOption,
    SchemaMismatch,
    StoreUnavailable,
)
from contact_pipelines.files import sql_log
from contact_pipelines.settings import Settings
from contact_pipelines.store import embedded, schema

APPLICATION = "contact-pipelines"
_OLDEST_SERVER = 140000
_DRIVERS = ("postgresql", "postgres", "postgresql+psycopg")
_DEFAULTS: dict[str, str] = {
    "application_name": APPLICATION,
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_SESSION = """
    SELECT set_config('TimeZone', 'UTC', false),
        set_config('tcp_keepalives_idle', '30', false),
        set_config('tcp_keepalives_interval', '10', false),
        set_config('tcp_keepalives_count', '3', false)
"""
"""With these the server notices within a minute, not two hours, that our machine is gone, and frees its locks."""
_RECOVERY = 60.0  # seconds for the embedded server to recover from a crash of one of its processes
_ACCESS = " does not accept this user and password. Check CONTACT_PIPELINES_DATABASE_URL."
_AGAIN = " gave up a statement; nothing was half-applied, try again."
_FAILURES: tuple[tuple[tuple[type[psycopg.Error], ...], str, str], ...] = (
    # Classes, a pattern (failures to connect have no class of their own), and the rest of the sentence.
    (
        (pg.InvalidAuthorizationSpecification, pg.InvalidPassword),
        r"authentication failed|no password supplied|no pg_hba.conf entry|role \".*\" does not exist",
        _ACCESS,
    ),
    (
        (pg.InvalidCatalogName,),
        r"database \".*\" does not exist",
        " does not exist: the server has no database of that name. Create it first.",
    ),
    ((pg.DiskFull,), "", " has run out of disk space; nothing was half-applied. Make room and try again."),
    ((pg.OutOfMemory,), "", " has run out of memory; nothing was half-applied, try again."),
    ((pg.DeadlockDetected, pg.SerializationFailure, pg.QueryCanceled), "", _AGAIN),
)
_REASONS = {
    "refused": "connection refused",
    "timeout expired|timed out": "no answer in time",
    "could not translate host|failed to resolve host|name or service not known": "unknown host",
    "no such file": "it is not running",
    "too many clients|remaining connection slots": "too many connections",
    "the database system is": "it is starting up or shutting down",
    "does not support ssl|no encryption": "it does not encrypt as sslmode asks for",
    "certificate": "its certificate is not accepted",
}
_PROTECTED = (
    "The contact store protects opt-outs and suppressions: this would have undone one without a grant of consent that"
    " gives a reason. Nothing was written."
)
_SUPPRESSED = (
    "An address on the suppression list cannot be subscribed. Nothing was written; remove the suppression first"
    " (contact-pipelines suppressions remove) if the person asked for it."
)
_NOT_NORMAL = "The contact store accepts email addresses only trimmed and in lower case. Nothing was written."
_REFUSALS: dict[str, tuple[type[ConsentError], str]] = {
    # The errors of migration 0003's triggers, by SQLSTATE.
    "CP001": (ConsentProtected, _PROTECTED),
    "CP002": (AddressSuppressed, _SUPPRESSED),
    "CP003": (AddressNotNormal, _NOT_NORMAL),
}

_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


class Store:
    """A contact store, opened by `open_store`; threads may share it."""

    def __init__(self, url: URL, *, folder: Path | None = None) -> None:
        self._url = url
        self._folder = folder
        self._place = f"the contact store in {folder}" if folder else f"the contact store at {_address(url)}"
        self.engine: Engine = create_engine(
            url,
            creator=self._new_connection,
            pool_pre_ping=True,
            pool_timeout=60,
            hide_parameters=True,  # parameters are contacts' data
        )
        _engines.add(self.engine)

    @property
    def url(self) -> str:
        """The URL, with its password: for drivers, not for messages."""
        written = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        address, _, options = written.partition("?")
        return address + "?" + options.replace("+", "%20") if options else address  # libpq takes a + for a +

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded server."""
        return self._folder is not None

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection; the caller commits. Raises StoreUnavailable, also from inside."""
        with self.translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a connection in a transaction. Raises StoreUnavailable, also from inside."""
        with self.translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def raw(self) -> Iterator[psycopg.Connection[Any]]:
        """Yield a new psycopg connection in a transaction, for COPY. Raises StoreUnavailable, also from inside."""
        with self.translated(), self._new_connection() as connection:
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Translate errors inside (see the function `translated`)."""
        with translated(self._place):
            yield

    def close(self) -> None:
        """Close the pooled connections. An embedded server stops with its last user."""
        self.engine.dispose()

    def _new_connection(self) -> psycopg.Connection[Any]:
        if self._folder is None:
            return _connect(self._url)
        return self._reconnect(self._folder)

    def _reconnect(self, folder: Path) -> psycopg.Connection[Any]:
        """Connect to the embedded server, restarting it if it has died."""
        try:
            return _connect(self._url)
        except psycopg.OperationalError:
            self._url = _parse(embedded.start_embedded(folder))
        deadline = time.monotonic() + _RECOVERY
        while True:
            try:
                return _connect(self._url)
            except psycopg.OperationalError as error:
                if "the database system is" not in str(error) or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)


def open_store(settings: Settings, *, check_schema: bool = True) -> Store:
    """Open the store of the settings: the user's own server, or the embedded one, which is started.

    The embedded store's schema is upgraded here, the user's own only checked. Raises InvalidOption for a wrong URL,
    StoreUnavailable, and SchemaMismatch, which says what to do.
    """
    if settings.database_url:
        store = Store(_parse(settings.database_url))
    else:
        folder = settings.store_folder.expanduser().resolve()
        store = Store(_parse(embedded.start_embedded(folder)), folder=folder)
    try:
        if check_schema:
            _ensure_schema(store)
    except BaseException:
        store.close()
        raise
    return store


@contextmanager
def translated(place: str = "the contact store") -> Iterator[None]:
    """Raise failures of connections as StoreUnavailable, and refusals to protect consent as ConsentError.

    LockNotAvailable stays as it is.
    """
    try:
        yield
    except sa.DBAPIError as error:
        if isinstance(error.orig, psycopg.Error) and (known := _known(place, error.orig)):
            raise known from None
        raise
    except psycopg.Error as error:
        if known := _known(place, error):
            raise known from None
        raise
    except sa.TimeoutError:
        raise StoreUnavailable(_begin(place) + " is busy: no connection became free. Try again.") from None


def _ensure_schema(store: Store) -> None:
    try:
        with store.connect() as connection:
            schema.check(connection)
    except SchemaMismatch:
        if not store.embedded:
            raise
        with store.translated():
            schema.upgrade(store.engine)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url.strip())
    except (sa.ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in _DRIVERS:
        raise InvalidOption(  # without the URL: it may hold a password
            "CONTACT_PIPELINES_DATABASE_URL is not a PostgreSQL URL."
            " Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters in the password"
            " percent-encoded."
        )
    return parsed.set(drivername="postgresql+psycopg")


def _connect(url: URL) -> psycopg.Connection[Any]:
    """Connect as SQLAlchemy would, with our defaults where the URL says nothing."""
    _, arguments = url.get_dialect()().create_connect_args(url)
    try:
        connection = sql_log.postgres_class().connect(**{**_DEFAULTS, **arguments})
    except psycopg.ProgrammingError:  # libpq does not know an option of the URL
        raise InvalidOption("CONTACT_PIPELINES_DATABASE_URL has an option that PostgreSQL does not know.") from None
    try:
        _require_version(connection.info.server_version)
        # Not as a startup option: poolers such as PgBouncer refuse those.
        connection.autocommit = True
        connection.execute(_SESSION)
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection


def _require_version(version: int) -> None:
    if version < _OLDEST_SERVER:
        raise SchemaMismatch(
            f"The contact store runs on PostgreSQL {version // 10000}; Contact Pipelines needs 14 or newer."
        )


def _address(url: URL) -> str:
    """Return HOST:PORT/DATABASE of a URL."""
    hosts = url.query.get("host", ())
    named = (hosts,) if isinstance(hosts, str) else hosts
    host = url.host or ",".join(named) or "localhost"
    port = url.port or url.query.get("port") or 5432
    return f"{host}:{port}/{url.database or url.username or ''}"


# -- failures


def _known(place: str, error: psycopg.Error) -> ContactPipelinesError | None:
    """Return our error for one of the driver's; None if the statement itself is at fault."""
    refusal = _REFUSALS.get(error.diag.sqlstate or "")
    if refusal is not None:
        kind, sentence = refusal
        return kind(sentence)
    return StoreUnavailable(_sentence(place, error)) if _is_loss(error) else None


def _is_loss(error: psycopg.Error) -> bool:
    """Return whether the connection or the server failed, not the statement."""
    if isinstance(error, pg.LockNotAvailable):
        return False  # asked for with NOWAIT or lock_timeout, and answered
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | pg.IdleInTransactionSessionTimeout)


def _begin(place: str) -> str:
    return place[0].upper() + place[1:]


def _sentence(place: str, error: psycopg.Error) -> str:
    """Describe a failure. The server's own text is never repeated: it may quote data."""
    text = str(error).lower()
    for classes, pattern, end in _FAILURES:
        if isinstance(error, classes) or (pattern and re.search(pattern, text)):
            return _begin(place) + end
    found = (words for pattern, words in _REASONS.items() if re.search(pattern, text))
    reason = next(found, "the connection was lost")
    return f"{_begin(place)} cannot be reached ({reason}); nothing was half-applied, try again."


def _after_fork() -> None:
    """Make a forked child open its own connections instead of using its parent's."""
    for engine in _engines:
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
