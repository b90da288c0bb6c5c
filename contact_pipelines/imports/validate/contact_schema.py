"""The Pandera schema of the typed rows, built from fields, properties and the settings' rules.

Each check's `error` is its code (see `outcomes`), its `description` the sentence, in which `{column}` stands for the
column as the file heads it: the `title` of the check or else of its column. Where the severity of a code is another
than `outcomes` says, it is in the column's `metadata`.

What a rule needs is in the typed rows, but for patterns: RE2 tests those, in DuckDB, since Polars' engine takes other
texts for digits and letters. Such a column has its SQL in `metadata`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from contact_pipelines.files.duck import ROW, identifier, literal
from contact_pipelines.imports.validate import consent
from contact_pipelines.imports.validate.normalising import COMPANY_LENGTH, GIVEN, UNREADABLE
from contact_pipelines.models import PROPERTY_PREFIX, Consent, MatchKey, PropertyDefinition, Severity
from contact_pipelines.outcomes import sentence
from contact_pipelines.property_types import PROPERTY_TYPES
from contact_pipelines.settings.policy import FieldRules

FORM = "_form."
"""Prefix of the columns that say whether a value has the form of its pattern."""

TYPES: dict[str, Any] = {
    "lead_score": pl.Int32,
    "tags": pl.List(pl.String),
    "created_at": pl.Datetime("us", "UTC"),
    "updated_at": pl.Datetime("us", "UTC"),
}
"""Contact fields that are not text. A property is text, in its store's spelling, whatever its type."""

READABLE = ("id", "email", "phone", "lead_score", "created_at", "updated_at")
"""Contact fields whose text can be unreadable, and then has no value."""

LEAD_SCORES = (0, 100)
MAX_LENGTH = {"email": 254, "phone": 16, "external_id": 255, "first_name": 200, "last_name": 200}
"""In characters, unless the settings say otherwise. 254: RFC 5321's path without brackets; 16: E.164 with its plus."""
_FIXED_LENGTH = ("email", "phone")
"""Fields whose maximum length the settings cannot raise."""

_UNKNOWN_CONSENT = {Consent.WORD: "invalid_status", Consent.OPT_OUT: "invalid_status.opt_out",
                    Consent.OPT_IN: "invalid_status.opt_in"}  # fmt: skip
Columns = dict[str, pa.Column]


def contact_schema(
    fields: Sequence[str],
    properties: Mapping[str, PropertyDefinition],
    headers: Mapping[str, str],
    rules: Mapping[str, FieldRules],
    match_on: Sequence[MatchKey],
) -> pa.DataFrameSchema:
    """Return the schema of rows with these fields.

    `headers`: the file's column for each field (and each consent column); `rules`: the settings' rules by contact
    field; a row needs one of the keys `match_on`.
    """
    columns: Columns = {ROW: pa.Column(pl.Int32)}
    for name in fields:
        header = headers.get(name, name)
        if name.startswith(PROPERTY_PREFIX):
            columns |= _property_columns(name, header, properties[name.removeprefix(PROPERTY_PREFIX)])
        elif name == consent.STATUS:
            columns[name] = pa.Column(pl.String, nullable=True, title=header)
        else:
            columns |= _contact_columns(name, header, rules.get(name, FieldRules()), is_key=name in match_on)
    _require_key(columns, [key for key in match_on if key in fields], headers)
    for column, header in headers.items():
        if kind := consent.kind_of(column):
            known = _check(_UNKNOWN_CONSENT[kind], pa.Check.equal_to, False)  # noqa: FBT003
            columns[UNREADABLE + column] = pa.Column(pl.Boolean, known, title=header)
    return pa.DataFrameSchema(columns, strict=True)


def _contact_columns(name: str, header: str, rules: FieldRules, *, is_key: bool) -> Columns:
    checks = []
    if name in READABLE:
        other = ".country_code" if rules.country_code_required else ""
        checks.append(_readable(f"invalid_{name}{other}"))
    if name == "company":
        checks += _company_length(rules)
    readable = bool(checks)
    if name == "lead_score":
        low, high = LEAD_SCORES
        checks.append(_check("out_of_range", pa.Check.in_range, low, high, parts={"low": low, "high": high}))
    checks += _lengths(name, rules)
    # Without its phone a contact can still be told apart, unless that is what recognises it.
    severities = {"invalid_phone": Severity.ERROR} if name == MatchKey.PHONE and is_key else {}
    column = pa.Column(
        TYPES.get(name, pl.String), checks, nullable=True, title=header, metadata={"severities": severities}
    )
    return _columns(name, column, readable=readable, pattern=rules.pattern)


