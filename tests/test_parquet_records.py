"""Parquet: every value as a person would write it, nested ones as JSON's are; damaged files are refused."""

from __future__ import annotations

import datetime as dt
import io
import random
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contact_pipelines.errors import FileNotImportable, FileUnreadable, NoDataRows
from contact_pipelines.files import duck
from contact_pipelines.imports.stage.parquet_records import stage_parquet
from contact_pipelines.settings.policy import Limits

NIGHT = dt.datetime(2026, 11, 20, 14, 30)  # noqa: DTZ001 - Parquet has times with and without a zone
BYTES = "The bytes in a are not UTF-8 text and were left out."


@pytest.fixture(scope="module")
def con():
    with duck.connect() as connection:
        yield connection


@pytest.fixture
def stage(con, tmp_path):
    """Return a function that stages a table or a file's bytes: what is known of it, and its rows."""

    def staged(content: pa.Table | bytes, **limits):
        folder = tmp_path / "year=2026"  # not a column, although DuckDB would take it for one
        folder.mkdir(exist_ok=True)
        path, target, scratch = folder / "people.parquet", tmp_path / "rows.parquet", tmp_path / "scratch"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            pq.write_table(content, path)
        file = stage_parquet(con, path, target, scratch=scratch, file_name=path.name, limits=Limits(**limits))
        relation = con.sql(f"SELECT * FROM read_parquet({duck.file_literal(target)})")
        rows = relation.fetchall()
        assert relation.columns == ["_row", *file.header, "_error_code", "_error", "_text", "_warning"]
        assert {str(kind) for kind in relation.types[1:]} == {"VARCHAR"}
        assert list(scratch.iterdir()) == []
        assert len(rows) == file.row_count
        assert sum(row[-4] is not None for row in rows) == file.broken_count
        return file, rows

    return staged


def good(number, *cells, warning=None):
    return (number, *cells, None, None, None, warning)


PLAIN = {
    "texts": (pa.array(["0130", "", None, " x "]), ["0130", None, None, " x "]),
    "integers": (pa.array([2**63, 0, None], pa.uint64()), ["9223372036854775808", "0", None]),
    "doubles": (
        pa.array([1.0, 0.1, 15551234567.0, float("nan"), 1e21, 1.5e-7, -2.5, None]),
        ["1", "0.1", "15551234567", None, "1000000000000000000000", "0.00000015", "-2.5", None],
    ),
    "floats": (pa.array([0.1, 3.0, float("nan")], pa.float32()), ["0.1", "3", None]),
    "decimals": (
        pa.array([Decimal("1.50"), None, Decimal("12345678901234567.89")]),
        ["1.50", None, "12345678901234567.89"],
    ),
    "booleans": (pa.array([True, False, None]), ["true", "false", None]),
    "dates": (pa.array([dt.date(2026, 11, 20), None]), ["2026-11-20", None]),
    "times": (pa.array([dt.time(1, 2, 3), None]), ["01:02:03", None]),
    "timestamps": (
        pa.array([NIGHT, NIGHT.replace(microsecond=5), None], pa.timestamp("us")),
        ["2026-11-20 14:30:00", "2026-11-20 14:30:00.000005", None],
    ),
    "nanoseconds": (pa.array([NIGHT, None], pa.timestamp("ns")), ["2026-11-20 14:30:00", None]),
    "zoned": (pa.array([NIGHT, None], pa.timestamp("us", "Europe/Berlin")), ["2026-11-20 14:30:00+00:00", None]),
    "dictionary": (pa.array(["u", "v", "u"]).dictionary_encode(), ["u", "v", "u"]),
    "nothing": (pa.nulls(2), [None, None]),
}


@pytest.mark.parametrize("case", PLAIN)
def test_plain_values(stage, case):
    values, texts = PLAIN[case]
    file, rows = stage(pa.table({"a": values}))
    assert (file.header, rows) == (["a"], [good(n, text) for n, text in enumerate(texts, 1)])
    assert (file.reading.format, file.reading.header_row) == ("parquet", None)


def test_bytes_are_texts_or_a_warning(stage):
    _, rows = stage(pa.table({"a": pa.array([b"Jos\xc3\xa9", b"\xff\xfe", None])}))
    assert rows == [good(1, "José"), good(2, None, warning=BYTES), good(3, None)]


