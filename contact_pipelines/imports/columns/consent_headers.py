"""What a header says of consent to email, and in which sense: yes can mean "left" or "wants mail".

The sense is never guessed. A header that a person could read either way ("opt-in/opt-out", "not unsubscribed"), or
that is about another channel ("SMS opt-out"), says nothing; it becomes a property.
"""

from __future__ import annotations

from dataclasses import dataclass

from contact_pipelines.imports.columns import consent_header_words as lists
from contact_pipelines.imports.columns.header_words import PARTICLES
from contact_pipelines.models import Consent

_MAY_STAND_BESIDE = PARTICLES | lists.OF_EMAIL | {"to", "from", "is", "has", "are", "hat", "ist", "hard", "s"}
"""Words that leave "Newsletter" the question it is. "Newsletter premium" is another one."""


@dataclass(frozen=True)
class ConsentReading:
    """What a header says of consent.

    `sense`: how its values are to be read, None if that is not known. `sure`: the header is enough; else the
    values must be yes and no. `if_given`: how they are read if a person maps the column to `status` all the same.
    """

    sense: Consent | None
    reason: str
    sure: bool = True
    if_given: Consent = Consent.WORD


def read_consent(parts: tuple[str, ...]) -> ConsentReading | None:
    """Read a header's words; None if they are not about consent."""
    return _left(parts) or _agreed(parts) or _with_values(parts)


def _left(parts: tuple[str, ...]) -> ConsentReading | None:
    rest = lists.LEFT.rest(parts)
    if rest is None:
        return None
    if lists.AGREED.rest(rest) is not None:
        return ConsentReading(None, "says both senses of consent")
    if not lists.NEGATIONS.isdisjoint(rest):
        return ConsentReading(None, "denies that someone left, or repeats it; nobody can tell")
    doubt = _doubt(rest)
    if doubt:
        return ConsentReading(None, doubt, if_given=Consent.OPT_OUT)
    return ConsentReading(Consent.OPT_OUT, "says who has left")


def _agreed(parts: tuple[str, ...]) -> ConsentReading | None:
    rest = lists.AGREED.rest(parts)
    if rest is None:
        return None
    if not lists.NEGATIONS.isdisjoint(rest):
        return ConsentReading(None, "denies consent in words that can be read either way")
    doubt = _doubt(rest) or ("" if lists.TIMES.isdisjoint(rest) else "tells when someone agreed")
    if doubt:
        return ConsentReading(None, doubt, if_given=Consent.OPT_IN)
    return ConsentReading(Consent.OPT_IN, "says who wants email")


def _with_values(parts: tuple[str, ...]) -> ConsentReading | None:
    """Read headers that are consent only if their values are yes and no, as "Newsletter" and "Bounced"."""
    for found, sense, reason in (
        (lists.BOUNCED, Consent.OPT_OUT, "says whose address takes no mail"),
        (lists.AGREED_IF_VALUES, Consent.OPT_IN, "says who wants email"),
    ):
        rest = found.rest(parts)
        if rest is not None:
            return ConsentReading(sense, reason, sure=False) if set(rest) <= _MAY_STAND_BESIDE else None
    if lists.UNCLEAR.rest(parts) is not None:
        return ConsentReading(None, "consent, but not clearly to email", if_given=Consent.OPT_IN)
    if set(parts) <= lists.SWITCHED_ON | {"is"}:
        return ConsentReading(None, "says whether something is active, which is not consent", if_given=Consent.OPT_IN)
    if set(parts) <= lists.SWITCHED_OFF | {"is"}:
        return ConsentReading(None, "says whether something is off, which is not consent", if_given=Consent.OPT_OUT)
    return None


def _doubt(rest: tuple[str, ...]) -> str:
    """Say why the words beside those of consent make it something else; empty if they do not."""
    if not lists.OTHER_CHANNEL.isdisjoint(rest):
        return "consent to something else than email"
    if not lists.DETAILS.isdisjoint(rest):
        return "a detail of consent, not the consent"
    if "double" in rest or "doi" in rest:
        return "tells how someone agreed, not whether they still do"
    return ""
