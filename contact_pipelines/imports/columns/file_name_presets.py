"""Presets by file name, which is often the only sign that a file lists opt-outs.

Mailchimp, for instance, exports an audience as `subscribed_members_export_….csv`,
`unsubscribed_members_export_….csv` and `cleaned_members_export_….csv`; none has a column that says so.

A preset makes every row of the file an opt-out, so the name must be unambiguous: one word to the contrary ("not",
"removed", "survey", "subscribed"), and the file is treated like any other.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from contact_pipelines.imports.columns.headers import LONGEST, phrase_set, word_lists, words
from contact_pipelines.imports.compare import opt_out_imports
from contact_pipelines.models import ImportOptions, Preset

_LISTS = {name: phrase_set(listed) for name, listed in word_lists("word_lists/file_names").items()}

_HASH = re.compile(r"(?<![^\W_])(?=[^\W_]*\d)[^\W_]{3,}(?![^\W_])")
"""A word with digits in it: a date, a number, or the random end of an export's name."""


def with_preset(options: ImportOptions, file_name: str) -> ImportOptions:
    """Return the options with the preset that the file name implies, unless they set one.

    In a suppression import everybody has opted out.
    """
    if options.preset is None:
        options = options.model_copy(update={"preset": preset_of(file_name)})
    return opt_out_imports.at_least_unsubscribed(options)


def preset_of(file_name: str) -> Preset:
    """Return the preset that a file name implies; NONE unless it clearly says that everybody opted out.

    A name of two kinds ("bounces and unsubscribes") counts as the milder one, UNSUBSCRIBED. Only the last part of
    a path counts.
    """
    parts = words(_HASH.sub(" ", _stem(file_name)[:LONGEST]))
    if _LISTS["do_not"].intersection(_runs(parts)):
        parts = tuple(part for part in parts if part not in {"do", "not"})
        return Preset.NONE if _LISTS["otherwise"].intersection(parts) else Preset.UNSUBSCRIBED
    said = _kinds(parts)
    if not said or not _LISTS["otherwise"].isdisjoint(parts):
        return Preset.NONE
    if len(said) == 1 and not _LISTS["joining"].isdisjoint(parts):
        return Preset.NONE
    return said.pop() if len(said) == 1 else Preset.UNSUBSCRIBED


def _stem(file_name: str) -> str:
    """Drop the folder and all suffixes: `a/bounces.csv.gz` -> `bounces`."""
    return PurePath(file_name.replace("\\", "/")).name.split(".")[0]


def _kinds(parts: tuple[str, ...]) -> set[Preset]:
    runs = _runs(parts)
    said = set()
    if not _LISTS["left"].isdisjoint(runs):
        said.add(Preset.UNSUBSCRIBED)
    if not _LISTS["bounced"].isdisjoint(runs) or _is_cleaned(parts):
        said.add(Preset.CLEANED)
    if not _LISTS["complained"].isdisjoint(runs):
        said.add(Preset.COMPLAINED)
    return said


def _runs(parts: tuple[str, ...]) -> set[str]:
    """Return all runs of one to three words, written together."""
    return {"".join(parts[at : at + length]) for at in range(len(parts)) for length in (1, 2, 3)}


def _is_cleaned(parts: tuple[str, ...]) -> bool:
    if not parts or parts[0] not in _LISTS["cleaned"]:
        return False
    return len(parts) == 1 or parts[1] in _LISTS["after_cleaned"] or parts[1].isdigit()
