"""The rule book of an import: what its typed rows are checked against, built from field and property definitions.

An error rejects the row, a warning only drops the value. Each fault has a stable code and a sentence, which names the
column as the file heads it, never the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contact_pipelines.files.duck import identifier, literal
from contact_pipelines.imports.validate import consent
from contact_pipelines.imports.validate.field_rules import check_field_rules
from contact_pipelines.imports.validate.normalising import COMPANY_LENGTH, GIVEN, UNREADABLE
from contact_pipelines.models import PROPERTY_PREFIX, Consent, MatchKey, PropertyDefinition, PropertyType, Severity
from contact_pipelines.property_types import PROPERTY_TYPES
from contact_pipelines.settings.policy import FieldRules

INVALID, MISSING, NUMBER, FORM = "_invalid.", "_missing.", "_number.", "_form."
"""Prefixes of columns that exist for a check only: "unreadable", "blank", a number, "has the form of the pattern"."""

MAX_LENGTH = {
    "email": 254,
    "phone": 16,
    "external_id": 255,
    "first_name": 200,
    "last_name": 200,
}
"""Characters, unless the house says otherwise. 254: RFC 5321 path limit less the brackets; 16: E.164 with its plus;
the others are ours."""
LEAD_SCORE_RANGE = (0, 100)

_UNSURE_DATE = (
    "is not a date that can be read for sure; write it as 2026-11-20, or say how dates are written (date_format)"
)
_WHAT_IT_IS_NOT = {
    "email": "is not a valid email address",
    "phone": "is not a valid phone number; write it with its country code (+1 415 555 2671) or give a default country",
    "id": "is not the id of a contact, a UUID",
    "lead_score": "is not a whole number",
    "created_at": _UNSURE_DATE,
    "updated_at": _UNSURE_DATE,
    PropertyType.NUMBER: "is not a number",
    PropertyType.DATE: _UNSURE_DATE,
    PropertyType.BOOLEAN: "is neither yes nor no",
    PropertyType.MULTI_SELECT: "is not a list of options",
}
_LENIENT = ("phone", "created_at", "updated_at")
"""The value is left out and the row is kept, unless the field is a match key: the contact can still be told apart."""

_FIXED_LENGTH = ("email", "phone")
"""Fields whose longest length is not the house's to raise."""

_UNKNOWN_CONSENT = {
    Consent.WORD: "is not a known status; use subscribed, unsubscribed, bounced or complained",
    Consent.OPT_OUT: "is neither yes nor no, nor a date, nor a known word of consent",
    Consent.OPT_IN: "is neither yes nor no, nor a known word of consent",
}
_NO_COUNTRY_CODE = "is not a valid phone number with its country code, which is required here (+1 415 555 2671)"


@dataclass
class RuleBook:
    """What a batch is checked against, and how each fault is told."""

    checks: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)  # column -> Pandera check arguments
    sql: dict[str, str] = field(default_factory=dict)  # column that exists for a check only -> its SQL
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)  # (column, code) -> how it is told

    def add(self, fault: Fault, column: str, check: str, *args: object, sql: str | None = None) -> None:
        """Add a check of Pandera by its name (`equal_to`, `in_range`...) on a typed column, or on `sql` of them."""
        self.checks.setdefault(column, []).append((check, fault.code, *args))
        self.faults[column, fault.code] = fault
        if sql is not None:
            self.sql[column] = sql

    def forbid(self, fault: Fault, column: str, sql: str) -> None:
        """Add the fault of the rows for which `sql`, a condition, is true."""
        self.add(fault, column, "equal_to", False, sql=sql)  # noqa: FBT003


@dataclass(frozen=True)
class Fault:
    """One way for a value to be wrong: the column's header, a stable code, the rest of the sentence."""

    header: str
    code: str
    text: str
    severity: Severity = Severity.ERROR

    @property
    def message(self) -> str:
        """The whole sentence."""
        return f"{self.header} {self.text}"


def rule_book(
    fields: Sequence[str],
    properties: Mapping[str, PropertyDefinition],
    headers: Mapping[str, str],
    rules: Mapping[str, FieldRules] | None = None,
    *,
    match_on: Sequence[MatchKey] = (MatchKey.EMAIL,),
) -> RuleBook:
    """Collect the rules for these fields.

    `headers` says which column of the file each field (and each text column of consent) comes from; `rules` are the
    house's rules by contact field; a row needs one of the keys `match_on`. Raises InvalidOption for rules that cannot
    be kept.
    """
    own = rules or {}
    check_field_rules(own)
    book = RuleBook()
    for name in fields:
        header = headers.get(name, name)
        if name.startswith(PROPERTY_PREFIX):
            _property_rules(book, name, header, properties[name.removeprefix(PROPERTY_PREFIX)])
        elif name != consent.STATUS:
            lenient = name in _LENIENT and name not in match_on
            _contact_rules(book, name, header, own.get(name, FieldRules()), lenient=lenient)
    _key_rule(book, [key for key in match_on if key in fields], headers)
    _consent_rules(book, headers)
    return book


