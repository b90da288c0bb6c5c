"""What a column's values say about it: only to refuse what a header claims, or to spot addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from contact_pipelines.importing.columns.headers import compact, words

_ADDRESS = re.compile(r"\s*<?[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+>?\s*")
_AT = re.compile("[@\uff20]")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_NEARLY_ALL = 0.9

_MUST_HOLD = {
    "email": (_AT, "its values hold no '@'"),
    "phone": (_DIGIT, "its values hold no digits"),
    "created_at": (_DIGIT, "its values hold no digits"),
    "updated_at": (_DIGIT, "its values hold no digits"),
    "lead_score": (_DIGIT, "its values hold no digits"),
    "first_name": (_LETTER, "its values hold no letters"),
    "last_name": (_LETTER, "its values hold no letters"),
    "full_name": (_LETTER, "its values hold no letters"),
}
_NEVER_ADDRESSES = frozenset({"first_name", "last_name", "full_name", "external_id"})

_CONSENT_VALUES = frozenset(
    compact(words(word))
    for word in [
        "subscribed",
        "unsubscribed",
        "bounced",
        "complained",
        "active",
        "inactive",
        "cleaned",
        "pending",
        "unconfirmed",
        "confirmed",
        "transactional",
        "non-subscribed",
        "nonsubscribed",
        "blocked",
        "blocklisted",
        "blacklisted",
        "suppressed",
        "archived",
        "opted-in",
        "opted-out",
        "opt-in",
        "opt-out",
        "optin",
        "optout",
        "enabled",
        "disabled",
        "hard-bounced",
        "soft-bounced",
        "hardbounce",
        "softbounce",
        "bounce",
        "spam",
        "complaint",
        "spam-complaint",
        "reported-spam",
        "abuse",
        "invalid",
        "undelivered",
        "never-subscribed",
        "neversubscribed",
        "unsubscribe",
        "subscribe",
        "junk",
        "unknown",
        "implicit",
        "express",
        "explicit",
        "abonniert",
        "abgemeldet",
        "angemeldet",
        "aktiv",
        "inaktiv",
        "bestaetigt",
        "unbestaetigt",
        "gesperrt",
        "abonne",
        "desabonne",
        "inscrit",
        "desinscrit",
        "actif",
        "inactif",
        "suscrito",
        "desuscrito",
        "baja",
        "alta",
        "activo",
        "inactivo",
        "cancelado",
        "rebotado",
        "iscritto",
        "disiscritto",
        "cancellato",
        "attivo",
        "inattivo",
        "inscrito",
        "desinscrito",
        "descadastrado",
        "ativo",
        "inativo",
        "ingeschreven",
        "uitgeschreven",
        "aangemeld",
        "afgemeld",
        "actief",
        "inactief",
        "aktywny",
        "nieaktywny",
        "wypisany",
        "zapisany",
        "подписан",
        "отписан",
        "активен",
        "активный",
        "неактивный",
        "已订阅",
        "已退订",
        "未订阅",
        "活跃",
        "購読中",
        "配信中",
        "配信停止",
        "退会",
        "구독",
        "구독취소",
        "활성",
        "مشترك",
    ]
)
_HONORIFICS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "sir",
        "madam",
        "mme",
        "mlle",
        "herr",
        "frau",
        "sr",
        "sra",
        "srta",
        "dott",
        "sig",
        "dhr",
        "mevr",
        "pan",
        "pani",
    ]
)


def refusal(field: str, samples: Sequence[str]) -> str:
    """Say why these values cannot be `field`; empty if they can, or if there are none to judge by."""
    if not samples:
        return ""
    if field in _MUST_HOLD:
        pattern, why = _MUST_HOLD[field]
        if not any(pattern.search(value) for value in samples):
            return why
    if field in _NEVER_ADDRESSES and are_addresses(samples):
        return "its values are email addresses"
    if field == "status" and not are_consent(samples):
        return "its values are not words of consent such as subscribed"
    if field == "job_title" and _share(samples, _is_honorific) >= _NEARLY_ALL:
        return "its values are forms of address such as Mr"
    return ""


def are_addresses(samples: Sequence[str]) -> bool:
    """Whether there are values and nearly all of them are single email addresses."""
    return bool(samples) and _share(samples, lambda value: bool(_ADDRESS.fullmatch(value))) >= _NEARLY_ALL


def are_consent(samples: Sequence[str]) -> bool:
    """Whether there are values and nearly all of them are known words for consent or the lack of it."""
    known = _share(samples, lambda value: compact(words(value)) in _CONSENT_VALUES)
    return bool(samples) and known >= _NEARLY_ALL


def _is_honorific(value: str) -> bool:
    parts = words(value)
    return bool(parts) and set(parts) <= _HONORIFICS


def _share(samples: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, samples)) / len(samples) if samples else 0.0
