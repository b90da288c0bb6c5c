"""Guesses the encoding of non-UTF-8 text: the one whose words read most like names.

`take_sample` takes lines that are not ASCII from the whole file; `guess_encoding` weighs their words. Each candidate
encoding decodes the words in its own way. The score of a decoding is a sum of log probabilities: of the form of each
word (`JosŽ` is no name) and of the letters in a language (both `encoding_letters`). All candidates explain the same
bytes, so the scores compare, and Bayes' rule turns them into a confidence. General detectors need paragraphs; a contact
list may hold a single `Müller`.
"""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import exp, log
from typing import BinaryIO

from contact_pipelines.imports.stage.byte_scan import CHUNK, CONTINUED, is_utf8
from contact_pipelines.imports.stage.encoding_letters import (
    CANDIDATES,
    IDEOGRAMS,
    LATIN,
    SYLLABLES,
    Candidate,
    Language,
    form_score,
    sign_of,
)

MOST_WORDS = 300
"""Words that are weighed, taken evenly; more do not change the answer."""
LONGEST_WORD = 96
"""Bytes of a word that are weighed."""
PURE_GUESS = 0.6
"""The highest confidence where no word shows a letter in question beside another letter."""

_TRUST = 0.8
"""Weight of the scores, since chances are not independent. Fitted so that a confidence of 80 % is right in 80 %."""
_OLD_MAC = 15
"""How many times likelier the encodings of a Mac are in a file whose lines end as a Mac's did."""
_UNREADABLE, _UNREADABLE_BYTE = -10.0, -4.0
"""A word that an encoding cannot decode: a damaged cell or the wrong encoding, less likely than any reading."""
_LONE_LETTER = log(0.001)
"""A single letter as a word, which says nothing about its language."""
_AGAINST_HABIT = log(0.05)
_OUTSIDE_ASCII = 0.12
"""Share of the letters of a word in Latin script (one that has any) that are not ASCII."""
_LISTED_IDEOGRAMS = 0.65
"""Share of the ideograms or syllables of names and addresses that `encoding_letters` lists."""
_COMMON, _RARE, _FOREIGN = log(0.33 / 3000), log(0.015 / 3500), log(0.002 / 20000)
"""One ideogram that is not listed: of a character set's common level, of its rare one, in none."""
_LEVELS = {
    "Chinese": ("gb2312", 0xD8),
    "Traditional Chinese": ("big5", 0xC9),
    "Japanese": ("euc_jp", 0xD0),
    "Korean": ("euc_kr", 0xC9),
}
"""The national character set of a language and the first byte that its rare characters begin with (RFC 1922, 1468)."""
BUDGET = 256 * 1024
"""Bytes of lines that are looked at, taken evenly from the whole file."""
_BLOCK = 64 * 1024
_LONGEST = 4096
"""Bytes of one line that are looked at."""
_ASCII = bytes(range(CONTINUED))
_BETWEEN_WORDS = re.compile(rb"[\x00-\x2f\x3a-\x3f]+")
"""Bytes that are never part of a character of several bytes; digits are, in GB18030, and stay."""
_CUT_WORD = re.compile(rb"[^\x00-\x3f]*\Z")
_LEADS = {1: 0xC0, 2: 0xE0, 3: 0xF0}
"""By its distance from the end: from which byte on a UTF-8 character is cut off there."""


@dataclass
class Sample:
    """Lines that are not ASCII, and what the whole file holds."""

    lines: list[bytes] = field(default_factory=list)
    high_bytes: set[int] = field(default_factory=set)
    newlines: bool = False
    returns: bool = False

    @property
    def old_mac(self) -> bool:
        """Whether lines end as they did on a Mac before 2001, and do when Excel saves "CSV (Macintosh)"."""
        return self.returns and not self.newlines

    @property
    def words(self) -> list[bytes]:
        """The distinct words that are not ASCII, in the order of their first appearance.

        Words in UTF-8 come from elsewhere, in a file that is not, and are left out if there are others.
        """
        words = dict.fromkeys(word for line in self.lines for word in _BETWEEN_WORDS.split(line))
        foreign = [word for word in words if not word.isascii()]
        return [word for word in foreign if not is_utf8(word)] or foreign

    @property
    def utf8_share(self) -> float:
        """Which share of the lines is valid UTF-8, 0 to 1."""
        return sum(map(is_utf8, self.lines)) / len(self.lines) if self.lines else 1.0


