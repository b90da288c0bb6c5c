"""The meaning of a single header; every word must be accounted for, or it has none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import combinations

from contact_pipelines.imports.columns.consent_columns import ConsentReading, read_consent
from contact_pipelines.imports.columns.custom_columns import custom_key, is_numbered_part
from contact_pipelines.imports.columns.dictionary import LANGUAGES, Entry, corrected, look_up, spelt_out
from contact_pipelines.imports.columns.header_words import (
    BOOLEAN_STARTS,
    ID_WORDS,
    LISTING,
    NAMES,
    NO_FIELDS,
    NOT_THE_PERSON,
    NUMBER_WORDS,
    PARTICLES,
    PERSON,
    PERSON_PREFIXES,
    PLACE_LEVELS,
    QUALIFIERS,
    ROLE_PREFIXES,
    ROLES,
    SOMEBODY_ELSE,
)
from contact_pipelines.imports.columns.headers import LONGEST, compact, phrase_set, word_lists, word_set, words
from contact_pipelines.models import PROPERTY_PREFIX

NEVER_IMPORTED = "a password or another secret is never imported"
SOMEBODY_ELSES = "belongs to somebody else"
NO_MATCH = "no contact field"

_MOST_WORDS = 8
_LEAST_PROSE = 4
_MISSPELT = 0.8
_TWICE_NAMED = 0.9
_PROSE = re.compile(r"([^(]*\w[^(]*)\(([^()]*)\)\s*[*:?]?\s*")
_ALL_OF_A_PLACE = frozenset({"state", "country", "city", "region_or_status"})

_SECRETS = word_lists("word_lists/secrets")
_SECRET_WORDS, _SECRET_HEADERS = word_set(_SECRETS["words"]), word_set(_SECRETS["whole_headers"])
_SECRET_PHRASES, _SECRET_PARTS = phrase_set(_SECRETS["phrases"]), tuple(_SECRETS["anywhere"])
_OTHER_CARDS = word_set(_SECRETS["other_cards"])


@dataclass(frozen=True)
class Reading:
    """A column's header: its words, its possible meanings, and if there are none, why.

    `barred` columns hold somebody else's data or secrets, so not even their values may map them. `consent`: what the
    header says about consent, if anything.
    """

    label: str
    words: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    reason: str = NO_MATCH
    barred: bool = False
    consent: ConsentReading | None = None

    @property
    def secret(self) -> bool:
        """Whether the column holds a secret, which is never imported."""
        return self.reason == NEVER_IMPORTED


def read(label: str) -> Reading:
    """Read one header. Never raises, whatever the text."""
    parts = words(label)
    custom = _custom_property(label, parts)
    if custom:
        return custom
    if compact(parts) in NO_FIELDS:
        return Reading(label, parts)
    known = look_up(parts)
    if known:
        return Reading(label, parts, known, _reason(label, known[0]))
    if _is_secret(parts):
        return Reading(label, parts, reason=NEVER_IMPORTED, barred=True)
    if len(parts) > _MOST_WORDS or not parts:
        too_long = len(label) > LONGEST or not SOMEBODY_ELSE.isdisjoint(parts)
        return Reading(label, parts, barred=too_long)
    return _read_open(label, parts)


def _read_open(label: str, parts: tuple[str, ...]) -> Reading:
    """Read a header that is neither a known phrase as a whole nor a secret."""
    consent = read_consent(parts)
    if consent and consent.sure:
        return Reading(label, parts, reason=consent.reason, barred=True, consent=consent)
    plain = _without_prose(label)
    if plain:
        return replace(read(plain), label=label, words=parts)
    if parts[0] in BOOLEAN_STARTS:
        return Reading(label, parts, reason="asks yes or no", consent=consent)
    return replace(_read_phrase(label, parts), consent=consent)


def _without_prose(label: str) -> str:
    """Drop a sentence in brackets ("Email (we never share it)"); empty if there is none, or it names a person."""
    found = _PROSE.fullmatch(label)
    if not found:
        return ""
    prose = words(found[2])
    names_someone = not (SOMEBODY_ELSE | ROLES).isdisjoint(prose)
    return found[1] if len(prose) >= _LEAST_PROSE and not names_someone else ""


def _read_phrase(label: str, parts: tuple[str, ...]) -> Reading:
    found = phrase_entries(parts) or phrase_entries(spelt_out(parts))
    if not found:
        spelled = corrected(parts)
        if spelled != parts:
            found = tuple(_misspelt(entry) for entry in phrase_entries(spelled))
            if found:
                return Reading(label, parts, found, f"looks like {found[0].phrase!r} misspelt")
    if found:
        return Reading(label, parts, found, _reason(label, found[0]))
    if len(parts) > 1 and SOMEBODY_ELSE.intersection(parts):
        return Reading(label, parts, reason=SOMEBODY_ELSES, barred=True)
    return Reading(label, parts)


def _misspelt(entry: Entry) -> Entry:
    """Lower the confidence. A typo in a language that no other header uses is more likely another word."""
    return replace(
        entry,
        confidence=entry.confidence * _MISSPELT,
        needs_language=entry.needs_language or "en" not in entry.languages,
    )


def phrase_entries(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Find what a phrase means without its particles and qualifiers ("work", "of the client")."""
    bare = tuple(part for part in parts if part not in PARTICLES)
    for phrase in dict.fromkeys((parts, bare)):
        found = look_up(phrase) or _person_id(phrase) or _without_qualifiers(phrase) or _without_person_prefix(phrase)
        if found:
            return found
    if parts[0] in {"state", "province"} and set(parts) <= PLACE_LEVELS:
        return (Entry("state", "en", 0.9, " ".join(parts)),)
    joined = bool(LISTING.intersection(parts))
    return _of_parts(bare, joined=joined) or (_of_parts(parts, joined=joined) if bare != parts else ())


