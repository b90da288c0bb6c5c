"""What one header can mean by itself: every word of it must be accounted for, or it means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from contact_pipelines.importing.columns.dictionary import Entry, corrected, look_up
from contact_pipelines.importing.columns.header_words import (
    BOOLEAN_STARTS,
    CJK_PERSON,
    CONSENT_PHRASES,
    CONSENT_WORDS,
    ID_WORDS,
    LISTING,
    NUMBERS,
    PARTICLES,
    PERSON,
    QUALIFIERS,
    SECRET_PHRASES,
    SECRETS,
    SOMEBODY_ELSE,
)
from contact_pipelines.importing.columns.headers import LONGEST, compact, words
from contact_pipelines.models import PROPERTY_PREFIX

SECRET = "a password or another secret is never imported"  # noqa: S105 - a reason shown to people
CONSENT = "says whether someone opted out; map it by hand"
ELSE = "belongs to somebody else"
NO_MATCH = "no match"

_MOST_WORDS = 8
_MISSPELT = 0.8
_TWICE_NAMED = 0.9
_CUSTOM = re.compile(r"\s*(?:custom[\s_\-]*field|custom|cf)[\s_\-:]+(\S.*)", re.IGNORECASE)
_CUSTOM_PART = re.compile(r"\d+[\s_\-]*(?:type|label|value|name)?", re.IGNORECASE)
_NAME_PARTS = frozenset({"first_name", "last_name", "name", "full_name"})
_ALL_OF_A_PLACE = frozenset({"state", "country", "city", "region_or_status"})


@dataclass(frozen=True)
class Reading:
    """One column as its header reads: its words, what it can mean, and if nothing, why.

    `barred` columns hold somebody else's data, secrets or consent: not even their values may map them.
    """

    label: str
    words: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    reason: str = NO_MATCH
    barred: bool = False


def read(label: str) -> Reading:  # noqa: PLR0911 - a ladder of cases, the surest first
    """Read one header. Never raises, whatever the text."""
    parts = words(label)
    custom = _custom_property(label, parts)
    if custom:
        return custom
    known = look_up(parts)
    if known:
        return Reading(label, parts, known, _reason(label, known[0]))
    if _has_phrase(parts, SECRET_PHRASES) or SECRETS.intersection(parts):
        return Reading(label, parts, reason=SECRET, barred=True)
    if len(parts) > _MOST_WORDS or not parts:
        too_long = len(label) > LONGEST or not SOMEBODY_ELSE.isdisjoint(parts)
        return Reading(label, parts, barred=too_long)
    if _has_phrase(parts, CONSENT_PHRASES) or (compact(parts) in CONSENT_WORDS) or _asks_consent(parts):
        return Reading(label, parts, reason=CONSENT, barred=True)
    if parts[0] in BOOLEAN_STARTS:
        return Reading(label, parts, reason="asks yes or no")
    return _read_phrase(label, parts)


def _read_phrase(label: str, parts: tuple[str, ...]) -> Reading:
    found = phrase_entries(parts)
    if not found:
        spelled = tuple(corrected(part) for part in parts)
        if spelled != parts:
            found = tuple(_misspelt(entry) for entry in phrase_entries(spelled))
            if found:
                return Reading(label, parts, found, f"looks like {found[0].phrase!r} misspelt")
    if found:
        return Reading(label, parts, found, _reason(label, found[0]))
    if len(parts) > 1 and SOMEBODY_ELSE.intersection(parts):
        return Reading(label, parts, reason=ELSE, barred=True)
    return Reading(label, parts)


def _misspelt(entry: Entry) -> Entry:
    """Lower the confidence. A slip in a language that no other header is in is likely another word."""
    return replace(
        entry,
        confidence=entry.confidence * _MISSPELT,
        needs_language=entry.needs_language or "en" not in entry.languages,
    )


def phrase_entries(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Find what a phrase means once particles and qualifiers ("work", "of the client") are put aside."""
    bare = tuple(part for part in parts if part not in PARTICLES)
    for phrase in dict.fromkeys((parts, bare)):
        found = look_up(phrase) or _person_id(phrase) or _without_qualifiers(phrase) or _without_person_prefix(phrase)
        if found:
            return found
    joined = bool(LISTING.intersection(parts))
    return _of_parts(bare, joined=joined) or (_of_parts(parts, joined=joined) if bare != parts else ())


