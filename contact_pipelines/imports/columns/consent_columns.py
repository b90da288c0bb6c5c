"""Finds consent columns, and whether yes means opted out or opted in, from header and values.

The sense is never guessed. A header that can be read either way ("opt-in/opt-out", "not unsubscribed"), or that is
about another channel ("SMS opt-out"), does not count; the column becomes a property. A file can have several consent
columns ("Status" and "Unsubscribed"); all of them are mapped to `status`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contact_pipelines.imports.columns.header_words import PARTICLES
from contact_pipelines.imports.columns.headers import compact, word_lists, word_set, words
from contact_pipelines.imports.columns.value_kinds import NEARLY_ALL, are_consent_answers, are_dates, share
from contact_pipelines.models import Consent

_BY_HEADER, _BY_HEADER_AND_VALUES, _BY_VALUES = 0.85, 0.95, 0.75


class _Parts:
    """Parts of words such as `unsub`, to be found in a header's words."""

    def __init__(self, listed: Iterable[str]) -> None:
        folded = sorted({words(part) for part in listed}, key=lambda part: -len(compact(part)))
        self._others = tuple(compact(part) for part in folded if not compact(part).isascii())
        latin = "|".join(" ?".join(part) for part in folded if compact(part).isascii())  # opt out = optout
        self._latin = re.compile(rf"(?:^| )(?:{latin})[^ ]*")

    def rest(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the words without the first part that is found; None if none is."""
        text = " ".join(parts)
        left_over, found = self._latin.subn(" ", text, count=1)
        if found:
            return tuple(left_over.split())
        joined = compact(parts)
        other = next((part for part in self._others if part in joined), None)
        return None if other is None else tuple(joined.replace(other, " ", 1).split())


_LISTS = word_lists("word_lists/consent_headers")
_LEFT, _AGREED, _AGREED_IF_VALUES, _BOUNCED, _UNCLEAR = (
    _Parts(_LISTS[name]) for name in ("left", "agreed", "agreed_if_values", "bounced", "unclear")
)
_SWITCHED_ON, _SWITCHED_OFF, _OTHER_CHANNELS, _OF_EMAIL, _DETAILS, _TIMES, _NEGATIONS = (
    word_set(_LISTS[name])
    for name in ("switched_on", "switched_off", "other_channels", "of_email", "details", "times", "negations")
)
_MAY_STAND_BESIDE = PARTICLES | _OF_EMAIL | {"to", "from", "is", "has", "are", "hat", "ist", "hard", "s"}
"""Words that do not change the meaning of "Newsletter". "Newsletter premium" is something else."""


@dataclass(frozen=True)
class ConsentReading:
    """What a header says about consent.

    `sense`: how to read its values, None if unknown. `sure`: the header is enough; otherwise the values must be yes and
    no. `if_given`: how to read them if a person maps the column to `status` anyway.
    """

    sense: Consent | None
    reason: str
    sure: bool = True
    if_given: Consent = Consent.WORD


def read_consent(parts: tuple[str, ...]) -> ConsentReading | None:
    """Read a header's words; None if they are not about consent."""
    return _left(parts) or _agreed(parts) or _with_values(parts)


def _left(parts: tuple[str, ...]) -> ConsentReading | None:
    rest = _LEFT.rest(parts)
    if rest is None:
        return None
    if _AGREED.rest(rest) is not None:
        return ConsentReading(None, "says both senses of consent")
    if not _NEGATIONS.isdisjoint(rest):
        return ConsentReading(None, "denies that someone left, or repeats it; nobody can tell")
    doubt = _doubt(rest)
    if doubt:
        return ConsentReading(None, doubt, if_given=Consent.OPT_OUT)
    return ConsentReading(Consent.OPT_OUT, "says who opted out")


def _agreed(parts: tuple[str, ...]) -> ConsentReading | None:
    rest = _AGREED.rest(parts)
    if rest is None:
        return None
    if not _NEGATIONS.isdisjoint(rest):
        return ConsentReading(None, "denies consent in words that can be read either way")
    doubt = _doubt(rest) or ("" if _TIMES.isdisjoint(rest) else "tells when someone agreed")
    if doubt:
        return ConsentReading(None, doubt, if_given=Consent.OPT_IN)
    return ConsentReading(Consent.OPT_IN, "says who wants email")


def _with_values(parts: tuple[str, ...]) -> ConsentReading | None:
    """Read headers such as "Newsletter" and "Bounced", which are consent only if their values are yes and no."""
    for found, sense, reason in (
        (_BOUNCED, Consent.OPT_OUT, "says whose address takes no mail"),
        (_AGREED_IF_VALUES, Consent.OPT_IN, "says who wants email"),
    ):
        rest = found.rest(parts)
        if rest is not None:
            return ConsentReading(sense, reason, sure=False) if set(rest) <= _MAY_STAND_BESIDE else None
    if _UNCLEAR.rest(parts) is not None:
        return ConsentReading(None, "consent, but not clearly to email", if_given=Consent.OPT_IN)
    if set(parts) <= _SWITCHED_ON | {"is"}:
        return ConsentReading(None, "says whether something is active, which is not consent", if_given=Consent.OPT_IN)
    if set(parts) <= _SWITCHED_OFF | {"is"}:
        return ConsentReading(None, "says whether something is off, which is not consent", if_given=Consent.OPT_OUT)
    return None


def _doubt(rest: tuple[str, ...]) -> str:
    """Return why the header's other words make it something other than consent; empty if they do not."""
    if not _OTHER_CHANNELS.isdisjoint(rest):
        return "consent to something else than email"
    if not _DETAILS.isdisjoint(rest):
        return "a detail of consent, not the consent"
    if "double" in rest or "doi" in rest:
        return "tells how someone agreed, not whether they still do"
    return ""


@dataclass(frozen=True)
class ConsentColumn:
    """A consent column: its sense, the confidence (0 to 1), and why."""

    sense: Consent
    confidence: float
    reason: str


def consent_column(header: ConsentReading | None, samples: Sequence[str]) -> ConsentColumn | str:
    """Return a consent column's sense, or why it is not one; empty if its header is not about consent.

    A column whose values are neither answers nor (for opt-outs) dates is rejected, whatever its header says.
    """
    if header is None or header.sense is None:
        return ""
    if not samples:
        return ConsentColumn(header.sense, _BY_HEADER, f"header {header.reason}") if header.sure else ""
    if not _values_fit(header.sense, samples):
        return f"header {header.reason}, but its values are neither yes nor no" if header.sure else ""
    confidence = _BY_HEADER_AND_VALUES if header.sure else _BY_VALUES
    return ConsentColumn(header.sense, confidence, f"header {header.reason}; so do its values")


def sense_if_given(header: ConsentReading | None) -> Consent:
    """Return how to read a column that a person maps to `status`: by its header, else as words."""
    return Consent.WORD if header is None else header.sense or header.if_given


def _values_fit(sense: Consent, samples: Sequence[str]) -> bool:
    if sense is Consent.OPT_OUT:  # a date says when they left
        return share(samples, lambda value: are_consent_answers([value]) or are_dates([value])) >= NEARLY_ALL
    return are_consent_answers(samples)
