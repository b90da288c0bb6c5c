"""Asks a language model about unknown columns: bounded, validated, never the last word.

A model's answer is as trustworthy as the headers it was shown, which anybody may have written. So each answer must
pass the checks of a built-in suggestion, its confidence is capped, and a sure built-in suggestion stands.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from contact_pipelines.imports.columns.chat_completions import complete
from contact_pipelines.imports.columns.fields_by_values import refusal
from contact_pipelines.imports.columns.header_meaning import NEVER_IMPORTED, SOMEBODY_ELSES, read
from contact_pipelines.imports.columns.header_words import PERSON, SOMEBODY_ELSE
from contact_pipelines.imports.columns.mapping_prompt import messages, sent_columns
from contact_pipelines.imports.columns.value_kinds import are_consent
from contact_pipelines.models import (
    CONTACT_FIELDS,
    FULL_NAME,
    IGNORE,
    PROPERTY_KEY,
    PROPERTY_PREFIX,
    WELL_KNOWN_PROPERTIES,
    ColumnMapping,
    Consent,
)
from contact_pipelines.settings.policy import LanguageModel

SURE = 0.8
"""Confidence from which a built-in suggestion stands, and the most that a model's suggestion is worth."""

LEAST = 0.5
"""Below this a model's suggestion is not used."""

_STATUS = "status"
_PERSONAL = frozenset({"email", "phone", "external_id", "first_name", "last_name", FULL_NAME, _STATUS})
_log = logging.getLogger(__name__)


def ask(
    model: LanguageModel,
    header: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    *,
    protected: Collection[str] = (),
) -> dict[str, ColumnMapping]:
    """Return what the model takes columns for: label -> mapping, with at most one column for a field.

    `header` holds the labels, `samples` some non-blank values of each. It sends headers and the shapes of values (the
    values only with `model.send_samples`), but nothing about the labels in `protected` or secrets. Confidences are
    `SURE` at most. Empty if the model gives no usable answer within `model.timeout` seconds; never raises.
    """
    columns = sent_columns(header, protected)
    if not columns:
        return {}
    text = complete(model, messages(columns, samples, send_samples=model.send_samples))
    reason = f"suggested by the language model {model.model}"
    answers = (_validated(item, columns, reason) for item in _items(text))
    usable = [answer for answer in answers if answer and _is_possible(answer, samples.get(answer.column, ()))]
    given = _given_out((answer.column, answer) for answer in sorted(usable, key=lambda answer: -answer.confidence))
    return {label: given[label] for label in columns if label in given}


def combine(
    suggested: Sequence[ColumnMapping], asked: Mapping[str, ColumnMapping], samples: Mapping[str, Sequence[str]]
) -> list[ColumnMapping]:
    """Return the built-in suggestions, with the model's where they are unsure, a property of its own, or nothing.

    `suggested` and the result have a mapping for each column in order; `asked` is what `ask` returned. A built-in
    suggestion of `SURE` or more for a contact field or a well-known property stands, as does every column of a secret,
    of somebody else's data, or of consent. Elsewhere the higher confidence wins, and a column that loses its field to
    a better one is ignored. The model's `ignore` changes nothing.
    """
    fixed = {mapping.column for mapping in suggested if _stands(mapping)}
    offers = [(_rank(mapping, fixed), mapping.column, mapping) for mapping in suggested if mapping.field != IGNORE]
    for mapping in suggested:
        offer = asked.get(mapping.column)
        if offer and mapping.column not in fixed and _is_worth_it(offer, mapping, samples.get(mapping.column, ())):
            offers.append((1, mapping.column, offer))
    offers.sort(key=lambda offer: (offer[0], -offer[2].confidence))  # stable: the built-in one first
    given = _given_out((label, mapping) for _, label, mapping in offers)
    return [given.get(mapping.column) or _left_over(mapping) for mapping in suggested]


