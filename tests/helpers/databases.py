"""Databases of the run's PostgreSQL server, each for one test."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from sqlalchemy import make_url

_numbers = itertools.count()


@contextmanager
def new_database(server: str, template: str = "template1") -> Iterator[str]:
    """Copy a database, give the URL of the copy, and drop it with whatever is connected to it."""
    name, administrator = f"test_{os.getpid()}_{next(_numbers)}", _administrator(server)
    administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        backends = f"FROM pg_stat_activity WHERE datname = '{name}'"
        administrator.execute(f"SELECT pg_terminate_backend(pid) {backends}")
        while administrator.execute(f"SELECT pid {backends}").fetchone():
            time.sleep(0.002)  # DROP DATABASE itself would look again only after a tenth of a second
        administrator.execute(f"DROP DATABASE IF EXISTS {name}")


@cache
def _administrator(server: str) -> psycopg.Connection:
    return psycopg.connect(server, autocommit=True)