ADDRESS = pa.struct([("city", pa.string()), ("n", pa.float64()), ("fee", pa.decimal128(5, 2)), ("since", pa.date32())])
NESTED = {
    "struct": (
        pa.array([{"city": "Rome", "n": 2.0, "fee": Decimal("2.10"), "since": dt.date(2026, 1, 2)}, None], ADDRESS),
        ["a.city", "a.n", "a.fee", "a.since"],
        [good(1, "Rome", "2", "2.10", "2026-01-02"), good(2, None, None, None, None)],
    ),
    "list": (
        pa.array([["x", "y"], ["p, q"], [], None]),
        ["a"],
        [good(1, "x, y"), good(2, '["p, q"]'), good(3, None), good(4, None)],
    ),
    "list of structs": (
        pa.array([[{"name": "vip"}, {"name": "new"}], None]),
        ["a"],
        [good(1, "vip, new"), good(2, None)],
    ),
    "map": (
        pa.array([[("size", "L")], [("cup", "M"), ("size", "")], None], pa.map_(pa.string(), pa.string())),
        ["a.size", "a.cup"],
        [good(1, "L", None), good(2, None, "M"), good(3, None, None)],
    ),
    "list of doubles with NaN": (pa.array([[1.0, float("nan"), 2.5]]), ["a"], [good(1, "1, 2.5")]),
}


@pytest.mark.parametrize("case", NESTED)
def test_nested_values(stage, case):
    values, header, rows = NESTED[case]
    file, found = stage(pa.table({"a": values}))
    assert (file.header, found) == (header, rows)


def test_columns_keep_their_order_and_get_labels(stage):
    table = pa.table(
        [pa.array(["1"]), pa.array([["t"]]), pa.array([{"b": "2", "c": "3"}]), pa.array(["4"]), pa.array(["5"])],
        names=[" Email ", "tags", "a", "a.b", "_row"],
    )
    file, rows = stage(table)
    assert file.header == ["Email", "tags", "a.b", "a.c", "a.b#2", "_row#2"]
    assert rows == [good(1, "1", "t", "2", "3", "4", "5")]


def test_order_of_many_row_groups(stage):
    buffer = io.BytesIO()
    table = pa.table({"a": range(10_000), "b": [[str(i)] for i in range(10_000)]})
    pq.write_table(table, buffer, row_group_size=700)
    _, rows = stage(buffer.getvalue())
    assert rows == [good(i + 1, str(i), str(i)) for i in range(10_000)]


def test_limits_of_cells_and_rows(stage):
    _, rows = stage(pa.table({"a": ["abcd", "abc", "x"], "b": ["", "def", None]}), cell_characters=3, row_characters=5)
    assert rows == [
        (1, None, None, "cell_too_long", "A cell is longer than 3 characters.", "abcd", None),
        (2, None, None, "row_too_long", "The row is longer than 5 characters.", "abc, def", None),
        good(3, "x", None),
    ]


@pytest.mark.parametrize(
    ("rows", "limits", "error", "sentence"),
    [
        (0, {}, NoDataRows, "people.parquet has columns but no rows."),
        (3, {"rows": 2}, FileNotImportable, "people.parquet has 3 records; at most 2 can be imported. Split the file."),
        (3, {"columns": 1}, FileNotImportable, "people.parquet has 2 columns; at most 1 can be imported."),
        (
            *(3, {"decompressed_bytes": 10}, FileNotImportable),
            r"people.parquet unpacks to [0-9,]+ bytes; at most 10 are read. Split the file.",
        ),
    ],
)
def test_limits_of_the_file(stage, rows, limits, error, sentence):
    with pytest.raises(error, match=f"^{sentence}$"):
        stage(pa.table({"a": ["x"] * rows, "b": ["y"] * rows}), **limits)


def _file() -> bytes:
    buffer = io.BytesIO()
    numbers = [str(i) * 3 for i in range(500)]
    pq.write_table(pa.table({"a": numbers, "b": range(500), "c": [[text] for text in numbers]}), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (_file()[:-1], "people.parquet is not a complete Parquet file. Export it again."),
        (b"PAR1", "people.parquet is damaged or incomplete, or encrypted. Export it again."),
        (b"PAR1PAR1", "people.parquet is damaged or incomplete, or encrypted. Export it again."),
        (_file()[:-4] + b"PARE", "people.parquet is encrypted. Export it without encryption."),
        (b"id,name\n", "people.parquet is not a complete Parquet file. Export it again."),
    ],
)
def test_what_is_no_parquet_is_refused(stage, content, sentence):
    with pytest.raises(FileUnreadable) as raised:
        stage(content)
    assert str(raised.value) == sentence


def test_damaged_bytes_are_read_or_refused(stage):
    rng, whole, refused = random.Random(5), _file(), 0
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(rng.choice((1, 8, 60))):
            damaged[rng.randrange(4, len(damaged) - 4)] = rng.randrange(256)
        try:
            stage(bytes(damaged))
        except (FileUnreadable, FileNotImportable):
            refused += 1
    assert 0 < refused < 60
