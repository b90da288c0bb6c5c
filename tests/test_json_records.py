"""JSON and JSON Lines: every record is a row of texts as they are written, or a broken row, or the file is refused."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipelines.errors import FileNotImportable, FileUnreadable, NoDataRows
from contact_pipelines.files import duck
from contact_pipelines.imports.stage import json_layout, json_records
from contact_pipelines.imports.stage.json_records import stage_json
from contact_pipelines.imports.stage.staged_file import labels
from contact_pipelines.settings.policy import Limits

REPEATED = "A key is there more than once; its last value was taken."
REPLACED = "A character that is no text (\\u0000 or half of a pair) was replaced."
MEND = " Fix it or export it again."
ONE_A_LINE = "One object a line is expected, with keys and texts in double quotes."


@pytest.fixture(scope="module")
def con():
    with duck.connect() as connection:
        yield connection


@pytest.fixture(params=[None, 5], ids=["at once", "in pieces of 5 bytes"])
def pieces(request, monkeypatch):
    """Read the whole file at once, or so that everything is cut by a piece's end."""
    if request.param is not None:
        monkeypatch.setattr(json_records, "PIECE", request.param)
        monkeypatch.setattr(json_layout, "PIECE", request.param)


def stage(con, data: str | bytes, *, lines: bool = False, **limits):
    """Return what is known of the file, and its rows as (row, cells..., code, error, text, warning)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, target, scratch = folder / "people.json", folder / "rows.parquet", folder / "scratch"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        file = stage_json(
            con, path, target, scratch=scratch, file_name="people.json", lines=lines, limits=Limits(**limits)
        )
        relation = con.sql(f"SELECT * FROM read_parquet({duck.file_literal(target)})")
        rows = relation.fetchall()
        assert relation.columns == ["_row", *file.header, "_error_code", "_error", "_text", "_warning"]
        assert [str(kind) for kind in relation.types] == ["INTEGER", *["VARCHAR"] * (len(file.header) + 4)]
        assert list(scratch.iterdir()) == []
    assert len(rows) == file.row_count
    assert sum(row[-4] is not None for row in rows) == file.broken_count
    return file, rows


def good(number, *cells, warning=None):
    return (number, *cells, None, None, None, warning)


def broken(number, width, message, text, code="invalid_json"):
    return (number, *[None] * width, code, message, text, None)


DOCUMENTS = {
    "array": ('[{"a":"1","b":"x"},{"a":"2","b":"y"}]', ["a", "b"], [good(1, "1", "x"), good(2, "2", "y")]),
    "pretty": (
        json.dumps([{"a": "é, ]}", "b": '"{['}, {"a": "\\", "b": '\\"'}], indent=4, ensure_ascii=False),
        ["a", "b"],
        [good(1, "é, ]}", '"{['), good(2, "\\", '\\"')],
    ),
    "byte order mark": ('\ufeff \r\n[ {"a":"1"} ]\r\n', ["a"], [good(1, "1")]),
    "one contact": ('{"email":"x@y.z","n":{"first":"A"}}', ["email", "n.first"], [good(1, "x@y.z", "A")]),
    "one contact with lists": (
        '{"name":"Ann","lists":[{"id":4},{"id":5}],"tags":[{"name":"vip"}]}',
        ["name", "lists", "tags"],
        [good(1, "Ann", '[{"id":4},{"id":5}]', "vip")],
    ),
    "keys differ from row to row": (
        '[{"b":"1"},{"a":"2","b":"3"},{},{"c":"4"}]',
        ["b", "a", "c"],
        [good(1, "1", None, None), good(2, "3", "2", None), good(3, None, None, None), good(4, None, None, "4")],
    ),
    "scalars": (
        '[{"zip":"0130","t":true,"f":false,"n":null,"e":"","s":" x "}]',
        ["zip", "t", "f", "n", "e", "s"],
        [good(1, "0130", "true", "false", None, None, " x ")],
    ),
    "numbers": (
        (
            '[{"a":12345678901234567890,"b":0.1,"c":1e3,"d":4.9E+11,"e":1.10,"f":-7,"g":15551234567.0,"h":1E-7,'
            '"i":52.52000659999999,"j":0.0000001,"k":123456789012345678901234567890,"l":123456789.123456789,"m":1e22}]'
        ),
        list("abcdefghijklm"),
        [
            good(
                1,
                *("12345678901234567890", "0.1", "1000", "490000000000", "1.10", "-7", "15551234567", "0.0000001"),
                *("52.52000659999999", "0.0000001", "123456789012345678901234567890", "123456789.123456789"),
                "10000000000000000000000",
            )
        ],
    ),
    "numbers and texts in one column": (
        '[{"a":1.0},{"a":"1.0"},{"a":"1e3"},{"a":2.50},{"a":": 2.50,"}]',
        ["a"],
        [good(1, "1"), good(2, "1.0"), good(3, "1e3"), good(4, "2.50"), good(5, ": 2.50,")],
    ),
    "nested to three keys": (
        '[{"a":{"b":{"c":{"d":1}},"x":2}},{"a":{"y":3,"b":{"e":4}}},{"a":null},{"a":{}}]',
        ["a.b.c", "a.b.e", "a.x", "a.y"],
        [
            good(1, '{"d":1}', None, "2", None),
            good(2, None, "4", None, "3"),
            good(3, None, None, None, None),
            good(4, None, None, None, None),
        ],
    ),
    "object here, text there": (
        '[{"a":{"city":"Rome"}},{"a":"Oslo"},{"a":["x"]}]',
        ["a", "a.city"],
        [good(1, None, "Rome"), good(2, "Oslo", None), good(3, "x", None)],
    ),
    "empty object beside texts": ('[{"a":{}},{"a":"{}"}]', ["a"], [good(1, None), good(2, "{}")]),
    "custom fields and typed values": (
        (
            '[{"customFields":{"size":"L"},"properties":{"age":{"type":"number","value":7.0},'
            '"likes":{"type":"list","value":["a","b"]}}},{"properties":{"age":{"type":"number","value":null}}}]'
        ),
        ["customFields.size", "properties.age", "properties.likes"],
        [good(1, "L", "7", "a, b"), good(2, None, None, None)],
    ),
    "arrays": (
        '[{"t":["a","b",1,true,null,""]},{"t":["a, b","c"]},{"t":["x\\"y"]},{"t":[]},{"t":[["a"]]},{"t":"a, b"}]',
        ["t"],
        [
            good(1, "a, b, 1, true"),
            good(2, '["a, b","c"]'),
            good(3, '["x\\"y"]'),
            good(4, None),
            good(5, '[["a"]]'),
            good(6, "a, b"),
        ],
    ),
    "arrays of objects": (
        (
            '[{"t":[{"id":1,"name":"vip"},{"title":"new"}]},{"t":[{"name":"a;b"}]},{"t":[{"id":1}]},'
            '{"t":[{"value":"x@y.z","type":"home"}]}]'
        ),
        ["t"],
        [good(1, "vip, new"), good(2, '["a;b"]'), good(3, '[{"id":1}]'), good(4, "x@y.z")],
    ),
    "equal keys": ('[{"a":"1","b":"2","a":"3"}]', ["b", "a"], [good(1, "2", "3", warning=REPEATED)]),
    "keys that look alike": (
        '[{"Email":"1","email":"2"," email ":"3","":"4","a.b":"5","a":{"b":"6","":"7"},"A":{"b":"8"},"_row":"9"}]',
        ["Email", "email#2", "email#3", "column_4", "a.b", "a.b#2", "a.", "A.b#3", "_row#2"],
        [good(1, "1", "2", "3", "4", "5", "6", "7", "8", "9")],
    ),
    "keys that SQL might misread": (
        '[{"it\'s \\"q\\"":"1","$.a[*]":"2","/~":"3","{x}":"4"}]',
        ['it\'s "q"', "$.a[*]", "/~", "{x}"],
        [good(1, "1", "2", "3", "4")],
    ),
    "escapes": (
        '[{"a":"\\u00e9\\ud83d\\ude00\\n\\t\\/"},{"a":"\\ud800x"},{"a":"\\\\ud800"},{"a":"x\\u0000y"}]',
        ["a"],
        [
            good(1, "é😀\n\t/"),
            good(2, "\ufffdx", warning=REPLACED),
            good(3, "\\ud800"),
            good(4, "x\ufffdy", warning=REPLACED),
        ],
    ),
    "elements that are no objects": (
        '[null, {"a":"1"}, "x", 5, [1]]',
        ["a"],
        [
            broken(1, 1, "Record 1 is not a JSON object.", "null"),
            good(2, "1"),
            broken(3, 1, "Record 3 is not a JSON object.", '"x"'),
            broken(4, 1, "Record 4 is not a JSON object.", "5"),
            broken(5, 1, "Record 5 is not a JSON object.", "[1]"),
        ],
    ),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_document(con, case):
    data, header, rows = DOCUMENTS[case]
    file, found = stage(con, data)
    assert (file.header, found) == (header, rows)
    assert (file.reading.format, file.reading.header_row, file.reading.notes) == ("json", None, ())


WRAPPERS = {
    "a named list": ('{"contacts":[{"a":"1"},{"a":"2"}]}', "contacts", ()),
    "an API's list": ('{"object":"list","data":[{"a":"1"},{"a":"2"}],"has_more":false}', "data", ()),
    "any key": ('{"total":2,"ourFriends":[{"a":"1"},{"a":"2"}]}', "ourFriends", ()),
    "deeper": ('{"data":{"contacts":{"nodes":[{"a":"1"},{"a":"2"}]}},"errors":null}', "nodes", ()),
    "deep, behind lists that are deeper": (
        '{"meta":{"x":{"y":{"z":[1]}}},"q":{"r":{"s":[]}},"data":{"people":[{"a":"1"},{"a":"2"}]},"t":{"u":{}}}',
        "people",
        (),
    ),
    "key with escapes, all blank between": (
        '{ "\\u0063ontacts" :\n [ {"a":"1"} , {"a":"2"} ] , "b\\"[" : "]" }',
        "contacts",
        (),
    ),
    "beside another list": (
        '{"name":"News","links":[{"rel":"self"}],"members":[{"a":"1"},{"a":"2"}]}',
        "members",
        ("links",),
    ),
}


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("case", WRAPPERS)
def test_a_list_inside_an_object_is_found(con, case):
    data, key, others = WRAPPERS[case]
    file, rows = stage(con, data)
    assert (file.header, rows) == (["a"], [good(1, "1"), good(2, "2")])
    notes = [f"the records are the list {key}; what stands beside it was left out"]
    assert list(file.reading.notes) == notes + [f"further lists were left out: {other}" for other in others]


def test_lines(con):
    data = (
        b'\xef\xbb\xbf{"a":"1"}\r\n\r\n{"b":{"c":2}}\n  \n[1]\n{"a":"3",}\n{"a":NaN}\nfoo\n'
        b'{\'a\': 4}\n{"a":"Jos\xe9"}\n{"a":5,"a":6}\n'
    )
    file, rows = stage(con, data, lines=True)
    assert (file.header, file.reading.format) == (["a", "b.c"], "jsonl")
    assert rows == [
        good(1, "1", None),
        good(3, None, "2"),
        broken(5, 2, "Line 5 is not a JSON object.", "[1]"),
        broken(6, 2, "Line 6 is not valid JSON.", '{"a":"3",}'),
        broken(7, 2, "Line 7 is not valid JSON.", '{"a":NaN}'),
        broken(8, 2, "Line 8 is not valid JSON.", "foo"),
        broken(9, 2, "Line 9 is not valid JSON.", "{'a': 4}"),
        broken(
            *(10, 2, "The row holds bytes that are not UTF-8 text.", r"{\x22a\x22:\x22Jos\xE9\x22}"), code="undecodable"
        ),
        good(11, "6", None, warning=REPEATED),
    ]


REFUSED = {
    "blank": ("\ufeff \n", FileUnreadable, "people.json is empty."),
    "empty list": ("[ ]", NoDataRows, "people.json has no records: its list is empty."),
    "empty wrapped list": ('{"contacts":[]}', NoDataRows, "people.json has no records: its list is empty."),
    "empty objects": ("[{},{}]", NoDataRows, "people.json has no columns: its 2 records are empty objects."),
    "scalar": ('"x"', FileNotImportable, "people.json is not a list of JSON objects: it begins with neither [ nor {."),
    "plain values": (
        "[1,2]",
        FileNotImportable,
        "people.json is a list of plain values; a list of JSON objects is expected, one a contact.",
    ),
    "lists": (
        '[["a","b"],[1,2]]',
        FileNotImportable,
        "people.json is a list of lists; a list of JSON objects is expected, one a contact.",
    ),
    "two lists": (
        '{"x":[{"a":1}],"y":[{"a":2}]}',
        FileNotImportable,
        "people.json holds several lists (x, y). Keep the one with the contacts and import it again.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_without_records_is_refused(con, case):
    data, error, sentence = REFUSED[case]
    with pytest.raises(error) as raised:
        stage(con, data)
    assert (type(raised.value), str(raised.value)) == (error, sentence)


FAULTS = {
    "trailing comma in an object": ('[{"a":1},\n {"a":2,}]', 2, 9, "a key in double quotes is expected"),
    "trailing comma in the list": ('[{"a":1},\n]', 2, 1, "a value is expected"),
    "missing comma": ('[{"é":1}\n{"b":2}]', 2, 1, "a comma is expected"),
    "single quotes": ("[{'a':1}]", 1, 3, "a key in double quotes is expected"),
    "not a number": (
        '[{"a":"NaN"},{"a":NaN}]',
        1,
        19,
        "NaN and Infinity are not JSON values; use null or a string",
    ),
    "comment": ('[{"é":1} /* secret */]', 1, 10, "a comma is expected"),
    "leading zero": ('[{"a":0130}]', 1, 8, "a comma is expected"),
    "line break in a text": ('[{"a":"x\ny"}]', 1, 9, "a line break or another control character stands inside a text"),
    "more text": ('[{"a":1}] {"a":2}', 1, 11, "more text follows the end of the list"),
    "two objects": ('{"a":1}\n{"a":2}', 2, 1, "more text follows the end of the object"),
    "object not closed": ('{"contacts":[{"a":1}]', 1, 1, "the object that begins there is not closed"),
    "fault behind good records": ('[{"a":[1,{"b":",]"}]},\n\n  {"a":2},\n  {"a":tru}]', 4, 8, "a value is expected"),
    "fault in one contact": ('\n{"email":"x",\n"lists":[1,]}', 3, 12, "a value is expected"),
    "fault inside a list in an object": ('{"contacts":[{"a":1},\n{"a":}]}', 2, 6, "a value is expected"),
    "fault behind the list": ('{"contacts":[{"a":1}],\n"x":[1],\n"y" 1}', 3, 5, "a colon is expected"),
    "fault beside the list": ('{"contacts":[{"a":1}],\n"x":}', 2, 5, "a value is expected"),
}


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("case", FAULTS)
def test_a_document_that_cannot_be_parsed_is_refused_with_the_place(con, case):
    data, line, character, what = FAULTS[case]
    with pytest.raises(FileNotImportable) as raised:
        stage(con, data)
    place = f"it breaks in line {line}, character {character}: {what}."
    assert str(raised.value) == f"people.json is not valid JSON: {place}{MEND}"


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("tail", ['{"a":"x}]', '{"a":1}', '{"a":[1}]'])
def test_a_list_that_is_not_closed_is_refused_with_the_record(con, tail):
    with pytest.raises(FileNotImportable) as raised:
        stage(con, '[{"a":1},\n' + tail)
    where = "record 2, which begins in line 1, character 10, is not closed."
    assert str(raised.value) == (
        f"people.json is not valid JSON: {where} Is a quote or a bracket in it not closed?{MEND}"
    )


@pytest.mark.parametrize(("data", "count"), [("{'a': 1}\n{'a': 2}\n", 2), ("x\n\n[1]\n2\n", 3)])
def test_lines_without_any_object_are_refused(con, data, count):
    with pytest.raises(FileNotImportable) as raised:
        stage(con, data, lines=True)
    assert str(raised.value) == f"None of the {count} lines of people.json is a JSON object. {ONE_A_LINE}"


def test_blank_lines_only_are_refused(con):
    with pytest.raises(FileUnreadable, match=r"^people.json is empty: it holds nothing but blank lines\.$"):
        stage(con, "\n \n", lines=True)


def test_limits_of_cells_and_rows(con):
    data = '[{"a":"12345678901"},{"a":"1234567890","b":"123456"},{"a":"x"}]'
    _, rows = stage(con, data, cell_characters=10, row_characters=15)
    long_cell, long_row = "A cell is longer than 10 characters.", "The row is longer than 15 characters."
    assert rows == [
        broken(1, 2, long_cell, '{"a":"12345678901"}', code="cell_too_long"),
        broken(2, 2, long_row, '{"a":"1234567890","b":"123456"}', code="row_too_long"),
        good(3, "x", None),
    ]


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"columns": 2}, "people.json has more than 2 different keys, the limit of columns."),
        ({"rows": 1}, "people.json has 2 records; at most 1 can be imported. Split the file."),
    ],
)
def test_limits_of_the_file(con, limits, sentence):
    with pytest.raises(FileNotImportable) as raised:
        stage(con, '[{"a":1,"b":2},{"c":3}]', **limits)
    assert str(raised.value) == sentence


def test_a_record_without_end_is_refused_within_the_memory(con, monkeypatch):
    monkeypatch.setattr(json_records, "MAX_RECORD", 1024 * 1024)
    monkeypatch.setattr(json_layout, "PIECE", 64 * 1024)
    with pytest.raises(FileNotImportable, match="record 2, which begins in line 1, character 10, is longer than"):
        stage(con, '[{"a":1},{"a":"' + "x" * 2 * 1024 * 1024)


def test_a_line_without_end_is_a_broken_row(con, monkeypatch):
    monkeypatch.setattr(json_records, "MAX_RECORD", 100_000)
    monkeypatch.setattr(json_records, "PIECE", 50_000)
    long = '{"a":"' + "x" * 300_000 + '"}'
    _, rows = stage(con, f'{{"a":"1"}}\n{long}\n{{"a":"3"}}\n', lines=True)
    sentence = "The row is longer than 400,000 characters."
    assert rows == [good(1, "1"), broken(2, 1, sentence, long[:32_000], code="row_too_long"), good(3, "3")]


def test_deep_nesting_is_only_text(con):
    deep = "[" * 10_000 + "]" * 10_000
    _, rows = stage(con, f'[{{"a":{deep}}}]')
    assert rows == [good(1, deep)]


@pytest.mark.parametrize("lines", [False, True])
def test_pieces_do_not_show(con, lines, monkeypatch):
    """Quotes, escapes and brackets fall on every side of a piece's end."""
    rng = random.Random(3)
    parts = ['"', "\\", "{", "}", "[", "]", ",", ":", "é", "😀", "x", " ", "\n"]
    people = [{"k": "".join(rng.choices(parts, k=rng.randrange(9))), "n": {"m": str(i)}} for i in range(300)]
    text = "\n".join(json.dumps(one, ensure_ascii=False) for one in people) if lines else json.dumps(people, indent=1)
    monkeypatch.setattr(json_records, "PIECE", 61)
    monkeypatch.setattr(json_layout, "PIECE", 61)
    file, rows = stage(con, text, lines=lines)
    assert file.header == ["k", "n.m"]
    assert rows == [good(i, one["k"] or None, one["n"]["m"]) for i, one in enumerate(people, 1)]


