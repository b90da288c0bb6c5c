"""Alembic's environment: runs on the connection and in the transaction of `store.schema`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.schema import SchemaItem

from contact_pipelines.store.schema import VERSION_TABLE
from contact_pipelines.store.tables import metadata


def include_object(item: SchemaItem, name: str | None, kind: str, *_: object) -> bool:
    """Leave alone what else is in the database."""
    if kind == "table":
        return name in metadata.tables
    table = getattr(item, "table", None)
    return table is None or table.name in metadata.tables


def run(connection: Connection) -> None:
    """Run the migrations."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        include_object=include_object,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
