"""Text files as they come: each is read right, and looking at its beginning tells the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from contact_pipelines.errors import FileNotImportable, FileUnreadable, NoDataRows
from contact_pipelines.files import duck
from contact_pipelines.imports.stage import as_read, careful_staging, text_layout
from contact_pipelines.imports.stage.dialect import Dialect
from contact_pipelines.imports.stage.text_file import describe_text, stage_text
from contact_pipelines.models import ReadingOptions
from contact_pipelines.settings.policy import Limits

MISPLACED = "Text follows the closing quote of a cell; quotes inside a quoted cell must be doubled."
ANN, BOB = ("ann@example.com", "Ann", "Rome"), ("bob@example.com", "Bob", "Oslo")
PEOPLE = "email,name,city\nann@example.com,Ann,Rome\nbob@example.com,Bob,Oslo\n"
LABELS = ["email", "name", "city"]


@pytest.fixture(scope="module")
def con():
    with duck.connect() as connection:
        yield connection


@dataclass(frozen=True)
class Good:
    number: int
    cells: tuple[str | None, ...]
    warning: str | None = None


@dataclass(frozen=True)
class Broken:
    number: int
    code: str
    message: str
    text: str


@dataclass(frozen=True)
class Case:
    """A file and what is to come of it."""

    text: str | bytes
    rows: list[Good | Broken]
    header: list[str] = field(default_factory=lambda: LABELS)
    header_row: int | None = 1
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    notes: tuple[str, ...] = ()
    options: ReadingOptions = field(default_factory=ReadingOptions)
    name: str = "people.csv"
    dialect: Dialect | None = None


def rows(*cells, first=2):
    return [Good(number, row) for number, row in enumerate(cells, first)]


def short(number, width, *cells):
    has = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
    warning = f"The row has {has}, but the header has {width}; the missing ones are empty."
    return Good(number, (*cells, *[None] * (width - len(cells))), warning)


def too_many(number, width, found, text):
    return Broken(number, "too_many_cells", f"The row has {found} cells, but the header has {width}.", text)


def delimited(delimiter, *, people=PEOPLE):
    return people.replace(",", delimiter)


def above(first, last, what="header"):
    if first == last:
        return f"row {first} stands above the {what} and was left out"
    return f"rows {first} to {last} stand above the {what} and were left out"


def another(first, last, columns):
    return f"rows {first} to {last} hold another table (columns {columns}) and were not imported"


CASES: dict[str, Case] = {
    # ---- delimiters
    **{
        f"delimiter {delimiter!r}": Case(delimited(delimiter), rows(ANN, BOB), delimiter=delimiter)
        for delimiter in (",", ";", "\t", "|", ":", " ", "^", "~", "\x01", "\x1f", "¦", "/")
    },
    "comma decimals": Case(
        "email;name;city\nann@example.com;1,5;Rome\nbob@example.com;2,5;Oslo\n",
        rows(("ann@example.com", "1,5", "Rome"), ("bob@example.com", "2,5", "Oslo")),
        delimiter=";",
    ),
    "spaces, with dates, and text in quotes": Case(
        "day amount text\n" + "".join(f'2024-01-0{day} {day}.5 "some text"\n' for day in range(1, 6)),
        rows(*((f"2024-01-0{day}", f"{day}.5", "some text") for day in range(1, 6))),
        header=["day", "amount", "text"],
        delimiter=" ",
    ),
    "names with commas": Case(
        "Name, Vorname;email;city\nRossi, Ann;ann@example.com;Rome\nBerg, Bob;bob@example.com;Oslo\n",
        rows(("Rossi, Ann", "ann@example.com", "Rome"), ("Berg, Bob", "bob@example.com", "Oslo")),
        header=["Name, Vorname", "email", "city"],
        delimiter=";",
    ),
    "tags in pipes": Case(
        "email,tags\nann@example.com,a|b\nbob@example.com,c|d|e\n",
        rows(("ann@example.com", "a|b"), ("bob@example.com", "c|d|e")),
        header=["email", "tags"],
    ),
    "space behind the delimiter": Case(
        'email, name, city\nann@example.com, "Rossi, Ann", Rome\nbob@example.com, Bob, Oslo\n',
        rows(("ann@example.com", "Rossi, Ann", "Rome"), BOB),
    ),
    "space behind the delimiter, no quotes": Case(delimited(", "), rows(ANN, BOB)),
    "sep line": Case(
        "sep=;\n" + delimited(";"),
        rows(ANN, BOB, first=3),
        delimiter=";",
        header_row=2,
        notes=("row 1 names the delimiter and was left out",),
    ),
    "quoted sep line of a rare delimiter": Case(
        '"sep=#"\r\n' + delimited("#").replace("\n", "\r\n"),
        rows(ANN, BOB, first=3),
        delimiter="#",
        header_row=2,
        notes=("row 1 names the delimiter and was left out",),
    ),
    "one column": Case("email\nann@example.com\nbob@example.com\n", rows(ANN[:1], BOB[:1]), header=["email"]),
    "one column of words": Case(
        "Full name\nAnn Rossi\nBob Berg\n", rows(("Ann Rossi",), ("Bob Berg",)), header=["Full name"]
    ),
    "one column with commas": Case(
        "Address\n12 Main St, Springfield\n34 Elm St, Shelbyville\n",
        rows(("12 Main St, Springfield",), ("34 Elm St, Shelbyville",)),
        header=["Address"],
        delimiter=";",
    ),
    "a given delimiter": Case(
        "a;b,c\n1;2,3\n",
        rows(("1;2", "3")),
        header=["a;b", "c"],
        options=ReadingOptions(delimiter=","),
    ),
    # ---- quotes and escapes
    "single quotes": Case(
        "'email','name','city'\n'ann@example.com','Rossi, Ann','Rome'\n'bob@example.com','O''Hara \"Bob\"','Oslo'\n",
        rows(("ann@example.com", "Rossi, Ann", "Rome"), ("bob@example.com", 'O\'Hara "Bob"', "Oslo")),
        quote="'",
        escape="'",
    ),
    "apostrophes are no quotes": Case(
        "email,name,city\nann@example.com,'Ann,Rome\nbob@example.com,Bob',Oslo\n",
        rows(("ann@example.com", "'Ann", "Rome"), ("bob@example.com", "Bob'", "Oslo")),
    ),
    "typographic quotes": Case(
        '“email”,“name”,“city”\n“ann@example.com”,“Rossi, Ann”,“Rome”\n“bob@example.com”,“Bob "B" Berg”,“Oslo”\n',
        rows(("ann@example.com", "Rossi, Ann", "Rome"), ("bob@example.com", 'Bob "B" Berg', "Oslo")),
        quote="“”",
        escape="”",
    ),
    "German quotes over lines": Case(
        "„email“;„name“;„city“\n„ann@example.com“;„Rossi;\nAnn“;„Rome“\n„bob@example.com“;„Bob“;„Oslo“\n",
        rows(("ann@example.com", "Rossi;\nAnn", "Rome"), BOB),
        delimiter=";",
        quote="„“",
        escape="“",
    ),
    "guillemets": Case(
        "«email»,«name»,«city»\n«ann@example.com»,«Ann»,«Rome»\n«bob@example.com»,«Bob»,«Oslo»\n",
        rows(ANN, BOB),
        quote="«»",
        escape="»",
    ),
    "typographic quotes in text": Case(
        PEOPLE.replace("Ann", "the “Ann” of").replace("Bob", "“Bob” B"),
        rows(("ann@example.com", "the “Ann” of", "Rome"), ("bob@example.com", "“Bob” B", "Oslo")),
    ),
    "backslash escapes": Case(
        'email,name,city\nann@example.com,"Ann \\"A, B\\" Rossi","Ro\\\\me"\nbob@example.com,Bob,Oslo\n',
        rows(("ann@example.com", 'Ann "A, B" Rossi', "Ro\\me"), BOB),
        escape="\\",
    ),
    "a backslash before the closing quote": Case(
        'email,name,city\nann@example.com,"C:\\dir\\",Rome\nbob@example.com,"Bob",Oslo\n',
        rows(("ann@example.com", "C:\\dir\\", "Rome"), BOB),
    ),
    "all quoted": Case("\n".join(",".join(f'"{cell}"' for cell in row) for row in (LABELS, ANN, BOB)), rows(ANN, BOB)),
    "one row with other quotes": Case(
        PEOPLE + "'carl@example.com','Carl','Bonn'\n",
        rows(ANN, BOB, ("'carl@example.com'", "'Carl'", "'Bonn'")),
    ),
    "one row with text behind a quote": Case(
        PEOPLE + 'carl@example.com,"Carl" C,Bonn\n',
        [*rows(ANN, BOB), Broken(4, "misplaced_quote", MISPLACED, 'carl@example.com,"Carl" C,Bonn')],
    ),
    # ---- what stands above the header
    "preamble": Case(
        "Customers of Acme\nExported on Monday, by hand\n\n" + PEOPLE,
        rows(ANN, BOB, first=5),
        header_row=4,
        notes=(above(1, 2),),
    ),
    "preamble without a gap": Case(
        "Customers of Acme\nExported on 2024-01-01\n" + PEOPLE,
        rows(ANN, BOB, first=4),
        header_row=3,
        notes=(above(1, 2),),
    ),
    "preamble with a quote": Case(
        '"Customers of Acme\n' + PEOPLE, rows(ANN, BOB, first=3), header_row=2, notes=(above(1, 1),)
    ),
    "padded preamble": Case(
        "Customers,,\nBy,Ann,\n,,\n" + PEOPLE, rows(ANN, BOB, first=5), header_row=4, notes=(above(1, 2),)
    ),
    "preamble as wide as the table": Case(
        "Report,Customers,Europe\nMade by,Ann Rossi,Sales\n" + PEOPLE,
        rows(ANN, BOB, first=4),
        header_row=3,
        notes=(above(1, 2),),
    ),
    "padded preamble with an address": Case(
        "Exported by,admin@example.com,\n,,\n" + PEOPLE,
        rows(ANN, BOB, first=4),
        header_row=3,
        notes=(above(1, 1),),
    ),
    "preamble of labels and values": Case(
        "Company,Acme\nDate,2024-01-31\nContact,sales@example.com\n\n" + PEOPLE,
        rows(ANN, BOB, first=6),
        header_row=5,
        notes=(another(1, 3, "Company, Acme"),),
    ),
    "unknown labels below a preamble": Case(
        "Some title\n\nfoo;bar;baz\nx;1;2020-01-31\ny;2;2020-02-28\n",
        rows(("x", "1", "2020-01-31"), ("y", "2", "2020-02-28"), first=4),
        header=["foo", "bar", "baz"],
        delimiter=";",
        header_row=3,
        notes=(above(1, 1),),
    ),
    "comments": Case(
        "# exported by hand\n# for you, and you\n" + PEOPLE,
        rows(ANN, BOB, first=4),
        header_row=3,
        notes=(above(1, 2),),
    ),
    "blank lines above": Case("\n  \n" + PEOPLE, rows(ANN, BOB, first=4), header_row=3),
    "multi-line header": Case(
        '"e\nmail",name,city\nann@example.com,Ann,Rome\n', rows(ANN), header=["e\nmail", "name", "city"]
    ),
    "units below the header": Case(
        "email,amount,city\n,EUR,\nann@example.com,5,Rome\n",
        rows((None, "EUR", None), ("ann@example.com", "5", "Rome")),
        header=["email", "amount", "city"],
    ),
    # ---- no header
    "no header": Case(
        PEOPLE.partition("\n")[2],
        rows(ANN, BOB, first=1),
        header=["column_1", "column_2", "column_3"],
        header_row=None,
    ),
    "no header, one row": Case(
        "ann@example.com,Ann\n", rows(ANN[:2], first=1), header=["column_1", "column_2"], header_row=None
    ),
    "no header, one column": Case(
        "ann@example.com\nbob@example.com\n", rows(ANN[:1], BOB[:1], first=1), header=["column_1"], header_row=None
    ),
    "no header, with BOM and CRLF": Case(
        b"\xef\xbb\xbfann@example.com,Ann\r\nbob@example.com,Bob\r\n",
        rows(ANN[:2], BOB[:2], first=1),
        header=["column_1", "column_2"],
        header_row=None,
    ),
    "no header, numbers": Case(
        "4711;2020-01-31;x\n4712;2020-02-28;y\n",
        rows(("4711", "2020-01-31", "x"), ("4712", "2020-02-28", "y"), first=1),
        header=["column_1", "column_2", "column_3"],
        delimiter=";",
        header_row=None,
    ),
    "no header below a title": Case(
        "My list\n" + PEOPLE.partition("\n")[2],
        rows(ANN, BOB, first=2),
        header=["column_1", "column_2", "column_3"],
        header_row=None,
        notes=(above(1, 1, "table"),),
    ),
    "header and row both text": Case("foo,bar\nalpha,beta\n", rows(("alpha", "beta")), header=["foo", "bar"]),
    "years for labels": Case("Name,2019,2020\nAcme,5,6\n", rows(("Acme", "5", "6")), header=["Name", "2019", "2020"]),
    "a given header row": Case(
        PEOPLE,
        rows(BOB, first=3),
        header=list(ANN),
        header_row=2,
        options=ReadingOptions(header=2),
        notes=(above(1, 1),),
    ),
    "header given as none": Case(
        "foo,bar\nalpha,beta\n",
        rows(("foo", "bar"), ("alpha", "beta"), first=1),
        header=["column_1", "column_2"],
        header_row=None,
        options=ReadingOptions(header="none"),
    ),
    "duplicate and blank headers": Case(
        "email,,Email\nann@example.com,x,y\n",
        rows(("ann@example.com", "x", "y")),
        header=["email", "column_2", "Email#2"],
    ),
    # ---- several tables
    "a table above": Case(
        "sku,price\nA1,3.5\nA2,4.5\n\n" + PEOPLE,
        rows(ANN, BOB, first=6),
        header_row=5,
        notes=(another(1, 3, "sku, price"),),
    ),
    "a table below, with a title": Case(
        PEOPLE + "\nProducts\nsku,price\nA1,3.5\nA2,4.5\n",
        rows(ANN, BOB),
        notes=(another(5, 8, "sku, price"),),
    ),
    "tables above and below": Case(
        "Shop\n\nsku,price\nA1,3.5\n\nPeople\n" + PEOPLE + "\nday,visits,source,medium\n2024-01-01,7,x,y\n",
        rows(ANN, BOB, first=8),
        header_row=7,
        notes=(
            above(1, 1, "table"),
            another(3, 4, "sku, price"),
            above(6, 6),
            another(11, 12, "day, visits, source, medium"),
        ),
    ),
    "contacts without a header above a table": Case(
        PEOPLE.partition("\n")[2] + "\nsku,price\nA1,3.5\nA2,4.5\n",
        rows(ANN, BOB, first=1),
        header=["column_1", "column_2", "column_3"],
        header_row=None,
        notes=(another(4, 6, "sku, price"),),
    ),
    "tables parted by empty cells": Case(
        "sku,price,\nA1,3.5,\n,,\n" + PEOPLE,
        rows(ANN, BOB, first=5),
        header_row=4,
        notes=(another(1, 2, "sku, price"),),
    ),
    "blank lines inside a table": Case(
        PEOPLE + "\n\ncarl@example.com,Carl,Bonn\n\ndora@example.com,Dora,Graz\n",
        [
            *rows(ANN, BOB),
            Good(6, ("carl@example.com", "Carl", "Bonn")),
            Good(8, ("dora@example.com", "Dora", "Graz")),
        ],
    ),
    "the header once more": Case(PEOPLE + "\n" + PEOPLE, [*rows(ANN, BOB), *rows(tuple(LABELS), ANN, BOB, first=5)]),
    "a footnote": Case(PEOPLE + "\nTotal: 2 people\n", [*rows(ANN, BOB), short(5, 3, "Total: 2 people")]),
    "a footnote with delimiters": Case(PEOPLE + "Total,,2\n", rows(ANN, BOB, ("Total", None, "2"))),
    # ---- ragged rows
    "fewer cells": Case(
        PEOPLE + "carl@example.com,Carl\ndora@example.com\n",
        [
            *rows(ANN, BOB),
            short(4, 3, "carl@example.com", "Carl"),
            short(5, 3, "dora@example.com"),
        ],
    ),
    "more cells": Case(
        PEOPLE + "a,b,c,d\na,b,c,,\n",
        [
            *rows(ANN, BOB),
            too_many(4, 3, 4, "a,b,c,d"),
            Good(5, ("a", "b", "c")),
        ],
    ),
    "one row with another delimiter": Case(
        PEOPLE + "carl@example.com;Carl;Bonn\n", [*rows(ANN, BOB), short(4, 3, "carl@example.com;Carl;Bonn")]
    ),
    "trailing delimiters": Case(PEOPLE.replace("\n", ",\n"), rows(ANN, BOB)),
    "trailing delimiters, a row without": Case(PEOPLE.replace("\n", ",,\n").replace("Oslo,,", "Oslo"), rows(ANN, BOB)),
    "trailing delimiters, with a value": Case(
        PEOPLE.replace("\n", ",\n").replace("Oslo,", "Oslo,x"),
        rows((*ANN, None), (*BOB, "x")),
        header=[*LABELS, "column_4"],
    ),
    # ---- bytes and line ends
    "old Mac": Case(PEOPLE.replace("\n", "\r"), rows(ANN, BOB)),
    "all line ends": Case(
        "email,name,city\r\nann@example.com,Ann,Rome\rbob@example.com,Bob,Oslo\ncarl@example.com,Carl,Bonn\r\n",
        rows(ANN, BOB, ("carl@example.com", "Carl", "Bonn")),
    ),
    "header ended by CR alone": Case(PEOPLE.replace("\n", "\r", 1), rows(ANN, BOB)),
    "NUL": Case(
        PEOPLE.replace("Ann", "A\0nn").replace("name", "na\0me"),
        rows(ANN, BOB),
        notes=("NUL characters were left out",),
    ),
    "Ctrl-Z": Case(PEOPLE + "\x1a", rows(ANN, BOB)),
    "Ctrl-Z and newlines": Case(PEOPLE.replace("\n", "\r\n") + "\x1a\r\n", rows(ANN, BOB)),
    "form feeds": Case(
        PEOPLE.replace("bob@", "\f\nbob@") + "\fcarl@example.com,C,B\n",
        [
            Good(2, ANN),
            Good(4, BOB),
            Good(5, ("carl@example.com", "C", "B")),
        ],
    ),
    "BOM inside": Case(("\ufeff" + PEOPLE) * 2, rows(ANN, BOB, tuple(LABELS), ANN, BOB)),
    "no newline at the end": Case(PEOPLE.rstrip("\n"), rows(ANN, BOB)),
    # ---- from a workbook
    "apostrophes of a workbook stay": Case(
        "email,name\nann@example.com,'=1+1\n",
        rows(("ann@example.com", "'=1+1")),
        header=["email", "name"],
        dialect=Dialect(","),
    ),
    "a workbook's delimiter is not guessed": Case("a;b\n1;2\n", rows(("1;2",)), header=["a;b"], dialect=Dialect(",")),
    "a workbook's preamble": Case(
        "Customers,,\n\n" + PEOPLE, rows(ANN, BOB, first=4), header_row=3, notes=(above(1, 1),), dialect=Dialect(",")
    ),
    "no file extension": Case(PEOPLE, rows(ANN, BOB), name="people list [1]"),
    "another file extension": Case(delimited(";"), rows(ANN, BOB), name="people.xlsx", delimiter=";"),
}


def write(folder: Path, case: Case) -> Path:
    path = folder / case.name
    path.write_bytes(case.text.encode() if isinstance(case.text, str) else case.text)
    return path


def staged_rows(path: Path, width: int) -> list[Good | Broken]:
    """Return what stands in the Parquet file, each row in one of its two shapes."""
    found: list[Good | Broken] = []
    for row in zip(*(column.to_pylist() for column in pq.read_table(path).columns), strict=True):
        number, cells, (code, message, text, warning) = row[0], row[1 : width + 1], row[width + 1 :]
        if code is None:
            assert (message, text) == (None, None)
            found.append(Good(number, cells, warning))
        else:
            assert set(cells) == {None}
            assert warning is None
            found.append(Broken(number, code, message, text))
    return found


def stage(con, path: Path, **how):
    target, scratch = path.parent / "rows.parquet", path.parent / "scratch"
    staged = stage_text(con, path, target, scratch=scratch, **how)
    assert list(scratch.iterdir()) == []
    return staged, staged_rows(target, len(staged.header))


@pytest.mark.parametrize("name", CASES)
def test_file(con, tmp_path, name):
    case = CASES[name]
    path = write(tmp_path, case)
    staged, found = stage(con, path, options=case.options, dialect=case.dialect)
    assert found == case.rows
    assert staged.header == case.header
    assert staged.row_count == len(found)
    assert staged.broken_count == sum(isinstance(row, Broken) for row in found)
    reading = staged.reading
    assert (reading.delimiter, reading.quote, reading.escape) == (case.delimiter, case.quote, case.escape)
    assert (reading.header_row, reading.notes) == (case.header_row, case.notes)
    described = describe_text(path, options=case.options, dialect=case.dialect)
    assert (described.header, described.dialect, described.reading) == (staged.header, staged.dialect, reading)


# ---- beyond the sample -----------------------------------------------------------------------------------


def many_people(count, first=1):
    return [(f"p{n}@example.com", f"Person {n}", "Rome") for n in range(first, first + count)]


def as_text(records):
    return "".join(",".join(record) + "\n" for record in records)


def test_a_table_far_below_is_left_out(con, tmp_path):
    people = many_people(20_000)
    path = tmp_path / "people.csv"
    products = [(f"A{n}", f"{n}.5") for n in range(500)]
    path.write_text("email,name,city\n" + as_text(people) + '\n"Our\nproducts"\nsku,price\n' + as_text(products))
    staged, found = stage(con, path)
    assert found == rows(*people)
    assert staged.reading.notes == (another(20_003, 20_504, "sku, price"),)
    assert describe_text(path).header == staged.header


def test_contacts_far_below_another_table(con, tmp_path):
    products = [(f"A{n}", f"{n}.5", "in stock", "x" * 20) for n in range(20_000)]
    text = (
        "Shop\n\nsku,price,state,note\n"
        + as_text(products)
        + "\nOur people\n"
        + PEOPLE
        + "\n"
        + as_text(many_people(3))
    )
    path = tmp_path / "all.csv"
    path.write_text(text + "\nday,visits\n2024-01-31,7\n")
    staged, found = stage(con, path)
    first = 20_003 + 2 + 2
    assert found == [*rows(ANN, BOB, first=first), *rows(*many_people(3), first=first + 3)]
    assert (staged.header, staged.reading.header_row) == (LABELS, first - 1)
    assert staged.reading.notes == (
        above(1, 1),
        another(3, 20_004, "sku, price, state, note"),
        above(first - 2, first - 2),
        another(first + 7, first + 8, "day, visits"),
    )


def test_blank_lines_everywhere_part_no_table(con, tmp_path):
    people = many_people(5_000)
    path = tmp_path / "people.csv"
    path.write_text("email,name,city\n\n" + as_text(people).replace("\n", "\n\n"))
    staged, found = stage(con, path)
    assert found == [Good(3 + 2 * at, person) for at, person in enumerate(people)]
    assert staged.reading.notes == ()


def test_trailing_delimiters_with_a_value_far_below(con, tmp_path):
    people = many_people(20_000)
    path = tmp_path / "people.csv"
    body = as_text(people).replace("\n", ",\n")
    for last, header in (("", LABELS), ("x", [*LABELS, "column_4"])):
        path.write_text("email,name,city,\n" + body + f"ann@example.com,Ann,Rome,{last}\n")
        staged, found = stage(con, path)
        rest = (None,) * (len(header) - 3)
        assert staged.header == header
        assert found == rows(*[(*person, *rest) for person in people], (*ANN, "x") if last else ANN)


def test_the_pieces_of_a_large_ragged_file_join_up(con, tmp_path, monkeypatch):
    monkeypatch.setattr(careful_staging, "PIECE_LINES", 1)
    lines, expected = ["Title", "", "email;name;city"], []
    for number in range(4, 9_000):
        if number % 5 == 0:
            lines.append("")
        elif number % 7 == 0:
            lines.append(f"p{number}@example.com;Person")
            expected.append(short(number, 3, f"p{number}@example.com", "Person"))
        elif number % 11 == 0:
            lines.append("a;b;c;d")
            expected.append(too_many(number, 3, 4, "a;b;c;d"))
        else:
            lines.append(f'p{number}@example.com;5" Person;Rome')
            expected.append(Good(number, (f"p{number}@example.com", '5" Person', "Rome")))
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines), newline="\r\n")
    assert stage(con, path, options=ReadingOptions(delimiter=";"))[1] == expected


# ---- limits and refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "how", "kind", "sentence"),
    [
        (PEOPLE, {"limits": Limits(rows=1)}, FileNotImportable, "people.csv has more than 1 data rows"),
        (PEOPLE + "\n", {"limits": Limits(rows=1)}, FileNotImportable, "people.csv has more than 1 data rows"),
        (PEOPLE, {"limits": Limits(columns=2)}, FileNotImportable, "people.csv has 3 columns; at most 2"),
        (
            PEOPLE,
            {"limits": Limits(cell_characters=4)},
            FileNotImportable,
            "people.csv: the header of column 1 is longer than 4 characters.",
        ),
        (
            PEOPLE,
            {"options": ReadingOptions(header=9)},
            FileNotImportable,
            "people.csv: row 9 was given as the header, but the last row is 3.",
        ),
        (
            "a,b\n\n1,2\n",
            {"options": ReadingOptions(header=2)},
            FileNotImportable,
            "people.csv: row 2 was given as the header, but it is blank.",
        ),
        ("email,name,,\n", {}, NoDataRows, "people.csv has a header but no data rows. Its columns are: email, name."),
        ("Title\n\nemail,name\n", {}, NoDataRows, "people.csv has a header but no data rows."),
        ("sep=;\n", {}, FileUnreadable, "people.csv is empty"),
        ("\0" * 50 + "a,b\n1,2\n", {}, FileUnreadable, "people.csv looks like UTF-16 text or binary data."),
        ("a,b\n1,2\n" + "\x03\x04\x05" * 20, {}, FileUnreadable, "people.csv looks like binary data."),
    ],
)
def test_refused(con, tmp_path, *, text, how, kind, sentence):
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(kind) as caught:
        stage(con, path, **how)
    assert str(caught.value).startswith(sentence)


def test_limits_of_cells_and_rows(con, tmp_path):
    limits = Limits(cell_characters=20, row_characters=50)
    cells = [("ä" * 20, "ö" * 20, "ü" * 8), ("a" * 21, "b", "c"), ("a" * 20, "b" * 20, "c" * 9), ("x", "y", "z")]
    path = tmp_path / "people.csv"
    path.write_text("email,name,city\n" + as_text(cells))
    _, found = stage(con, path, limits=limits)
    assert found == [
        Good(2, cells[0]),
        Broken(3, "cell_too_long", "A cell is longer than 20 characters.", ",".join(cells[1])),
        Broken(4, "row_too_long", "The row is longer than 50 characters.", ",".join(cells[2])),
        Good(5, cells[3]),
    ]


def test_the_limit_of_rows_is_kept_exactly(con, tmp_path):
    path = tmp_path / "people.csv"
    for text in (PEOPLE, PEOPLE.replace("\n", "\n\n")):
        path.write_text(text)
        assert stage(con, path, limits=Limits(rows=2))[0].row_count == 2


def test_a_thousand_columns(con, tmp_path):
    header = ["email", *(f"field {n}" for n in range(1_023))]
    path = tmp_path / "people.csv"
    path.write_text("Wide, and titled\n\n" + "\t".join(header) + "\n" + "\t".join(["a@example.com", *"x" * 1_023]))
    staged, found = stage(con, path)
    assert (staged.header, staged.reading.delimiter, staged.reading.header_row) == (header, "\t", 3)
    assert found == [Good(4, ("a@example.com", *"x" * 1_023))]


def test_a_first_line_beyond_the_sample(con, tmp_path, monkeypatch):
    monkeypatch.setattr(text_layout, "LAYOUT_BYTES", 10)
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    assert stage(con, path)[1] == rows(ANN, BOB)


def test_a_description_needs_no_rows(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("Title\n\nemail;name;\n")
    described = describe_text(path, file_name="x")
    assert (described.header, described.samples) == (["email", "name"], {"email": [], "name": []})
    assert (described.reading.delimiter, described.reading.header_row) == (";", 3)


# ---- what was read, before any mapping --------------------------------------------------------------------

AS_READ = {
    "regular": (PEOPLE, PEOPLE),
    "quotes as needed": (
        'email;note\n"ann@example.com";"a ""b"", c"\nbob@example.com;"x\ny"\n',
        'email,note\nann@example.com,"a ""b"", c"\nbob@example.com,"x\ny"\n',
    ),
    "no header": ("ann@example.com,Ann\n", "column_1,column_2\nann@example.com,Ann\n"),
    "broken rows": (
        'email;name\nann@example.com;"Ann;A";x\nbob@example.com\n"c;C" c;y\n',
        'email,name\nann@example.com,Ann;A,x\nbob@example.com,\n"""c","C"" c",y\n',
    ),
    "one column": ('email\nann@example.com\n""\n', 'email\nann@example.com\n""\n'),
}