def is_valid_utf8(file: BinaryIO, start: int) -> bool:
    """Whether the file is UTF-8 (or ASCII) from `start` on; stops at the first piece that is not."""
    file.seek(start)
    rest = b""
    while chunk := file.read(CHUNK):
        if not rest and chunk.isascii():
            continue
        data = rest + chunk
        cut = _whole_characters(data)
        if not is_utf8(data[:cut]):
            return False
        rest = data[cut:]
    return not rest


def _whole_characters(data: bytes) -> int:
    """Return where a last character begins that is cut off, or else the length."""
    for back, lead in _LEADS.items():
        if data[-back:][0] >= lead:
            return len(data) - back
        if data[-back:][0] < CONTINUED:
            break
    return len(data)


def take_sample(file: BinaryIO, start: int) -> Sample:
    """Read the file once from `start` on and take lines that are not ASCII from all its parts."""
    sample = Sample()
    size = os.fstat(file.fileno()).st_size - start
    quota = BUDGET // max(1, -(-size // CHUNK))
    file.seek(start)
    while chunk := file.read(CHUNK):
        # What is known is deleted at C speed, so that only new bytes reach the set.
        sample.high_bytes.update(chunk.translate(None, _ASCII + bytes(sample.high_bytes)))
        sample.newlines = sample.newlines or b"\n" in chunk
        sample.returns = sample.returns or b"\r" in chunk
        sample.lines += _lines(chunk, quota)
    return sample


def _lines(chunk: bytes, quota: int) -> list[bytes]:
    """Return lines that are not ASCII until they have `quota` bytes, one at least if there is one."""
    found: list[bytes] = []
    for begin in range(0, len(chunk), _BLOCK):
        block = chunk[begin : begin + _BLOCK]
        if block.isascii():
            continue
        lines = block.splitlines()
        # The first and the last may be cut, unless the file begins or ends with them; a sole one is taken all the same.
        for line in lines[bool(begin) : len(lines) - (len(block) == _BLOCK)] or lines:
            if not line.isascii():
                found.append(line if len(line) <= _LONGEST else _shortened(line))
                quota -= len(found[-1])
                if quota <= 0:
                    return found
    return found


def _shortened(line: bytes) -> bytes:
    """Cut a long line, between words if it has any."""
    line = line[:_LONGEST]
    return line[: _CUT_WORD.search(line).start()] or line  # type: ignore[union-attr]  # it matches the empty end


@dataclass(frozen=True)
class Guess:
    """An encoding, what its languages are called, and how likely it reads the text right, 0 to 1."""

    name: str
    family: str
    confidence: float