def test_many_columns_and_long_records_fit_into_the_memory(con):
    people = [{f"key_{i}": f"{n}-{i}" for i in range(1_000)} for n in range(100)]
    file, rows = stage(con, "\n".join(map(json.dumps, people)), lines=True)
    assert file.header == list(people[0])
    assert rows == [good(n, *person.values()) for n, person in enumerate(people, 1)]


_key = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
_text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


@pytest.mark.thorough
@given(
    people=st.lists(st.dictionaries(_key, _text, max_size=6), min_size=1, max_size=8),
    ascii_only=st.booleans(),
    indented=st.booleans(),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_flat_objects_of_texts_come_back_the_same(con, people, ascii_only, indented):
    keys = list(dict.fromkeys(key for person in people for key in person))
    rows = [good(n, *(person.get(key) or None for key in keys)) for n, person in enumerate(people, 1)]
    array = json.dumps(people, ensure_ascii=ascii_only, indent=2 if indented else None)
    lines = "\n".join(json.dumps(person, ensure_ascii=ascii_only) for person in people)
    for text, one_a_line in ((array, False), (lines, True)):
        if not keys:
            with pytest.raises(NoDataRows):
                stage(con, text, lines=one_a_line)
            continue
        file, found = stage(con, text, lines=one_a_line)
        assert (file.header, found) == (labels(keys, "people.json", Limits()), rows)


@given(text=st.text(st.sampled_from('{}[]",:\\ \nue0d8anif-1.'), max_size=40), lines=st.booleans())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_whatever_the_text_nothing_but_a_refusal_is_raised(con, text, lines):
    try:
        _, rows = stage(con, text, lines=lines)
    except (FileNotImportable, FileUnreadable):
        return
    assert rows
    if not lines:
        json.loads(text)  # what is read is JSON


def test_no_duckdb_relation_is_left_behind(con):
    stage(con, '[{"a":1}]')
    with pytest.raises(duckdb.CatalogException):
        con.sql("SELECT * FROM _json_source")