def _person_id(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Read `Attendee #`, `Kunden-Nr`, `Nº socio`: a person and a word for a number. `Contact no.` may be a phone."""
    if len(parts) != 2:  # noqa: PLR2004
        return ()
    person, number = parts if parts[1] in ID_WORDS else parts[::-1]
    how_many = parts[1] == person and person.endswith("s") and person[:-1] in PERSON  # "number of guests"
    if person not in PERSON or number not in ID_WORDS or how_many:
        return ()
    if number in NUMBER_WORDS and person.startswith(("contact", "kontakt")):
        return ()
    return (Entry("external_id", "", 0.6 if person in ROLES else 0.88, " ".join(parts)),)


def _without_qualifiers(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Drop as few qualifiers as possible, if all of them are allowed with the remaining field."""
    marked = [at for at, part in enumerate(parts) if any(part in kind.words for kind in QUALIFIERS)]
    for count in range(1, min(len(marked), len(parts) - 1) + 1):
        for left_out in combinations(marked, count):
            rest = tuple(part for at, part in enumerate(parts) if at not in left_out)
            # "Company contact name" is a person, so a company's qualifiers all stand before it. "Contact first" is a
            # name, "First contact" a time.
            before = left_out == tuple(range(len(left_out)))
            of_person = before and not PERSON.isdisjoint(parts[at] for at in left_out)
            beside = [parts[at] for at in left_out]
            entries = (_qualified(entry, beside, of_person=of_person) for entry in look_up(rest))
            found = tuple(entry for entry in entries if entry and (before or entry.field != "company"))
            if found:
                return found
    return ()


def _qualified(entry: Entry, left_out: list[str], *, of_person: bool = False) -> Entry | None:
    """Lower an entry's confidence by its qualifiers; None if one of them is not allowed with it."""
    if entry.alone and not (of_person and entry.field in NAMES):
        return None
    confidence = entry.confidence
    for word in left_out:
        factors = [kind.factor for kind in QUALIFIERS if word in kind.words and entry.field in kind.fields]
        if not factors:
            return None
        confidence *= max(factors)
    others = NOT_THE_PERSON if entry.field in NAMES else ROLES
    return replace(entry, confidence=confidence, role=entry.role or not others.isdisjoint(left_out))


def _without_person_prefix(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Drop the person where words have no spaces between them: 客户邮箱 is the customer's email."""
    text = compact(parts)
    for person in (*ROLE_PREFIXES, *PERSON_PREFIXES):
        if text.startswith(person) and text != person:
            kind = "buyer" if person in ROLE_PREFIXES else "customer"
            found = tuple(_qualified(entry, [kind]) for entry in look_up(named_by(text[len(person) :])))
            return tuple(entry for entry in found if entry)
    return ()


def named_by(rest: str) -> tuple[str]:
    """Read 名 behind a person as their name (会員名); by itself it is the given name."""
    return ("名前" if rest in {"名", "名称", "名稱"} else rest,)


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
    if fields <= NAMES:
        return "full_name" if "last_name" in fields or "full_name" in fields else ""
    if fields == {"name", "company"} and not joined:
        return "company"
    if fields <= _ALL_OF_A_PLACE and "city" not in fields:
        return first.field
    return ""


def _custom_property(label: str, parts: tuple[str, ...]) -> Reading | None:
    """Read `custom_industry`, `cf_size`, `customFields.plan`: a column named as a custom field."""
    if len(label) > LONGEST:
        return None
    found = custom_key(label)
    if found is None:
        return Reading(label, parts) if is_numbered_part(label) else None
    if _is_secret(parts):
        return Reading(label, parts, reason=NEVER_IMPORTED, barred=True)
    if not found:
        return Reading(label, parts, reason="a custom field whose name makes no property key; map it by hand")
    entry = Entry(PROPERTY_PREFIX + found, "", 0.85, label)
    return Reading(label, parts, (entry,), f"custom column becomes property {found}")


def _is_secret(parts: tuple[str, ...]) -> bool:
    """Whether a header announces a secret, which is never imported, even if mapped explicitly."""
    if not _SECRET_WORDS.isdisjoint(parts) or any(part in compact(parts) for part in _SECRET_PARTS):
        return True
    if len(parts) == 1 and parts[0] in _SECRET_HEADERS:
        return True
    runs = {compact(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, start + 4)}
    return not _SECRET_PHRASES.isdisjoint(runs) and _OTHER_CARDS.isdisjoint(parts)


def _reason(label: str, entry: Entry) -> str:
    if entry.confidence == 1.0:
        return f"header is exactly {label.strip().casefold()!r}"
    language = LANGUAGES.get(entry.language)
    return f"synonym of {entry.field}" + (f" in {language}" if language else "")
