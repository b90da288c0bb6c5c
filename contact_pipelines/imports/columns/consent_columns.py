"""Which columns tell consent, and how their values are to be read: by the header, and by the values.

Several columns of a file may tell it ("Status" and "Unsubscribed"); all of them are mapped to `status`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contact_pipelines.imports.columns.column_reading import Reading, read
from contact_pipelines.imports.columns.value_kinds import NEARLY_ALL, are_dates, share, tell_consent
from contact_pipelines.models import Consent

_BY_HEADER, _BY_HEADER_AND_VALUES, _BY_VALUES = 0.85, 0.95, 0.75


@dataclass(frozen=True)
class ConsentColumn:
    """A column that answers a question of consent: in which sense, how sure that is (0 to 1), and why."""

    sense: Consent
    confidence: float
    reason: str


def consent_column(reading: Reading, samples: Sequence[str]) -> ConsentColumn | str:
    """Say in which sense a column tells consent; a text if it does not, which says why (empty: it is no matter).

    A column whose header says so, but whose values are neither answers nor (of who has left) dates, is refused.
    """
    consent = reading.consent
    if consent is None or consent.sense is None:
        return ""
    if not samples:
        return ConsentColumn(consent.sense, _BY_HEADER, f"header {consent.reason}") if consent.sure else ""
    if not _values_fit(consent.sense, samples):
        return f"header {consent.reason}, but its values are neither yes nor no" if consent.sure else ""
    confidence = _BY_HEADER_AND_VALUES if consent.sure else _BY_VALUES
    return ConsentColumn(consent.sense, confidence, f"header {consent.reason}; so do its values")


def sense_if_given(label: str) -> Consent:
    """Return how a column is to be read that a person maps to `status`: by its header, else as words."""
    consent = read(label).consent
    return Consent.WORD if consent is None else consent.sense or consent.if_given


def _values_fit(sense: Consent, samples: Sequence[str]) -> bool:
    if sense is Consent.OPT_OUT:  # a date says when they left
        return share(samples, lambda value: tell_consent([value]) or are_dates([value])) >= NEARLY_ALL
    return tell_consent(samples)
