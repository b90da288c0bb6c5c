"""Phone numbers: validity and E.164 form (`+4930123456`).

`normalise_phone` is the rule, and it is the library's (phonenumbers, Google's libphonenumber).
`phone_fast_path` is the same rule as an SQL query for numbers in the usual spellings, some fifty times
faster. It follows `phonenumbers.parse` and `is_valid_number` step by step and gives up (NULL) where a step is
not plain: letters, extensions, prefixes that transform the number. Whatever it leaves open, the rule decides;
tests/test_phones.py holds the two together on every region's and type's numbers.
"""

from __future__ import annotations

import re

import duckdb
import phonenumbers

from contact_pipelines.files import duck
from contact_pipelines.imports.validate import distinct_texts, phone_plan

_SEPARATORS = " -./()\u00a0\u2011\u2013"
"""Characters between digits that the library ignores too: space, hyphen, dot, slash, brackets, no-break
space, no-break hyphen, en dash. It ignores more; these are the ones that occur."""

FEW_TEXTS = 5_000
"""Distinct texts up to which the library alone is faster: DuckDB takes a tenth of a second and more to compile the
patterns of all countries, in which the library decides as many."""

_LONGEST_TEXT = 250
"""Characters beyond which phonenumbers refuses to parse (`_MAX_INPUT_STRING_LENGTH`)."""


def normalise_phone(text: str, country: str | None, *, abroad_only: bool = False) -> str | None:
    """Return the number in E.164, or None if `text` is not a valid number in `country` (`US`, `DE`...).

    Without a country only numbers that begin with + can be read. `abroad_only` ignores the country: only numbers that
    begin with + or 00 are read. Extensions are dropped, since E.164 has none: `+1 650 253 0000 ext. 5`.
    """
    if abroad_only:
        text, country = re.sub(r"^\s*00", "+", text), None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_fast_path(texts_sql: str, country: str | None, *, abroad_only: bool = False) -> str:
    """Return a query of `raw` and `kept`: the E.164 number that `raw` plainly is, else NULL (undecided).

    The rows come in no particular order. `texts_sql` is a query of one column `raw` (VARCHAR); `country` a
    region that phonenumbers knows, in upper case, or None. This is a query, not an expression, because its
    steps use each other's results, and DuckDB has no cheap way to name one inside an expression: a lambda
    compiles the patterns again for every 2,048 rows, a scalar subquery becomes a self-join. `MATERIALIZED` keeps DuckDB
    from inlining the steps, which would compute each of them several times.
    """
    local = "NULL" if country is None else _from_local("digits", country)
    if abroad_only:
        local = f"CASE WHEN starts_with(digits, '00') THEN {_from_abroad('digits[3:]')} END"
    number = f"CASE WHEN starts_with(digits, '+') THEN {_from_abroad('digits[2:]')} ELSE {local} END"
    return (
        f"WITH stripped AS MATERIALIZED (SELECT raw, {_digits('raw')} AS digits FROM ({texts_sql})),"
        f" read AS MATERIALIZED (SELECT raw, {number} AS number FROM stripped),"
        f" keyed AS MATERIALIZED (SELECT raw, number, {_key('number')} AS key FROM read)"
        f" SELECT raw, CASE WHEN {_valid('number', 'key')} THEN '+' || number END AS kept FROM keyed"
    )


def phone_column(
    con: duckdb.DuckDBPyConnection, source: str, column: str, country: str | None, *, abroad_only: bool = False
) -> distinct_texts.JoinedColumn:
    """Return the E.164 numbers of a text column of `source` (a table or view of `con`), as read in `country`.

    With `abroad_only` numbers need a country code (see `normalise_phone`). Each distinct text is parsed once and kept
    in a temporary table: by the library, about 25 µs each, if there are few; otherwise by the fast path, a second for a
    million, which leaves the rest to the library.
    """

    def decide(text: str) -> tuple[str | None]:
        return (normalise_phone(text, country, abroad_only=abroad_only),)

    text = distinct_texts.qualified(source, column)
    plain, texts = distinct_texts.new_table_name(), distinct_texts.new_table_name()
    con.execute(
        f"CREATE TEMP TABLE {texts} AS SELECT DISTINCT {text} AS raw FROM {duck.identifier(source)}"
        f" WHERE {text} IS NOT NULL"
    )
    decided = f"SELECT raw, CAST(NULL AS VARCHAR) AS kept FROM {texts}"
    if con.table(texts).shape[0] > FEW_TEXTS:
        decided = phone_fast_path(f"FROM {texts}", country, abroad_only=abroad_only)
    con.execute(f"CREATE TEMP TABLE {plain} AS {decided}")
    con.execute(f"DROP TABLE {texts}")
    decided_by_library = distinct_texts.decide_distinct(
        con, plain, "raw", undecided=f"{plain}.kept IS NULL", decide=decide, parts=("kept",)
    )
    con.execute(f"DELETE FROM {plain} WHERE kept IS NULL")
    if decided_by_library:
        con.execute(f"INSERT INTO {plain} SELECT raw, kept FROM {decided_by_library}")
        con.execute(f"DROP TABLE {decided_by_library}")
    return distinct_texts.JoinedColumn(f"{plain}.kept", distinct_texts.join_clause(plain, source, column))


