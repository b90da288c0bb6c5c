"""Shared by JSON and Parquet: records in a scratch Parquet file, from which cells are taken.

The scratch file has one row a record: `n` (its number), `object` (JSON text to be flattened, or NULL), `code`,
`message` and `text` (of a broken one), `warning`, `size` in bytes, and Parquet's plain columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.files.duck import WIDE, file_literal, identifier, literal, make_room, sql_blocks
from contact_pipelines.imports.stage.json_columns import CellReader
from contact_pipelines.imports.stage.staged_file import SHOWN_TEXT
from contact_pipelines.settings.policy import Limits

_GROUP_BYTES = 16 * 1024 * 1024
_FEWEST, _MOST = 2_048, 122_880  # rows of a row group, as DuckDB has them


@dataclass(frozen=True)
class RecordsJob:
    """One file being staged: its name in messages, its scratch Parquet, where its rows go."""

    con: duckdb.DuckDBPyConnection
    name: str
    records: Path
    target: Path
    limits: Limits

    def __post_init__(self) -> None:
        """Create the macros that the queries of records are written in."""
        self.con.execute(sql_blocks("json_records")["macros"]).fetchall()

    def require_rows(self, rows: int) -> None:
        """Raise FileNotImportable if there are more rows than the limit."""
        most = self.limits.rows
        if most is not None and rows > most:
            raise FileNotImportable(
                f"{self.name} has {rows:,} records; at most {most:,} can be imported. Split the file."
            )

    def write_records(self, sql: str, batch_rows: int) -> None:
        """Write the rows of a query to the scratch Parquet in row groups of `batch_rows`, a few megabytes each.

        DuckDB's own writer puts 2,048 rows into one at least, and its reader takes as many at once: with long
        records that is more than its memory.
        """
        batches = self.con.sql(sql).to_arrow_reader(batch_rows)
        with pq.ParquetWriter(self.records, batches.schema, compression="snappy") as writer:
            for batch in batches:
                writer.write_batch(batch)

    def write_rows(
        self, header: list[str], cells: list[str], reader: CellReader, tally: Tally, *, raw: str = "object"
    ) -> int:
        """Write the staged rows; return how many of them are broken.

        `cells`: SQL of each label's text, over the columns of the scratch Parquet and those of `reader`. `raw`:
        SQL of the raw text of a row whose cells turn out too long, over `object` and `cells`.
        """
        limits = self.limits
        if len(header) > WIDE:
            make_room(self.con)
        sql = sql_blocks("json_records")["rows"].format(
            records=file_literal(self.records),
            target=literal(str(self.target)),
            layers=reader.layers,
            careful=reader.careful,
            cells=", ".join(cells),
            labelled=", ".join(f"cells[{i}] AS {identifier(label)}" for i, label in enumerate(header, 1)),
            cell_limit=limits.cell_characters,
            row_limit=limits.row_characters,
            raw=raw,
            shown=SHOWN_TEXT,
            row_group_size=max(_FEWEST, min(_MOST, _GROUP_BYTES * tally.rows // max(tally.total, 1))),
        )
        self.con.execute(sql).fetchall()
        if tally.longest <= min(limits.cell_characters, limits.row_characters):
            return tally.broken
        count = f"SELECT count(_error_code) FROM read_parquet({file_literal(self.target)})"
        return int(self.con.execute(count).fetchall()[0][0])


@dataclass(frozen=True)
class Tally:
    """Counts of a file's records: all, broken ones, bytes of the longest and of all.

    For JSON also: where the first invalid record begins and ends in the file, whether any record is an object, and the
    first character of the first valid record that is not.
    """

    rows: int
    broken: int
    longest: int
    total: int
    first_invalid: tuple[int, int] | None = None
    any_object: bool = True
    first_other: str | None = None
