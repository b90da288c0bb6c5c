"""What an import is compared with: PostgreSQL's own COPY, and the upsert that people write themselves.

Both work on a copy of `contacts` with the same indexes and constraints, which is dropped afterwards; the
store itself is only read. So the pipeline has to have brought in the file before.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from psycopg.abc import Query

from benchmarks.generate import HEADER

BLOCK = 1 << 20

_TABLE = "bench_contacts"

# An address as most people's regular expression has it. What differs from the pipeline's idea of one is a
# handful of rows, and costs nothing.
_EMAIL = r"^[a-z0-9_+''-]+(\.[a-z0-9_+''-]+)*@([a-z0-9-]+\.)+[a-z]{2,}$"

# The latter half is what makes this naive: every contact is written again, changed or not.
_UPSERT = f"""
INSERT INTO {_TABLE} AS old
    (tenant_id, id, email, phone, first_name, last_name, company, lead_score, tags, properties)
SELECT DISTINCT ON (lower(trim(email)))
    %s, gen_random_uuid(), lower(trim(email)), nullif(regexp_replace(phone, '\\D', '', 'g'), ''),
    first_name, last_name, company, nullif(trim(lead_score), '')::integer,
    coalesce(string_to_array(tags, '|'), '{{}}'),
    jsonb_strip_nulls(jsonb_build_object(
        'industry', custom_field_industry, 'plan', custom_field_plan, 'signup_date', signup_date))
FROM bench_rows
WHERE lower(trim(email)) ~ '{_EMAIL}'
ON CONFLICT (tenant_id, email) WHERE NOT is_duplicate DO UPDATE SET
    phone = excluded.phone, first_name = excluded.first_name, last_name = excluded.last_name,
    company = excluded.company, lead_score = excluded.lead_score, tags = excluded.tags,
    properties = excluded.properties, updated_at = now(), version = old.version + 1
"""


def raw_copy_seconds(url: str, tenant: str = "default") -> float:
    """Return how long PostgreSQL takes to COPY the tenant's finished contacts into an empty table, committed.

    This is the floor: nothing is read, checked or compared, and every value is ready to be stored.
    """
    dump = sql.SQL("COPY (SELECT * FROM contacts WHERE tenant_id = {} ORDER BY email) TO STDOUT")
    with _bench_table(url) as connection, tempfile.TemporaryFile() as file:
        with connection.cursor().copy(dump.format(tenant)) as copy:
            for block in copy:
                file.write(block)
        connection.commit()
        file.seek(0)
        _checkpoint(connection)
        started = time.perf_counter()
        _copy_in(connection, f"COPY {_TABLE} FROM STDIN", file)
        connection.commit()
        return time.perf_counter() - started


def naive_upsert_seconds(url: str, csv_path: Path, tenant: str = "default") -> float:
    """Return how long a COPY of the file and an upsert of all of its rows take, committed.

    The table holds the tenant's contacts beforehand, as after an earlier import; filling it is not timed.
    """
    with _bench_table(url) as connection, csv_path.open("rb") as file:
        fill = f"INSERT INTO {_TABLE} SELECT * FROM contacts WHERE tenant_id = %s ORDER BY email"
        connection.execute(fill, [tenant])
        connection.commit()
        connection.execute(f"ANALYZE {_TABLE}")  # as autovacuum would have done since
        connection.commit()
        _checkpoint(connection)
        started = time.perf_counter()
        columns = ", ".join(f"{column} text" for column in HEADER)
        connection.execute(f"CREATE TEMPORARY TABLE bench_rows ({columns}) ON COMMIT DROP")
        _copy_in(connection, "COPY bench_rows FROM STDIN (FORMAT csv, HEADER)", file)
        connection.execute(_UPSERT, [tenant])
        connection.commit()
        return time.perf_counter() - started


@contextmanager
def _bench_table(url: str) -> Iterator[psycopg.Connection]:
    """Give a connection that sees an empty table like `contacts`; drop the table in the end.

    The table is committed before it is filled. Otherwise PostgreSQL could do without the write-ahead log, as
    it can for no real store.
    """
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1)) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        connection.execute(f"CREATE TABLE {_TABLE} (LIKE contacts INCLUDING ALL)")
        connection.commit()
        try:
            yield connection
        finally:
            connection.rollback()
            connection.execute(f"DROP TABLE {_TABLE}")
            connection.commit()


def _copy_in(connection: psycopg.Connection, statement: Query, file: IO[bytes]) -> None:
    with connection.cursor().copy(statement) as copy:
        while block := file.read(BLOCK):
            copy.write(block)


def _checkpoint(connection: psycopg.Connection) -> None:
    """Flush what earlier work left behind, so that the timed part does not pay for it. Not everyone may."""
    connection.autocommit = True
    try:
        connection.execute("CHECKPOINT")
    except psycopg.errors.InsufficientPrivilege:
        pass
    finally:
        connection.autocommit = False