def _items(text: str | None) -> list[Any]:
    """Return the list in the model's answer. Some models write a sentence or a code fence around the JSON."""
    if text is None:
        return []
    try:
        answer = json.loads(text[text.find("{") : text.rfind("}") + 1])
    except (ValueError, RecursionError):
        answer = None
    items = answer.get("columns") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        _log.debug("The language model's answer is not the JSON that was asked for.")
        return []
    return items


def _validated(item: object, columns: Sequence[str], reason: str) -> ColumnMapping | None:
    """Read one item of an answer; None if it is malformed."""
    if not isinstance(item, dict):
        return None
    column, field, confidence = item.get("column"), _field(item.get("field")), _confidence(item.get("confidence"))
    if not isinstance(column, str) or column not in columns or field is None or confidence is None:
        return None
    consent = Consent.WORD if field == _STATUS else None
    return ColumnMapping(column, field, confidence, reason, consent=consent)


def _confidence(value: object) -> float | None:
    """Return a confidence, capped; None if it is not a number from 0 to 1 (true and NaN are not)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return round(min(float(value), SURE), 2)


def _field(text: object) -> str | None:
    """Return the field that a text names, well-known properties with their prefix; None if there is none."""
    if not isinstance(text, str):
        return None
    if text in CONTACT_FIELDS or text in {FULL_NAME, IGNORE}:
        return text
    key = text.removeprefix(PROPERTY_PREFIX)
    if key in WELL_KNOWN_PROPERTIES or (key != text and PROPERTY_KEY.fullmatch(key)):
        return PROPERTY_PREFIX + key
    return None


def _is_possible(answer: ColumnMapping, values: Sequence[str]) -> bool:
    """Whether the column's header and values allow the field, by the rules for built-in suggestions."""
    field = answer.field.removeprefix(PROPERTY_PREFIX)
    if answer.field in _PERSONAL and (SOMEBODY_ELSE - PERSON).intersection(read(answer.column).words):
        return False
    if answer.field == _STATUS and not are_consent(values):
        return False  # even without values: a guess never subscribes anybody
    return not refusal(field, values)


def _given_out(offers: Iterable[tuple[str, ColumnMapping]]) -> dict[str, ColumnMapping]:
    """Give each column one field and each field one column, first come, first served."""
    given: dict[str, ColumnMapping] = {}
    taken: set[str] = set()
    for label, mapping in offers:
        field = _field(mapping.field) or mapping.field
        if label not in given and field not in taken:
            given[label] = mapping
            taken |= {field} - {IGNORE}
    return given


def _stands(mapping: ColumnMapping) -> bool:
    """Whether the model may not change the column's suggested field."""
    if (
        mapping.field == _STATUS
        or mapping.consent
        or mapping.reason in {NEVER_IMPORTED, SOMEBODY_ELSES}
        or read(mapping.column).barred
    ):
        return True
    return mapping.confidence >= SURE and mapping.field != IGNORE and not _is_own_property(mapping)


def _is_own_property(mapping: ColumnMapping) -> bool:
    """Whether a column becomes a property that is not well known."""
    key = mapping.field.removeprefix(PROPERTY_PREFIX)
    return key != mapping.field and key not in WELL_KNOWN_PROPERTIES


def _rank(mapping: ColumnMapping, fixed: set[str]) -> int:
    """Return 0 for what stands, 1 where the higher confidence decides, 2 for what anything better replaces."""
    return 0 if mapping.column in fixed else 2 if _is_own_property(mapping) else 1


def _is_worth_it(offer: ColumnMapping, built_in: ColumnMapping, values: Sequence[str]) -> bool:
    if offer.field == IGNORE or offer.confidence < LEAST:
        return False
    renames = _is_own_property(offer) and built_in.field != IGNORE
    return not renames and _is_possible(offer, values)


def _left_over(mapping: ColumnMapping) -> ColumnMapping:
    if mapping.field == IGNORE:
        return mapping
    return ColumnMapping(mapping.column, IGNORE, 0.0, f"another column is a better {mapping.field}")