@pytest.mark.parametrize("name", AS_READ)
def test_written_as_read(con, tmp_path, name):
    text, expected = AS_READ[name]
    path, target = tmp_path / "people.csv", tmp_path / "out.csv"
    path.write_text(text)
    staged, _ = stage(con, path)
    as_read.write_rows(con, tmp_path / "rows.parquet", staged, target)
    assert target.read_bytes().decode() == expected


def test_written_as_parquet(con, tmp_path):
    path, target = tmp_path / "people.csv", tmp_path / "out.parquet"
    path.write_text(PEOPLE + "a,b,c,d\n")
    staged, _ = stage(con, path)
    as_read.write_rows(con, tmp_path / "rows.parquet", staged, target, "parquet")
    table = pq.read_table(target)
    assert table.column_names == [*LABELS, "_text"]
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (*ANN, None),
        (*BOB, None),
        (None, None, None, "a,b,c,d"),
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_header_written_without_rows(con, tmp_path, kind):
    target = tmp_path / "out"
    as_read.write_header(con, ["a", 'b"c'], target, kind)
    if kind == "csv":
        assert target.read_text() == 'a,"b""c"\n'
    else:
        assert (pq.read_table(target).column_names, pq.read_table(target).num_rows) == (["a", 'b"c', "_text"], 0)
