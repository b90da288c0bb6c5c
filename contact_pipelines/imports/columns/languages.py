"""The languages whose words for contact fields are known: `vocabulary/<code>.txt`, in the order that they are asked."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

LANGUAGES: dict[str, str] = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "ca": "Catalan", "nl": "Dutch", "pl": "Polish", "cs": "Czech", "sv": "Swedish", "da": "Danish",
    "fi": "Finnish", "hu": "Hungarian", "ro": "Romanian", "hr": "Croatian", "bg": "Bulgarian", "tr": "Turkish",
    "ru": "Russian", "uk": "Ukrainian", "el": "Greek", "ja": "Japanese", "zh": "Chinese", "ko": "Korean",
    "ar": "Arabic", "fa": "Persian", "he": "Hebrew", "hi": "Hindi", "id": "Indonesian", "vi": "Vietnamese",
    "th": "Thai", "sr": "Serbian", "sl": "Slovenian", "et": "Estonian", "lv": "Latvian", "lt": "Lithuanian",
    "is": "Icelandic", "sq": "Albanian", "gl": "Galician", "eu": "Basque", "cy": "Welsh", "ga": "Irish",
    "mt": "Maltese", "lb": "Luxembourgish", "af": "Afrikaans", "sw": "Swahili", "tl": "Filipino", "ms": "Malay",
    "be": "Belarusian", "kk": "Kazakh", "uz": "Uzbek", "az": "Azerbaijani", "hy": "Armenian", "ka": "Georgian",
    "mn": "Mongolian", "ur": "Urdu", "bn": "Bengali", "ta": "Tamil", "te": "Telugu", "mr": "Marathi",
    "gu": "Gujarati", "kn": "Kannada", "ml": "Malayalam", "pa": "Punjabi", "or": "Odia", "ne": "Nepali",
    "si": "Sinhala", "km": "Khmer", "lo": "Lao", "my": "Burmese", "am": "Amharic",
    "ldap": "LDAP", "vcard": "vCard",
}  # fmt: skip
"""ISO 639-1 code -> English name. Where two languages share a word, the earlier one is named in the reason.

At the end stand standards whose short names ("sn") are words of no language.
"""

STANDARDS = frozenset({"ldap", "vcard"})


@cache
def synonyms(language: str) -> dict[str, list[str]]:
    """Read a language's words: field -> words with their marks, the most usual first.

    How the files are written stands in `vocabulary/README.md`.
    """
    text = (files(__package__) / "vocabulary" / f"{language}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.replace("\n  ", " ").splitlines() if line and not line.startswith("#")]
    found = (line.partition(":") for line in lines)
    return {field: [word.strip() for word in words.split(",")] for field, _, words in found}
