"""Finding a person in the files that imports left behind, whatever they are called there.

Looked for are, in any cell of any file, their addresses and the ids of their contacts, which a plan, its review, the
contact events and the report of a rollback name; and their phones and external ids in the columns of that name. Rather
a file too many than the person in one that stays: a longer address that ends alike counts too.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contact_pipelines.contacts.erased_rows import Person
from contact_pipelines.files import duck
from contact_pipelines.files.artifact_names import COMPARED, MAPPED, REPORT, SOURCE, STAGED
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.duck import ROW, file_literal, identifier, literal

WITHOUT_ROWS = frozenset((REPORT,))
"""Artifacts that hold no rows of the file: counts and column headers only. All others do, whatever they are."""

SHORTEST_PHONE = 7
"""Digits of a cell that is compared with the end of a phone number: a subscriber's number without its area code."""

_NOT_SEARCHED = frozenset((SOURCE, COMPARED)) | WITHOUT_ROWS
"""The source is searched as it was read (`staged_rows`): it may be packed, or in any encoding."""
_BLOCK = 1 << 20  # bytes read at once
_WITHOUT_TEXT = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN", "DATE", "TIME")


def is_searchable(names: Sequence[str]) -> bool:
    """Say whether an import with these files was read to its end, so that its rows can be looked into."""
    return f"{STAGED}.parquet" in names


def holds(con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, names: Sequence[str], person: Person) -> bool:
    """Say whether one of an import's files, given by their names, holds the person."""
    for name in sorted(set(names) - _NOT_SEARCHED):
        found = _in_parquet if name.endswith(".parquet") else _in_text
        if found(con, artifacts, name, person):
            return True
    return False


def rows_of(
    con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, names: Sequence[str], person: Person
) -> list[int]:
    """Return the numbers of the rows that are the person's by their address or, where they have none, external id."""
    if f"{MAPPED}.parquet" not in names:
        return []
    columns = _columns(con, artifacts, f"{MAPPED}.parquet")
    email = "lower(trim(email))" if "email" in columns else "NULL"
    conditions = []
    if "email" in columns and person.addresses:
        conditions.append(f"{email} IN ({_list(person.addresses)})")
    if "external_id" in columns and person.external_ids:
        conditions.append(f"(coalesce({email}, '') = '' AND trim(external_id) IN ({_list(person.external_ids)}))")
    if not conditions:
        return []
    table = _table(artifacts, f"{MAPPED}.parquet")
    return [number for (number,) in con.sql(f"SELECT {ROW} FROM {table} WHERE {' OR '.join(conditions)}").fetchall()]


def _in_parquet(con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, name: str, person: Person) -> bool:
    columns = _columns(con, artifacts, name)
    texts = [identifier(column) for column, kind in columns.items() if not kind.startswith(_WITHOUT_TEXT)]
    if len(texts) > duck.WIDE:
        duck.make_room(con)
    conditions = _recognised(columns, person)
    needles = _needles(person)
    if texts and needles:
        text = f"lower(concat_ws(' ', {', '.join(f'CAST({column} AS VARCHAR)' for column in texts)}))"
        conditions += [f"contains({text}, {literal(needle)})" for needle in needles]
    if not conditions:
        return False
    query = f"SELECT EXISTS (FROM {_table(artifacts, name)} WHERE {' OR '.join(conditions)})"
    return bool(con.sql(query).fetchall()[0][0])


def _in_text(_: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, name: str, person: Person) -> bool:
    """Look through a file of text, block by block; each is searched with the end of the one before."""
    needles = [needle.encode() for needle in _needles(person)]
    overlap = max((len(needle) for needle in needles), default=0)
    before = b""
    with artifacts.reading(name).open("rb") as file:
        while block := file.read(_BLOCK):
            text = (before + block).lower()  # of ASCII letters; the rows with others are found in `staged_rows`
            if any(needle in text for needle in needles):
                return True
            before = text[-overlap:]
    return False


def _needles(person: Person) -> list[str]:
    return [*person.addresses, *(str(contact_id) for contact_id in person.contact_ids)]


def _recognised(columns: dict[str, str], person: Person) -> list[str]:
    conditions = []
    if columns.get("phone") == "VARCHAR" and person.phones:
        # Written nationally, a number lacks its country code and may begin with a zero.
        digits = r"ltrim(regexp_replace(phone, '[^0-9]', '', 'g'), '0')"
        conditions += [
            f"(length({digits}) >= {SHORTEST_PHONE} AND ends_with({literal(phone)}, {digits}))"
            for phone in person.phones
        ]
    if columns.get("external_id") == "VARCHAR" and person.external_ids:
        conditions.append(f"trim(external_id) IN ({_list(person.external_ids)})")
    return conditions


def _list(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)


def _columns(con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, name: str) -> dict[str, str]:
    relation = con.sql(f"FROM {_table(artifacts, name)}")
    return dict(zip(relation.columns, (str(kind) for kind in relation.types), strict=True))


def _table(artifacts: ArtifactFolder, name: str) -> str:
    return f"read_parquet({file_literal(artifacts.reading(name))})"