def _digits(text_sql: str) -> str:
    return (
        f"CASE WHEN length({text_sql}) <= {_LONGEST_TEXT}"
        f" THEN translate({text_sql}, {duck.literal(_SEPARATORS)}, '') END"
    )


def _begins(text_sql: str, pattern: str) -> str:
    return f"regexp_matches({text_sql}, {duck.literal(f'^(?:{pattern})')})"


def _fits(text_sql: str, pattern: str) -> str:
    return f"regexp_full_match({text_sql}, {duck.literal(pattern)})"


def _key(number_sql: str) -> str:
    """Return SQL: what the patterns of `phone_plan` are tested with, for calling code and national number."""
    marks = phone_plan.region_marks()
    choices = " ".join(f"WHEN {_begins(number_sql, digits)} THEN '{mark}'" for digits, mark in marks.items())
    mark = f"CASE WHEN {_begins(number_sql, '|'.join(marks))} THEN CASE {choices} END ELSE '' END"
    return f"{mark} || {phone_plan.length_letter_sql(number_sql)} || {number_sql}"


def _valid(number_sql: str, key_sql: str) -> str:
    """Return an SQL condition: as `phonenumbers.is_valid_number`, the number fits its region's plan."""
    zones = " ".join(
        f"WHEN '{zone}' THEN {_fits(key_sql, pattern)}" for zone, pattern in phone_plan.zone_patterns().items()
    )
    return f"{_fits(key_sql, phone_plan.possible_pattern())} AND CASE {number_sql}[1] {zones} END"


def _from_abroad(number_sql: str) -> str:
    """Return SQL: calling code and national number of what follows a + or 00, without a national prefix."""
    cases = [f"WHEN NOT {_begins(number_sql, phone_plan.prefixed_pattern())} THEN {number_sql}"]
    for prefix, codes in phone_plan.calling_codes_by_plain_prefix().items():
        for length in sorted({len(code) for code in codes}, reverse=True):
            same_length = "|".join(code for code in codes if len(code) == length)
            rest = f"{number_sql}[{length + len(prefix) + 1}:]"
            cases.append(
                f"WHEN {_begins(number_sql, f'(?:{same_length}){prefix}')} THEN {number_sql}[:{length}] || {rest}"
            )
    return f"CASE {' '.join(cases)} END"


def _from_local(digits_sql: str, country: str) -> str:
    """Return SQL: calling code and national number of digits dialled in `country`."""
    metadata = phone_plan.plan(phonenumbers.country_code_for_region(country), country)
    abroad = metadata.international_prefix or ""
    national = _national(digits_sql, country)
    if not abroad:
        return national
    # As in phonenumbers: a 0 after the international prefix makes it none; that odd case is left open.
    outward = "NULL"
    if re.fullmatch(r"\d+", abroad):
        rest = f"{digits_sql}[{len(abroad) + 1}:]"
        outward = f"CASE WHEN NOT starts_with({rest}, '0') THEN {_from_abroad(rest)} END"
    return f"CASE WHEN {_begins(digits_sql, abroad)} THEN {outward} ELSE {national} END"


def _national(digits_sql: str, country: str) -> str:
    """Return SQL: the same for digits that do not begin with the international prefix.

    Digits that begin with the country's own calling code are either a number written without its + or a
    national one that happens to begin so. As in phonenumbers, what fits the country's plan as it stands is
    national; what fits only without the calling code is not.
    """
    metadata = phone_plan.plan(phonenumbers.country_code_for_region(country), country)
    code = str(metadata.country_code)
    general = phone_plan.general_description(metadata)
    prefix = phone_plan.plain_national_prefix(metadata)
    lengths = ", ".join(str(length) for length in general.possible_length)
    any_prefix = metadata.national_prefix_for_parsing

    def viable(text_sql: str) -> str:
        return _fits(text_sql, general.national_number_pattern or "")

    def unprefixed(text_sql: str) -> str:
        return f"NOT {_begins(text_sql, any_prefix)}" if any_prefix else "true"

    after_code = f"{digits_sql}[{len(code) + 1}:]"
    after_prefix = f"{digits_sql}[{len(prefix or '') + 1}:]"
    own_code = f"starts_with({digits_sql}, '{code}')"
    without_plus = (
        f"{viable(after_code)} AND {unprefixed(after_code)}"
        f" AND NOT {_begins(digits_sql, phone_plan.prefixed_pattern())}"
    )
    cases = [
        f"WHEN {own_code} AND NOT {viable(digits_sql)} THEN CASE WHEN {without_plus} THEN {digits_sql} END",
        f"WHEN {own_code} AND length({digits_sql}) NOT IN ({lengths}) THEN NULL",
        f"WHEN {unprefixed(digits_sql)} THEN '{code}' || {digits_sql}",
    ]
    if prefix:
        cases.append(
            f"WHEN starts_with({digits_sql}, '{prefix}') AND {viable(after_prefix)}"
            f" AND length({after_prefix}) IN ({lengths}) THEN '{code}' || {after_prefix}"
        )
    return f"CASE {' '.join(cases)} END"