def guess_encoding(words: list[bytes], *, old_mac: bool = False) -> Guess:
    """Return the likeliest encoding of `words`, which are distinct and not ASCII; `old_mac`: lines end in CR alone.

    Candidates that read all words the same share one confidence: whichever is named, the text is right.
    """
    chosen = words[:: max(1, -(-len(words) // MOST_WORDS))]
    alike: dict[tuple[str | None, ...], tuple[float, Candidate]] = {}
    for candidate in CANDIDATES:
        readings = tuple(_read(word, candidate.name) for word in chosen)
        share = candidate.share * (_OLD_MAC if old_mac and candidate.name.startswith("mac-") else 1)
        score = log(share) + _TRUST * _text_score(chosen, readings, candidate.languages)
        if readings not in alike or score > alike[readings][0]:
            alike[readings] = (score, candidate)
    readings, (top, best) = max(alike.items(), key=lambda item: item[1][0])
    confidence = 1 / sum(exp(score - top) for score, _ in alike.values())
    if not any(_shows_letters(reading) for reading in readings if reading is not None):
        confidence = min(confidence, PURE_GUESS)
    return Guess(best.name, best.family, confidence)


def _read(word: bytes, encoding: str) -> str | None:
    """Decode the beginning of a word; None if it is not of this encoding."""
    whole = len(word) <= LONGEST_WORD
    try:
        return codecs.getincrementaldecoder(encoding)().decode(word[:LONGEST_WORD], final=whole)
    except UnicodeDecodeError:
        return None


def _shows_letters(reading: str) -> bool:
    """Whether a letter outside ASCII stands beside another letter."""
    return any(
        sign_of(before).script and sign_of(after).script and not (before + after).isascii()
        for before, after in pairwise(reading)
    )


def _text_score(words: list[bytes], readings: tuple[str | None, ...], languages: tuple[Language, ...]) -> float:
    """Return the log chance of all words: half a chance for one language throughout, half for a mixture."""
    total = sum(language.share for language in languages)
    shares = [log(language.share / total) for language in languages]
    alone, mixed = shares, 0.0
    for word, reading in zip(words, readings, strict=True):
        if reading is None:
            scores = [_UNREADABLE + _UNREADABLE_BYTE * len(word[:LONGEST_WORD])] * len(languages)
        else:
            form = form_score(reading)
            scores = [form + _letters_score(reading, language) for language in languages]
        alone = [so_far + score for so_far, score in zip(alone, scores, strict=True)]
        mixed += _log_sum([share + score for share, score in zip(shares, scores, strict=True)])
    return log(0.5) + _log_sum([*alone, mixed])


def _log_sum(logs: list[float]) -> float:
    """Return the logarithm of the sum of what these are logarithms of."""
    top = max(logs)
    return top + log(sum(exp(value - top) for value in logs))


def _letters_score(word: str, language: Language) -> float:
    """Return the log chance of a word's characters in a language."""
    if len(word) == 1 and sign_of(word).script not in ("", IDEOGRAMS, SYLLABLES):
        return _LONE_LETTER
    listed = _listed_letters(language)
    letters = [character.lower() if len(character.lower()) == 1 else character for character in word]
    score = sum(listed[letter] if letter in listed else _unlisted(letter, language.name) for letter in letters)
    for before, after in pairwise(letters):
        if before in language.only_last and sign_of(after).script:
            score += _AGAINST_HABIT
        if after in language.after_vowel and not sign_of(before).vowel:
            score += _AGAINST_HABIT
    return score


@lru_cache
def _listed_letters(language: Language) -> dict[str, float]:
    """Return the log chance of each letter that is listed for a language."""
    letters = dict.fromkeys(language.letters)
    if language.name in _LEVELS:
        return dict.fromkeys(letters, log(_LISTED_IDEOGRAMS / len(letters)))
    weights = {letter: 1 / (rank + 2) for rank, letter in enumerate(letters)}
    latin = sign_of(language.letters[0]).script == LATIN
    share = (_OUTSIDE_ASCII if latin else 1.0) / sum(weights.values())
    return {letter: log(weight * share) for letter, weight in weights.items()}


@lru_cache(maxsize=70_000)
def _unlisted(character: str, language: str) -> float:
    """Return the log chance of a character that is not listed for a language."""
    sign = sign_of(character)
    if sign.script not in (IDEOGRAMS, SYLLABLES):
        return sign.chance
    if language not in _LEVELS:
        return _FOREIGN
    charset, rare_from = _LEVELS[language]
    try:
        return _COMMON if character.encode(charset)[0] < rare_from else _RARE
    except UnicodeEncodeError:
        return _FOREIGN
