"""Probable duplicates of an import, kept among its artifacts; nothing of an import without the option `fuzzy`."""

from __future__ import annotations

import json

import psycopg

from contact_pipelines.files.artifact_names import CHANGES, DUPLICATES_FILE, FUZZY
from contact_pipelines.imports.compare.fuzzy import resolving
from contact_pipelines.imports.compare.matching import Matching
from contact_pipelines.imports.session import ImportSession

TABLES = resolving.TABLES


def resolve(session: ImportSession, store: psycopg.Connection, its: Matching, source: str, *, missing: str) -> str:
    """Look for probable duplicates and handle them (see `fuzzy.resolving`); return the rows to be compared.

    What was found is kept as it was last found: whoever makes the plan anew finds it anew.
    """
    resolved = resolving.resolve(session.con, store, its, source, missing=missing)
    session.save(FUZZY, session.con.table(resolving.PROBABLE))
    with session.artifacts.writing(f"{FUZZY}.json") as path:
        path.write_text(json.dumps({"warnings": resolved.warnings}, ensure_ascii=False), encoding="utf-8")
    return resolved.source


def publish(session: ImportSession) -> None:
    """Write `duplicates.csv` of the plan as it stands: the rows found, whom they probably are, what was done."""
    if not _has_any(session):
        return
    session.load(CHANGES).create_view(CHANGES, replace=True)
    with session.artifacts.writing(DUPLICATES_FILE) as path:
        resolving.write_report(session.con, session.load(FUZZY), CHANGES, path)


def warnings(session: ImportSession) -> list[str]:
    """Return what people are told of the search; counts and row numbers only."""
    if not _has_any(session):
        return []
    kept = json.loads(session.artifacts.reading(f"{FUZZY}.json").read_text(encoding="utf-8"))
    return list(kept["warnings"])


def count_duplicates(session: ImportSession) -> int | None:
    """Return how many rows are probably a contact or another row; None if that was not looked for."""
    if not _has_any(session):
        return None
    return int(session.load(FUZZY).aggregate("count(DISTINCT _row)").fetchall()[0][0])


def _has_any(session: ImportSession) -> bool:
    return session.record.options.fuzzy is not None and session.artifacts.exists(f"{FUZZY}.json")
