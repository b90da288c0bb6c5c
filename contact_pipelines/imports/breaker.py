"""The circuit breaker: holds a feed's import for review if it is unlike the feed's earlier ones.

Nobody watches a feed's imports, so the plan is measured before anything is written, and compared with the feed's last
completed imports. Beyond a limit it waits for a person, with the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import duckdb

from contact_pipelines.files.duck import identifier
from contact_pipelines.imports.apply.write_contacts import count_outcomes
from contact_pipelines.settings.feed_settings import BreakerLimits

_MOST_COLUMNS = 5


@dataclass(frozen=True)
class Statistics:
    """What is compared: rows of the file, those that fail, those that update a contact, and the file's columns.

    `blank`: contact field or property -> share (0 to 1) of the valid rows without a value for it.
    """

    rows: int
    failed: int
    updated: int
    blank: Mapping[str, float]
    columns: tuple[str, ...]

    @property
    def error_share(self) -> float:
        """Failed rows, 0 to 1."""
        return self.failed / self.rows if self.rows else 0.0

    @property
    def updated_share(self) -> float:
        """Rows that change a contact, 0 to 1."""
        return self.updated / self.rows if self.rows else 0.0


def measure(con: duckdb.DuckDBPyConnection, changes: str, valid: str, columns: Sequence[str]) -> Statistics:
    """Measure a plan, given views of its changes and valid rows. `columns`: of the file."""
    counts = count_outcomes(con, changes)
    rows = con.view(valid)
    fields = [name for name in rows.columns if not name.startswith("_")]
    types = dict(zip(rows.columns, map(str, rows.types), strict=True))
    shares = ", ".join(f"coalesce(avg({_is_blank(field, types[field])}::INT), 0)" for field in fields)
    found = con.sql(f"SELECT {shares} FROM {identifier(valid)}").fetchall()[0] if fields else ()
    blank = {field: round(float(share), 4) for field, share in zip(fields, found, strict=True)}
    return Statistics(counts.total, counts.failed, counts.updated, blank, tuple(columns))


def reasons(now: Statistics, before: Sequence[Statistics], limits: BreakerLimits, *, freeze: bool) -> list[str]:
    """Return the reasons to hold an import, one sentence each.

    `before`: of the feed's last completed imports, latest first. `freeze`: the columns must be those of the latest.
    """
    found = list(_changed_columns(now, before[0])) if freeze and before else []
    if limits.enabled:
        found += _rows(now, before, limits)
        if now.rows >= limits.from_rows:
            found += _shares(now, before, limits)
            found += _blanks(now, before, limits)
    return found


def _changed_columns(now: Statistics, last: Statistics) -> Iterator[str]:
    new = [column for column in now.columns if column not in last.columns]
    gone = [column for column in last.columns if column not in now.columns]
    if new or gone:
        parts = [f"{what} {_listed(which)}" for what, which in (("new", new), ("gone", gone)) if which]
        yield f"The columns are not those of the last import: {'; '.join(parts)}."


def _rows(now: Statistics, before: Sequence[Statistics], limits: BreakerLimits) -> Iterator[str]:
    if limits.min_rows is not None and now.rows < limits.min_rows:
        yield f"The file has {_number(now.rows)}; at least {limits.min_rows:,} are expected."
    if limits.max_rows is not None and now.rows > limits.max_rows:
        yield f"The file has {_number(now.rows)}; at most {limits.max_rows:,} are expected."
    usual = median(past.rows for past in before) if before else 0.0
    if max(usual, now.rows) < limits.from_rows or not usual:
        return
    said = f"The file has {_number(now.rows)}; {_last(before)} had {usual:,.0f}"
    if limits.rows_drop is not None and now.rows < usual * (1 - limits.rows_drop):
        yield f"{said}, and at most {limits.rows_drop:.0%} of them may be missing."
    if limits.rows_growth is not None and now.rows > usual * limits.rows_growth:
        yield f"{said}, and at most {limits.rows_growth:g} times as many are expected."


def _shares(now: Statistics, before: Sequence[Statistics], limits: BreakerLimits) -> Iterator[str]:
    errors = [past.error_share for past in before]
    updates = [past.updated_share for past in before]
    yield from _share("of the rows fail", now.error_share, errors, limits.max_error_share, limits.error_share_rise)
    yield from _share(
        "of the rows change a contact", now.updated_share, updates, limits.max_updated_share, limits.updated_share_rise
    )


def _blanks(now: Statistics, before: Sequence[Statistics], limits: BreakerLimits) -> Iterator[str]:
    known = before[0].blank if before else {}
    for field in sorted({*now.blank, *known, *limits.max_blank_share}):
        share = now.blank.get(field, 1.0)  # a missing column counts as blank
        past = [one.blank[field] for one in before if field in one.blank]
        what = f"of the rows have no {field}"
        yield from _share(what, share, past, limits.max_blank_share.get(field), limits.blank_share_rise)


def _share(what: str, now: float, before: Sequence[float], most: float | None, rise: float | None) -> Iterator[str]:
    """Yield a sentence about a share that is above its limit, or has risen too far above its median."""
    if most is not None and now > most:
        yield f"{now:.1%} {what}; at most {most:.0%} may."
    elif rise is not None and before and now > median(before) + rise:
        yield f"{now:.1%} {what}; {_last(before)} had {median(before):.1%}, and {rise:.0%} more may."


def _last(before: Sequence[object]) -> str:
    return "the last import" if len(before) == 1 else f"the last {len(before)} imports (their median)"


def _number(rows: int) -> str:
    return f"{rows:,} row" + ("" if rows == 1 else "s")


def _listed(columns: Sequence[str]) -> str:
    named = ", ".join(map(repr, columns[:_MOST_COLUMNS]))
    more = len(columns) - _MOST_COLUMNS
    return f"{named} and {more} more" if more > 0 else named


def _is_blank(field: str, kind: str) -> str:
    column = identifier(field)
    return f"(len({column}) IS NULL OR len({column}) = 0)" if kind.endswith("[]") else f"({column} IS NULL)"