def _person_id(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """`Attendee #`, `Kunden-Nr`: a person and a word for a number. `Contact no.` may be a phone."""
    if len(parts) != 2 or parts[0] not in PERSON or parts[1] not in ID_WORDS:  # noqa: PLR2004
        return ()
    if parts[1] in NUMBERS and parts[0].startswith(("contact", "kontakt")):
        return ()
    return (Entry("external_id", "", 0.88, " ".join(parts)),)


def _without_qualifiers(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Leave out as few qualifiers as it takes, if all of them may stand beside the field that is left."""
    marked = [at for at, part in enumerate(parts) if any(part in kind.words for kind in QUALIFIERS)]
    for count in range(1, min(len(marked), len(parts) - 1) + 1):
        for left_out in combinations(marked, count):
            rest = tuple(part for at, part in enumerate(parts) if at not in left_out)
            entries = (_qualified(entry, [parts[at] for at in left_out]) for entry in look_up(rest))
            # "Company contact name" is a person, so a company's qualifiers all stand before it.
            before = left_out == tuple(range(len(left_out)))
            found = tuple(entry for entry in entries if entry and (before or entry.field != "company"))
            if found:
                return found
    return ()


def _qualified(entry: Entry, left_out: list[str]) -> Entry | None:
    """Lower an entry's confidence by the qualifiers beside it; none if one of them cannot stand there."""
    if entry.alone:
        return None
    confidence = entry.confidence
    for word in left_out:
        factors = [kind.factor for kind in QUALIFIERS if word in kind.words and entry.field in kind.fields]
        if not factors:
            return None
        confidence *= max(factors)
    return replace(entry, confidence=confidence)


def _without_person_prefix(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Leave out the person where words are not parted: 客户邮箱 is the customer's email."""
    text = compact(parts)
    for person in CJK_PERSON:
        if text.startswith(person) and text != person:
            found = tuple(_qualified(entry, [next(iter(PERSON))]) for entry in look_up((text[len(person) :],)))
            return tuple(entry for entry in found if entry)
    return ()


def _of_parts(parts: tuple[str, ...], *, joined: bool) -> tuple[Entry, ...]:
    """Read a header that names its field twice or in parts: "Tel / Mobile", "Name der Firma"."""
    for at in range(1, len(parts)):
        for first in look_up(parts[:at]) or _without_qualifiers(parts[:at]):
            for last in look_up(parts[at:]) or _without_qualifiers(parts[at:]):
                field_ = _together(first, last, joined=joined)
                if field_:
                    confidence = min(first.confidence, last.confidence) * _TWICE_NAMED
                    return (Entry(field_, first.language, confidence, " ".join(parts)),)
    return ()


def _together(first: Entry, last: Entry, *, joined: bool) -> str:
    fields = {first.field, last.field}
    if first.needs_language or last.needs_language or first.alone or last.alone or "login" in fields:
        return ""
    if len(fields) == 1:
        return first.field
    if fields <= _NAME_PARTS:
        return "full_name" if "last_name" in fields or "full_name" in fields else ""
    if fields == {"name", "company"} and not joined:
        return "company"
    if fields <= _ALL_OF_A_PLACE and "city" not in fields:
        return first.field
    return ""


def _asks_consent(parts: tuple[str, ...]) -> bool:
    """Tell a state of consent with its channel: `Accepts SMS marketing`, `Newsletter subscribed`."""
    channel = {
        "email",
        "emails",
        "sms",
        "newsletter",
        "marketing",
        "mailing",
        "is",
        "accepts",
        "receive",
        "phone",
    }
    return len(parts) > 1 and not CONSENT_WORDS.isdisjoint(parts) and set(parts) <= CONSENT_WORDS | channel


def _has_phrase(parts: tuple[str, ...], phrases: tuple[str, ...]) -> bool:
    """Whether some words in a row make a phrase, or one not in Latin letters is anywhere in them."""
    return not set(phrases).isdisjoint(_runs(parts)) or any(
        phrase in compact(parts) for phrase in phrases if not phrase.isascii()
    )


def _runs(parts: tuple[str, ...], longest: int = 3) -> Iterator[str]:
    for start in range(len(parts)):
        for end in range(start + 1, min(start + longest, len(parts)) + 1):
            yield compact(parts[start:end])


def slug(text: str) -> str:
    """Make a property key of a text: a-z, 0-9 and _, at most 50; empty if nothing is left."""
    return re.sub(r"[^a-z0-9]+", "_", "_".join(words(text[:LONGEST]))).strip("_")[:50].strip("_")


def _custom_property(label: str, parts: tuple[str, ...]) -> Reading | None:
    found = _CUSTOM.fullmatch(label) if len(label) <= LONGEST else None
    if not found:
        return None
    if SECRETS.intersection(parts) or _has_phrase(parts, SECRET_PHRASES):
        return Reading(label, parts, reason=SECRET, barred=True)
    if _CUSTOM_PART.fullmatch(found[1].strip()) and not label.casefold().startswith(("custom_", "cf_")):
        return Reading(label, parts)
    key = slug(found[1])
    if not key or not key[0].isalpha():
        key = slug(label)
    if not any(char.isalpha() for char in slug(found[1])) and not any(char.isdigit() for char in found[1]):
        return Reading(label, parts, reason="a custom field whose name makes no property key; map it by hand")
    entry = Entry(PROPERTY_PREFIX + key, "", 0.85, found[1])
    return Reading(label, parts, (entry,), f"custom column becomes property {key}")


def _reason(label: str, entry: Entry) -> str:
    if entry.confidence == 1.0:
        return f"header is exactly {label.strip().casefold()!r}"
    language = LANGUAGES.get(entry.language)
    return f"synonym of {entry.field}" + (f" in {language}" if language else "")


LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian",
    "pt": "Portuguese", "ca": "Catalan", "nl": "Dutch", "pl": "Polish", "cs": "Czech",
    "sv": "Swedish", "da": "Danish", "fi": "Finnish", "hu": "Hungarian", "ro": "Romanian",
    "tr": "Turkish", "ru": "Russian", "uk": "Ukrainian", "el": "Greek", "ja": "Japanese",
    "zh": "Chinese", "ko": "Korean", "ar": "Arabic", "fa": "Persian", "he": "Hebrew",
    "hi": "Hindi", "id": "Indonesian", "vi": "Vietnamese", "th": "Thai", "hr": "Croatian",
    "bg": "Bulgarian",
}  # fmt: skip
