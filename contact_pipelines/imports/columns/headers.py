"""Splits headers into normalised words: "E-Mail 1 [Required]" and "eMail1" become equal."""

# ruff: noqa: RUF001 - letters of many alphabets look like those of others
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

LONGEST = 120
"""Characters. A longer header is a question or garbage, never the name of a field."""

_SYMBOLS = {  # replaced before compatibility forms: "Nº" would become "No"
    "☎": "phone",
    "📞": "phone",
    "📱": "phone",
    "✆": "phone",
    "✉": "email",
    "📧": "email",
    "🎂": "birthday",
    "〒": "郵便番号",
    "№": "number",
    "n°": "number",
    "N°": "number",
    "nº": "number",
    "Nº": "number",
}
_UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ё": "е"}
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ORDINAL_NOISE = re.compile(r"^[\s#(]*\d{1,3}\s*[.):_\-]+\s*(?=\D)")
_BRACKETS = re.compile(r"[(\[{<【「〔]([^()\[\]{}<>【】「」〔〕]*)[)\]}>】」〕]")
_HINT = re.compile(
    r"""\s*(?: [*!✱]* | (?:is\ )?(?:required|mandatory|optional|optionnel|obligatoire|facultatif)
        | upload\ only | if\ (?:applicable|any|known|available|different)
        | falls\ vorhanden | si\ aplica | pflicht(?:feld|angabe)? | freiwillig | obligatorio | opcional
        | obbligatorio | facoltativo
        | verplicht | optioneel | obrigat[óo]rio | wymagane | opcjonalnie | обязательно | необязательно
        | 必須 | 任意 | 必填 | 选填
        | 選填 | 필수 | 선택 | (?:e\.?\s?g\.?|z\.?\s?b\.?|ex\.?|example|format)\b.* | [dmyhsjat\s:./,\-]{6,}
        | [\d\s.,\-–+%]* ) \s*""",
    re.VERBOSE | re.IGNORECASE,
)
_ASKING = re.compile(
    r"(?:を|の)?ご?(?:記入|入力)(?:して)?(?:ください|下さい)|をお(?:聞かせ|書き|答え)(?:ください|下さい)"
    r"|(?:을|를)?\s*(?:입력|기입|작성|적어|써|남겨|알려)해?\s*(?:주세요|주십시오)|(?:请|請)(?:输入|填写|提供|留下|輸入|填寫)(?:您的|你的|妳的)?"
)
"""How forms ask for a field in languages that write no space between the request and the name."""
_ASCII_WORD = re.compile(r"[a-z]+|\d+")
_TYPE_OF = re.compile(r";\s*TYPE\s*=", re.IGNORECASE)
"""The parameter of a vCard property: "TEL;TYPE=CELL" is a kind of phone, "Phone type" is not."""
_MOJIBAKE = re.compile(r"[ÃÂ][\x80-\xbf€-™]|Ð|Ñ")


@lru_cache(maxsize=8192)
def words(header: str) -> tuple[str, ...]:
    """Split a header into comparable words; empty if there are none, or if it is too long to be a name.

    Compatibility forms (NFKC), case and Latin or Greek accents are folded, camelCase, snake_case and kebab-case are
    split, digits stand alone. A leading ordinal ("1.", "03_") and hints in brackets such as "[Required]" are dropped;
    other text in brackets stays: "Email (manager)" is not "Email".
    """
    if len(header) > LONGEST:
        return ()
    text = _mended(header)
    if not text.isascii():
        for symbol, word in _SYMBOLS.items():
            text = text.replace(symbol, f" {word} ")
        text = _ASKING.sub(" ", unicodedata.normalize("NFKC", text))
    text = _TYPE_OF.sub(" ", text)
    text = _BRACKETS.sub(lambda found: " " if _HINT.fullmatch(found[1]) else f" {found[1]} ", text)
    text = _ORDINAL_NOISE.sub("", text).replace("#", " number ")
    text = _folded(_CAMEL.sub(" ", text))
    found = _ASCII_WORD.findall(text) if text.isascii() else _split_letters_and_marks(text)
    return tuple(_joined_email(found))


def compact(parts: tuple[str, ...] | list[str]) -> str:
    """Return words without the spaces between them, as the dictionary is keyed: first name = firstname."""
    return "".join(parts)


def _mended(header: str) -> str:
    """Repair UTF-8 that was read as Windows-1252 ("TelÃ©fono"), where that is certain."""
    if not _MOJIBAKE.search(header):
        return header
    try:
        return header.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return header


def _folded(text: str) -> str:
    """Fold case, and the accents of Latin and Greek letters; in other scripts the marks count as letters."""
    if text.isascii():
        return text.casefold()
    kept: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFKD", text.casefold()):
        if unicodedata.category(char) == "Mn":
            if base < "\u0400":
                continue
        else:
            base = char
        kept.append(char)
    return unicodedata.normalize("NFKC", "".join(kept)).translate(_UNDECOMPOSED)


def _split_letters_and_marks(text: str) -> list[str]:
    """Split into runs of letters (with their marks) and runs of digits, without format characters."""
    parts: list[str] = []
    last = ""
    for char in text:
        kind = unicodedata.category(char)
        if kind == "Cf" or (char in "'’ʼ" and last == "L" and not char.isascii()):
            continue
        group = "L" if kind[0] in "LM" else "N" if kind[0] == "N" else ""
        if group and group == last:
            parts[-1] += char
        elif group:
            parts.append(char)
        last = group
    return parts


def _joined_email(parts: list[str]) -> list[str]:
    """Write "e mail" as "email" anywhere: it is the one word that people hyphenate at random."""
    joined: list[str] = []
    for part in parts:
        if part in {"mail", "mails", "mailadresse", "mailadres"} and joined and joined[-1] == "e":
            joined[-1] = "e" + part
        else:
            joined.append(part)
    return joined


@cache
def word_lists(path: str) -> dict[str, list[str]]:
    """Read a file of lists such as `word_lists/people`: name -> words or phrases, in order.

    `vocabulary/README.md` describes the format.
    """
    text = (files(__package__) / f"{path}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.replace("\n  ", " ").splitlines() if line and not line.startswith("#")]
    found = (line.partition(":") for line in lines)
    return {name: [word.strip() for word in listed.split(",")] for name, _, listed in found}


def word_set(listed: Iterable[str]) -> frozenset[str]:
    """Fold listed words as `words` folds those of a header."""
    return frozenset(word for text in listed for word in words(text))


def phrase_set(listed: Iterable[str]) -> frozenset[str]:
    """Fold listed phrases, each without the spaces between its words."""
    return frozenset(compact(words(phrase)) for phrase in listed)