def _contact_rules(book: RuleBook, name: str, header: str, rules: FieldRules, *, lenient: bool) -> None:
    if name == "company":
        _company_rules(book, name, header, rules)
    elif name in _WHAT_IT_IS_NOT:
        text = _NO_COUNTRY_CODE if rules.country_code_required else _WHAT_IT_IS_NOT[name]
        severity = Severity.WARNING if lenient else Severity.ERROR
        book.forbid(Fault(header, f"invalid_{name}", text, severity), INVALID + name, _unreadable(name))
    if name == "lead_score":
        low, high = LEAD_SCORE_RANGE
        book.add(Fault(header, "out_of_range", f"is not between {low} and {high}"), name, "in_range", low, high)
    _length_rules(book, name, header, rules)
    if rules.pattern is not None:
        _pattern_rule(book, name, header, rules.pattern)


def _key_rule(book: RuleBook, keys: Sequence[MatchKey], headers: Mapping[str, str]) -> None:
    """Reject the rows that have no key at all. An unreadable key is one: it is told as such."""
    if not keys:
        return
    absent = [
        f"{identifier(key)} IS NULL" if key is MatchKey.EXTERNAL_ID else f"NOT {identifier(GIVEN + key)}"
        for key in keys
    ]
    columns = ", ".join(headers.get(key, key) for key in keys)
    code = "missing_email" if list(keys) == [MatchKey.EMAIL] else "missing_match_key"
    text = "is empty" if len(keys) == 1 else "are all empty, and contacts are recognised by them"
    book.forbid(Fault(columns, code, text), MISSING + keys[0], f"({' AND '.join(absent)})")


def _length_rules(book: RuleBook, name: str, header: str, rules: FieldRules) -> None:
    shortest, longest = rules.min_length, rules.max_length
    if longest is None or name in _FIXED_LENGTH:
        longest = min(filter(None, (longest, MAX_LENGTH.get(name))), default=None)
    if shortest:
        fault = Fault(header, "too_short", f"has fewer than {shortest} characters")
        book.add(fault, name, "str_length", shortest, None)
    if longest is not None:
        fault = Fault(header, "too_long", f"has more than {longest} characters")
        book.add(fault, name, "str_length", None, longest)


def _company_rules(book: RuleBook, name: str, header: str, rules: FieldRules) -> None:
    shortest = COMPANY_LENGTH[0] if rules.min_length is None else None
    longest = COMPANY_LENGTH[1] if rules.max_length is None else None
    if shortest is None and longest is None:
        return
    bounds = [f"fewer than {shortest}"] if shortest else []
    bounds += [f"more than {longest}"] if longest else []
    text = f"has {' or '.join(bounds)} characters and was left out"
    book.forbid(Fault(header, "invalid_company", text, Severity.WARNING), INVALID + name, _unreadable(name))


def _consent_rules(book: RuleBook, headers: Mapping[str, str]) -> None:
    for column, header in headers.items():
        kind = consent.kind_of(column)
        if kind is not None:
            fault = Fault(header, "invalid_status", _UNKNOWN_CONSENT[kind])
            book.forbid(fault, UNREADABLE + column, identifier(UNREADABLE + column))


def _property_rules(book: RuleBook, name: str, header: str, rules: PropertyDefinition) -> None:
    its = PROPERTY_TYPES[rules.type]
    if its.can_be_unreadable:
        book.forbid(
            Fault(header, f"invalid_{rules.type}", _WHAT_IT_IS_NOT[rules.type]), INVALID + name, _unreadable(name)
        )
    if its.max_length is not None:
        text = f"has more than {its.max_length} characters"
        book.add(Fault(header, "too_long", text), name, "str_length", None, its.max_length)
    number = f"CAST({identifier(name)} AS DOUBLE)"
    if rules.min is not None:
        book.add(Fault(header, "too_low", f"is below {rules.min:g}"), NUMBER + name, "ge", rules.min, sql=number)
    if rules.max is not None:
        book.add(Fault(header, "too_high", f"is above {rules.max:g}"), NUMBER + name, "le", rules.max, sql=number)
    if rules.pattern is not None:
        _pattern_rule(book, name, header, rules.pattern)
    if rules.options:
        _option_rules(book, name, header, rules)


def _option_rules(book: RuleBook, name: str, header: str, rules: PropertyDefinition) -> None:
    if not PROPERTY_TYPES[rules.type].is_list:
        fault = Fault(header, "not_an_option", "is not one of the property's options")
        book.add(fault, name, "isin", list(rules.options))
    else:
        item = "|".join(re.escape(json.dumps(option, ensure_ascii=False)) for option in rules.options)
        fault = Fault(header, "not_an_option", "has a value that is not one of the property's options")
        book.add(fault, name, "str_matches", rf"^\[(?:{item})(?:, (?:{item}))*\]$")


def _pattern_rule(book: RuleBook, name: str, header: str, pattern: str) -> None:
    # DuckDB's own engine (RE2) tests it: Polars' is another one, whose \d takes more than ASCII's digits.
    other = f"NOT regexp_full_match({identifier(name)}, {literal(pattern)})"
    book.forbid(Fault(header, "pattern", "does not have the required form"), FORM + name, f"({other})")


def _unreadable(name: str) -> str:
    return f"({identifier(GIVEN + name)} AND {identifier(name)} IS NULL)"
