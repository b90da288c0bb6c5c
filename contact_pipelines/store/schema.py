"""The store's schema: checking its revision, which costs one SELECT, and upgrading it with Alembic."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from psycopg.errors import InsufficientPrivilege, UndefinedTable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from contact_pipelines.errors import SchemaMismatch

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = resources.files("contact_pipelines.store") / "migrations"

REVISIONS: tuple[str, ...] = tuple(
    sorted(script.name[:4] for script in (_MIGRATIONS / "versions").iterdir() if script.name[:4].isdigit())
)
"""All revisions, oldest first: their scripts' names begin with them."""

HEAD_REVISION = REVISIONS[-1]
VERSION_TABLE = "contact_pipelines_version"

_UPGRADE_LOCK = 0x436F6E7461637473  # "Contacts", as the number of an advisory lock


def check(connection: Connection) -> None:
    """Raise SchemaMismatch, which says what to do, unless the schema is the one this code needs.

    The connection's transaction is rolled back if there is no schema at all.
    """
    found = _revision(connection)
    if found == HEAD_REVISION:
        return
    if found is None:
        raise SchemaMismatch("The contact store's database has no tables yet: run `contact-pipelines db upgrade`.")
    if found in REVISIONS:
        raise SchemaMismatch(
            f"The contact store's schema is older ({found}) than this version of Contact Pipelines needs"
            f" ({HEAD_REVISION}): run `contact-pipelines db upgrade`."
        )
    raise _newer(found)


def upgrade(engine: Engine) -> None:
    """Upgrade the schema to HEAD_REVISION in one transaction; concurrent processes wait for each other.

    Raises SchemaMismatch if it is newer than this code.
    """
    from alembic import command

    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        has_table = text("SELECT to_regclass(:name) IS NOT NULL")
        if connection.execute(has_table, {"name": VERSION_TABLE}).scalar_one():
            found = _revision(connection)
            if found == HEAD_REVISION:
                return
            if found is not None and found not in REVISIONS:
                raise _newer(found)
        command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for our migrations in this connection's transaction."""
    from alembic.config import Config

    config = Config()
    folder = str(_MIGRATIONS)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    try:
        return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    except ProgrammingError as error:
        connection.rollback()
        if isinstance(error.orig, UndefinedTable):
            return None
        if isinstance(error.orig, InsufficientPrivilege):
            raise SchemaMismatch(
                "The database user may not read the contact store's tables. Grant it the rights to them."
            ) from None
        raise


def _newer(found: str) -> SchemaMismatch:
    return SchemaMismatch(
        f"The contact store's schema ({found}) is newer than this version of Contact Pipelines knows"
        f" ({HEAD_REVISION}): upgrade contact-pipelines."
    )