def _property_columns(name: str, header: str, rules: PropertyDefinition) -> Columns:
    checks = []
    its = PROPERTY_TYPES[rules.type]
    if its.can_be_unreadable:
        checks.append(_readable(f"invalid_{rules.type}"))
    if its.max_length is not None:
        checks.append(_at_most(its.max_length))
    checks += _bounds(rules)
    if rules.options and its.is_list:
        option = "|".join(re.escape(json.dumps(option, ensure_ascii=False)) for option in rules.options)
        array = rf"^\[(?:{option})(?:, (?:{option}))*\]$"
        checks.append(_check("not_an_option.item", pa.Check.str_matches, array))
    elif rules.options:
        checks.append(_check("not_an_option", pa.Check.isin, list(rules.options)))
    column = pa.Column(pl.String, checks, nullable=True, title=header)
    return _columns(name, column, readable=its.can_be_unreadable, pattern=rules.pattern)


def _columns(
    name: str,
    column: pa.Column,
    *,
    readable: bool = False,
    pattern: str | None = None,
) -> Columns:
    """Return a field's column with those that its checks look at besides."""
    columns = {name: column}
    if readable:
        columns[GIVEN + name] = pa.Column(pl.Boolean)
    if pattern is not None:
        sql = f"regexp_full_match({identifier(name)}, {literal(pattern)})"
        form = _check("pattern", pa.Check.equal_to, True)  # noqa: FBT003
        columns[FORM + name] = pa.Column(pl.Boolean, form, nullable=True, title=column.title, metadata={"sql": sql})
    return columns


def _require_key(columns: Columns, keys: Sequence[MatchKey], headers: Mapping[str, str]) -> None:
    """Reject rows without any key. An unreadable key counts: its own check reports it."""
    if not keys:
        return
    given = [pl.col(key).is_not_null() if key is MatchKey.EXTERNAL_ID else pl.col(GIVEN + key) for key in keys]
    header = ", ".join(headers.get(key, key) for key in keys)
    code = "missing_email" if list(keys) == [MatchKey.EMAIL] else "missing_match_key"
    if len(keys) > 1:
        code += ".several"
    first = columns[keys[0]]
    first.checks = [*first.checks, _where(code, lambda _: pl.any_horizontal(given), title=header)]


def _lengths(name: str, rules: FieldRules) -> list[pa.Check]:
    shortest, longest = rules.min_length, rules.max_length
    if longest is None or name in _FIXED_LENGTH:
        longest = min(filter(None, (longest, MAX_LENGTH.get(name))), default=None)
    checks = []
    if shortest:
        checks.append(_check("too_short", pa.Check.str_length, shortest, None, parts={"characters": shortest}))
    if longest is not None:
        checks.append(_at_most(longest))
    return checks


def _at_most(characters: int) -> pa.Check:
    return _check("too_long", pa.Check.str_length, None, characters, parts={"characters": characters})


def _company_length(rules: FieldRules) -> list[pa.Check]:
    bounds = [f"fewer than {COMPANY_LENGTH[0]}"] if rules.min_length is None else []
    bounds += [f"more than {COMPANY_LENGTH[1]}"] if rules.max_length is None else []
    return [_readable("invalid_company", bounds=" or ".join(bounds))] if bounds else []


def _bounds(rules: PropertyDefinition) -> list[pa.Check]:
    checks = []
    if (least := rules.min) is not None:
        checks.append(_where("too_low", lambda name: pl.col(name).cast(pl.Float64) >= least, least=f"{least:g}"))
    if (most := rules.max) is not None:
        checks.append(_where("too_high", lambda name: pl.col(name).cast(pl.Float64) <= most, most=f"{most:g}"))
    return checks


def _readable(code: str, **parts: str) -> pa.Check:
    """Where there was text, there is a value."""
    return _where(code, lambda name: pl.col(name).is_not_null() | ~pl.col(GIVEN + name), **parts)


def _where(code: str, condition: Callable[[str], pl.Expr], *, title: str | None = None, **parts: str) -> pa.Check:
    """Return a check of our own: a condition on the column of this name, and on others if need be."""

    def holds(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(condition(data.key))

    return _check(code, pa.Check, holds, parts=parts, title=title)


def _check(
    code: str,
    check: Callable[..., pa.Check],
    *args: object,
    parts: Mapping[str, object] | None = None,
    title: str | None = None,
) -> pa.Check:
    told = sentence(code, **{"column": "{column}", "columns": "{column}", **(parts or {})})
    return check(*args, error=code.partition(".")[0], description=told, title=title)
