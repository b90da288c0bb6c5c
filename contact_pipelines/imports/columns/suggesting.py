"""Suggests a field for each column, from its header, the other headers, and a few values.

1. `header_set.read_header` returns what each header can mean; `HeaderSet.decide` resolves what depends on the others
   ("Nombre" with or without "Apellidos").
2. A few values of the column may refute that. They find a field by themselves only if they are plain email addresses,
   or if the file has no header (`fields_by_values`).
3. `consent_column` says which columns tell consent, and in which sense; there may be several.
4. Each other field goes to its best candidate; the leftmost wins a tie. The rest become properties.

A missed column costs a look at the mapping, a wrong one emails the wrong person, so doubtful columns become properties.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contact_pipelines.imports.columns.consent_columns import ConsentColumn, consent_column, sense_if_given
from contact_pipelines.imports.columns.custom_columns import is_custom, unique_key
from contact_pipelines.imports.columns.fields_by_values import has_no_header, is_blank_label, recognise, refusal
from contact_pipelines.imports.columns.header_meaning import Reading, read
from contact_pipelines.imports.columns.header_set import HeaderSet, read_header
from contact_pipelines.imports.columns.header_words import PERSON, SOMEBODY_ELSE
from contact_pipelines.imports.columns.value_kinds import are_addresses
from contact_pipelines.models import IGNORE, PROPERTY_PREFIX, WELL_KNOWN_PROPERTIES, ColumnMapping, Consent

UNSURE = 0.2
"""Confidence of a column that becomes a property because nothing else fits."""

KEPT_AS = "kept as property"
"""Words in the reason of such a column. `mapping.resolve` replaces them by whether it is kept."""

_OWN_EXPORT = "a column of our own exports, which an import cannot change"
_OWN_COLUMNS = {"id", "segments", "lists", "topics"}

_LEAST = 0.3
_BY_VALUES = 0.5


@dataclass(frozen=True)
class _Candidate:
    """One possible field of a column. Several consent columns can share `status`."""

    at: int
    field: str
    confidence: float
    reason: str
    consent: Consent | None = None

    @property
    def claim(self) -> str:
        """The field that no second column may have; empty if several may."""
        if self.consent in {Consent.OPT_IN, Consent.OPT_OUT}:
            return ""
        name = self.field.removeprefix(PROPERTY_PREFIX)
        return PROPERTY_PREFIX + name if name in WELL_KNOWN_PROPERTIES else self.field


def suggest(
    header: Sequence[str], samples: Mapping[str, Sequence[str]] | None = None, *, file_name: str = ""
) -> list[ColumnMapping]:
    """Suggest a field for each column, in the columns' order; at most one column for a field but `status`.

    `header` holds the columns' labels: trimmed and unique ("Name#2", "column_3"). `samples` holds some non-blank
    values of each label; none at all means that the file's rows were not read. `file_name` may say what the file is
    about ("orders.csv"). A field is a contact field, `full_name`, the bare key of a well-known property such as
    `city`, `properties.<key>` or `ignore` (a secret, or a column without a header and values). Where nothing fits, it
    is a property with a confidence of 0.2; `mapping.resolve` decides whether that may be created.
    """
    values = {label: found for label, found in (samples or {}).items() if found}
    readings = read_header(header)
    candidates, reasons = _by_headers(HeaderSet.of(readings, file_name), values)
    if has_no_header(header):
        candidates += [_Candidate(*found) for found in recognise([values.get(x, ()) for x in header])]
    candidates += _addresses_without_header(readings, candidates, values)
    ours = _columns_of_own_exports(header)
    given = _give_out([its for its in candidates if readings[its.at].label not in ours], reasons)
    mappings = _with_properties(readings, given, reasons, values)
    return [ColumnMapping(its.column, IGNORE, 1.0, _OWN_EXPORT) if its.column in ours else its for its in mappings]


def _columns_of_own_exports(header: Collection[str]) -> frozenset[str]:
    """Return the columns of our own exports that mean nothing to an import: the contact's id in the store, its groups.

    Only if all of them stand together, so that no other file is taken for one. Otherwise `id` would be an external id.
    """
    labels = {*header}
    if not (labels >= _OWN_COLUMNS and labels & {"external_id", "externalId"}):
        return frozenset()
    return frozenset(_OWN_COLUMNS | (labels & {"deleted_at", "deletedAt"}))


def _by_headers(headers: HeaderSet, values: Mapping[str, Sequence[str]]) -> tuple[list[_Candidate], list[str]]:
    """Turn readings into candidates, and say for each other column why it has none."""
    candidates: list[_Candidate] = []
    reasons = [reading.reason for reading in headers.readings]
    for at, reading in enumerate(headers.readings):
        samples = values.get(reading.label, ())
        for candidate in _read_as(headers, at, samples):
            why = refusal(candidate.field, samples)
            if why:
                reasons[at] = f"header reads as {candidate.field}, but {why}"
            else:
                candidates.append(candidate)
        consent = consent_column(reading.consent, samples)
        if isinstance(consent, ConsentColumn):
            candidates.append(_Candidate(at, "status", consent.confidence, consent.reason, consent.sense))
        elif consent:
            reasons[at] = consent
    return candidates, reasons


def _read_as(headers: HeaderSet, at: int, samples: Sequence[str]) -> list[_Candidate]:
    reading = headers.readings[at]
    found: list[_Candidate] = []
    for entry in reading.entries:
        field = headers.decide(entry, at, samples)
        if field:
            reason = reading.reason
            if field != entry.field:
                reason = f"{entry.phrase!r} beside the other headers is {field}"
            confidence = entry.confidence * headers.certainty(entry)
            consent = Consent.WORD if field == "status" else None
            found.append(_Candidate(at, field, confidence, reason, consent))
    return found


def _addresses_without_header(
    readings: Sequence[Reading], candidates: Sequence[_Candidate], values: Mapping[str, Sequence[str]]
) -> list[_Candidate]:
    """Find the only column of addresses, whatever its header, if no header says that it is the email."""
    if not values or any(candidate.field == "email" for candidate in candidates):
        return []
    taken = {candidate.at for candidate in candidates}
    found = [
        at
        for at, reading in enumerate(readings)
        if not reading.barred and at not in taken and are_addresses(values.get(reading.label, ()))
    ]
    if len(found) != 1 or _is_role_only(readings[found[0]]):
        return []
    return [_Candidate(found[0], "email", _BY_VALUES, "its values are email addresses")]


def _is_role_only(reading: Reading) -> bool:
    """Whether the header is a bare word for somebody else ("Manager"), though "Member" is the contact."""
    return bool(reading.words) and set(reading.words) <= SOMEBODY_ELSE - PERSON


def _give_out(candidates: Sequence[_Candidate], reasons: list[str]) -> dict[int, _Candidate]:
    """Give each field to its best candidate and each column at most one field. Adds to `reasons` who lost."""
    given: dict[int, _Candidate] = {}
    taken: set[str] = set()
    for candidate in sorted(candidates, key=lambda c: (-c.confidence, c.at)):
        if candidate.confidence < _LEAST or candidate.at in given:
            continue
        if candidate.claim in taken:
            reasons[candidate.at] = f"another column is a better {candidate.field}"
            continue
        given[candidate.at] = candidate
        taken |= {candidate.claim} - {""}
    return given


def _with_properties(
    readings: Sequence[Reading],
    given: Mapping[int, _Candidate],
    reasons: Sequence[str],
    values: Mapping[str, Sequence[str]],
) -> list[ColumnMapping]:
    """Return all columns in order, with the field they got, or else a property of their own."""
    keys = {candidate.field.removeprefix(PROPERTY_PREFIX) for candidate in given.values()} | {*WELL_KNOWN_PROPERTIES}
    result: list[ColumnMapping] = []
    for at, reading in enumerate(readings):
        candidate = given.get(at)
        if candidate:
            result.append(_as_given(reading.label, candidate))
        elif reading.secret:
            result.append(ColumnMapping(reading.label, IGNORE, 0.0, reading.reason))
        elif is_blank_label(reading.label, at) and not values.get(reading.label):
            result.append(ColumnMapping(reading.label, IGNORE, 0.0, "has neither a header nor values"))
        else:
            key = unique_key(reading.label, at, keys)
            keys.add(key)
            result.append(_as_property(reading, key, reasons[at]))
    return result


def _as_given(label: str, candidate: _Candidate) -> ColumnMapping:
    field = f"{PROPERTY_PREFIX}gender" if candidate.field == "gender" else candidate.field
    confidence = round(candidate.confidence, 2)
    return ColumnMapping(label, field, confidence, candidate.reason, consent=candidate.consent)


def _as_property(reading: Reading, key: str, why: str) -> ColumnMapping:
    """Suggest a property. `consent` notes how the column would be read if a person mapped it to status."""
    if why.startswith(("synonym", "header is", "looks like")):
        why = "could be several things; map it by hand"
    reason = why if is_custom(reading.label) else f"{why}; {KEPT_AS} {key} if properties may be created"
    consent = sense_if_given(read(reading.label).consent) if reading.consent else None
    return ColumnMapping(reading.label, PROPERTY_PREFIX + key, UNSURE, reason, consent=consent)
