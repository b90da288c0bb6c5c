"""What a file's name says of everybody in it: exports of those who left are often told apart by their name only.

Mailchimp, for instance, exports an audience as `subscribed_members_export_….csv`,
`unsubscribed_members_export_….csv` and `cleaned_members_export_….csv`; none has a column that says so.

A preset makes every row of the file an opt-out, so a name must say it plainly: one word that says otherwise
("not", "removed", "survey", "subscribed") and the file is taken as any other.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from contact_pipelines.imports.columns.headers import LONGEST, words
from contact_pipelines.imports.compare import opt_out_imports
from contact_pipelines.models import ImportOptions, Preset


def _set(text: str) -> frozenset[str]:
    return frozenset("".join(words(word)) for word in text.split())


_LEFT = _set(
    """unsubscribed unsubscribe unsubscribes unsubscribers unsubs unsub optout optouts optedout unsubscriptions
    blocklist blocklisted blacklist blacklisted suppression suppressions suppressed
    abmeldungen abgemeldet abgemeldete abbestellungen abbestellt sperrliste
    désabonnés désabonné désabonnements désinscrits désinscriptions bajas desuscritos desuscripciones
    disiscritti disiscrizioni cancellati descadastrados descadastramentos
    afmeldingen afgemeld uitschrijvingen uitgeschreven wypisani odhlášení odhlášeni leiratkozottak
    avregistrerade avmeldte afmeldte отписавшиеся отписки отписанные відписані 退订 退訂 退订名单 配信停止
    配信停止リスト     수신거부 수신거부자"""
)
_DO_NOT = _set("donotemail donotmail donotcontact")
_BOUNCED = _set("bounces bounced hardbounces hardbounced hardbounce rebotes rebotados unzustellbar")
_CLEANED_FIRST = _set("cleaned")
_BEHIND_CLEANED = _set("members member segment export audience")
"""`cleaned_members_export` is Mailchimp's; `cleaned_contacts` is a list that somebody tidied up."""
_COMPLAINED = _set("complaints complained complainers spamreports spamcomplaints abusereports")

_OTHERWISE = _set(
    """not non no never minus without except excluding excl exclude excluded removed remove deleted re resubscribed
    resubscribe ohne nicht sans pas sin senza sem zonder bez без кроме before after
    subscribed subscribers subscriber active all both vs everyone everybody mixed
    survey reason reasons feedback form forms page pages template link links flow text copy rate stats
    statistics count counts soft softbounces campaigns customer customers service product call calls ticket
    tickets department resolved phone sms whatsapp post postal letter letters"""
)
"""Words after which the file is about something else, about others too, or about another channel."""

_JOINING = _set("and und et og och")

_HASH = re.compile(r"(?<![^\W_])(?=[^\W_]*\d)[^\W_]{3,}(?![^\W_])")
"""A word with digits in it: a date, a number, or the random end of an exported file's name."""


def with_preset(options: ImportOptions, file_name: str) -> ImportOptions:
    """Return the options with what the file's name says of its people, unless they name a preset themselves.

    In a file that suppresses, everybody has left.
    """
    if options.preset is None:
        options = options.model_copy(update={"preset": preset_of(file_name)})
    return opt_out_imports.at_least_unsubscribed(options)


def preset_of(file_name: str) -> Preset:
    """Return what a file's name says of all people in it: NONE unless it says plainly that they left.

    A name of two kinds ("bounces and unsubscribes") counts as the milder one, UNSUBSCRIBED. Only the last part of
    a path is read; raises nothing, whatever the name is.
    """
    parts = words(_HASH.sub(" ", _stem(file_name)[:LONGEST]))
    if _DO_NOT.intersection(_runs(parts)):
        parts = tuple(part for part in parts if part not in {"do", "not"})
        return Preset.NONE if _OTHERWISE.intersection(parts) else Preset.UNSUBSCRIBED
    said = _kinds(parts)
    if not said or not _OTHERWISE.isdisjoint(parts):
        return Preset.NONE
    if len(said) == 1 and not _JOINING.isdisjoint(parts):
        return Preset.NONE
    return said.pop() if len(said) == 1 else Preset.UNSUBSCRIBED


def _stem(file_name: str) -> str:
    """Leave out the folder and all suffixes: `a/bounces.csv.gz` -> `bounces`."""
    return PurePath(file_name.replace("\\", "/")).name.split(".")[0]


def _kinds(parts: tuple[str, ...]) -> set[Preset]:
    runs = _runs(parts)
    said = set()
    if not _LEFT.isdisjoint(runs):
        said.add(Preset.UNSUBSCRIBED)
    if not _BOUNCED.isdisjoint(runs) or _is_cleaned(parts):
        said.add(Preset.CLEANED)
    if not _COMPLAINED.isdisjoint(runs):
        said.add(Preset.COMPLAINED)
    return said


def _runs(parts: tuple[str, ...]) -> set[str]:
    """Return one to three words in a row, written together."""
    return {"".join(parts[at : at + length]) for at in range(len(parts)) for length in (1, 2, 3)}


def _is_cleaned(parts: tuple[str, ...]) -> bool:
    if not parts or parts[0] not in _CLEANED_FIRST:
        return False
    return len(parts) == 1 or parts[1] in _BEHIND_CLEANED or parts[1].isdigit()
