"""The tables that follow a file's table, however far below, in SQL over its lines; a bounded number is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import duckdb

from contact_pipelines.files.duck import literal, sql_blocks
from contact_pipelines.imports.stage.file_tables import BLOCK_ROWS, Table, blocks, next_table
from contact_pipelines.imports.stage.sample_records import Line, RecordReader
from contact_pipelines.imports.stage.staging_job import StagingJob
from contact_pipelines.imports.stage.strict_csv import fetch_all

MOST_CANDIDATES = 1_000
"""Gaps of a file below which another table is looked for."""


@dataclass(frozen=True)
class TableBelow:
    """A table that begins at line `line` of the content, which about `records` records stand before."""

    line: int
    records: int
    table: Table


def find_tables_below(con: duckdb.DuckDBPyConnection, job: StagingJob, names: dict[str, object]) -> list[TableBelow]:
    """Return the tables below the job's own. `names`: its scratch files and tables, as `staging.sql` names them."""
    if not job.scan.gaps:
        return []
    block = sql_blocks("staging")["gaps"]
    empty = literal(f" {job.dialect.delimiter}\t")
    sql = block.format(**names, empty=empty, width=len(job.layout.header), most=MOST_CANDIDATES)
    starts = [int(row[0]) for row in fetch_all(con, sql)]
    if not starts:
        return []
    found = _judged(con, job, names, starts)
    counts = count_records(con, names, [line for line, _ in found])
    return [TableBelow(line, count, table) for (line, table), count in zip(found, counts, strict=True)]


def count_records(con: duckdb.DuckDBPyConnection, names: dict[str, object], lines: Sequence[int]) -> list[int]:
    """Return how many records begin before each of `lines`, which ascend."""
    if not lines:
        return []
    rows = fetch_all(con, sql_blocks("staging")["records_before"].format(**names, starts=list(lines)))
    return [int(count) for _, count in rows]


def _judged(
    con: duckdb.DuckDBPyConnection, job: StagingJob, names: dict[str, object], starts: list[int]
) -> list[tuple[int, Table]]:
    """Return the candidates that are tables, each compared with the one before it."""
    sql = sql_blocks("staging")["lines_below"].format(**names, starts=starts, most=2 * BLOCK_ROWS)
    reader = RecordReader(job.dialect)
    current, found = job.layout.table, []
    for start, rows in groupby(fetch_all(con, sql), key=lambda row: int(row[0])):
        records = reader.records([Line(body, 0, 0) for _, _, body in rows])
        table = next_table(next(blocks(records), []), current)
        if table:
            found.append((start, table))
            current = table
    return found
