"""The IO manager: relations between assets, which the operations have kept as Parquet already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.errors import WrongState

if TYPE_CHECKING:
    import duckdb

    from contact_pipelines.defs.pipelines import Pipelines
    from contact_pipelines.imports.session import ImportSession


class ParquetArtifacts(dg.IOManager):
    """Relations as `<artifacts>/<tenant>/<import id>/<asset>.parquet`.

    The operations write the files themselves, within the import's heartbeat; what is left to do here is to
    see that the file is there, to describe it, and to open it for the next asset.
    """

    def handle_output(self, context: dg.OutputContext, obj: duckdb.DuckDBPyRelation) -> None:
        """Describe the artifact that the step has written."""
        name = context.asset_key.path[-1]
        with plain_failures():
            session = _session(context)
            file = f"{name}.parquet"
            if not session.artifacts.exists(file):
                raise WrongState(f"The step {name} ended without leaving its artifact; run it again.")
            context.add_output_metadata(
                {
                    "dagster/row_count": row_count(obj),
                    "dagster/column_schema": column_schema(obj),
                    "path": dg.MetadataValue.path(session.artifacts.url(file)),
                    "size_bytes": session.artifacts.reading(file).stat().st_size,
                }
            )

    def load_input(self, context: dg.InputContext) -> duckdb.DuckDBPyRelation:
        """Open the artifact of the asset before."""
        name = context.asset_key.path[-1]
        with plain_failures():
            session = _session(context)
            try:
                return session.load(name)
            except FileNotFoundError:
                raise WrongState(
                    f"The import {context.partition_key} has no {name} yet (or its artifacts were removed);"
                    f" materialise {name} first."
                ) from None


@dg.io_manager(
    required_resource_keys={"pipelines"},
    description="Keeps relations between assets as Parquet beside the import's other files.",
)
def parquet_artifacts(_: dg.InitResourceContext) -> ParquetArtifacts:
    """Make the IO manager."""
    return ParquetArtifacts()


def row_count(relation: duckdb.DuckDBPyRelation) -> int:
    """Return how many rows a relation has; of Parquet, this reads its footer only."""
    return int(relation.aggregate("count(*)").fetchall()[0][0])


def column_schema(relation: duckdb.DuckDBPyRelation) -> dg.TableSchema:
    """Return a relation's columns as Dagster shows them."""
    pairs = zip(relation.columns, relation.types, strict=True)
    return dg.TableSchema(columns=[dg.TableColumn(name=name, type=str(kind)) for name, kind in pairs])


def _session(context: dg.InputContext | dg.OutputContext) -> ImportSession:
    resources: Any = context.resources
    pipelines: Pipelines = resources.pipelines
    return pipelines.session(context.partition_key)
