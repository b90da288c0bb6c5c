"""The grammar of filters: parses a text to lark's tree, or reports the position of the error.

Whatever has the form of comparisons gets a tree. Whether its names, operators and values fit each other is found by
`filter_reader`, which can say what is allowed instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from lark import Lark, Token, Tree, UnexpectedToken
from lark.lark import PostLex

from contact_pipelines.errors import InvalidFilter

LONGEST_FILTER = 10_000
DEEPEST_NESTING = 20
MOST_COMPARISONS = 200
_LONGEST_WORD = 40

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction ("OR"i conjunction)*
?conjunction: negation ("AND"i negation)*
?negation: equality
    | NOT negation
?equality: order
    | equality EQUAL order -> comparison
?order: test
    | order ORDERED test -> comparison
!?test: value
    | test NOT? ("LIKE"i | "ILIKE"i | "CONTAINS"i) value -> comparison
    | test NOT? "CONTAINS"i ("ANY"i | "ALL"i) value -> comparison
    | test NOT? "BETWEEN"i value "AND"i value -> comparison
    | test NOT? "IN"i value? -> comparison
    | test NOT? "IS"i NOT? value -> comparison
    | test NOT "NULL"i -> comparison
    | SEARCH STRING -> search
?value: signed
    | value "-" signed -> difference
?signed: leaf
    | "-" leaf -> negative
!?leaf: NAME | STRING | NUMBER | "NULL"i | "TRUE"i | "FALSE"i | parentheses
parentheses: "(" (disjunction ("," disjunction)*)? ")"

NOT.1: /NOT\b|!(?!=)/i
EQUAL: "=" | "==" | "<>" | "!="
ORDERED: "<" | "<=" | ">" | ">="
SEARCH.2: /("search"|search)(?=\s*')/i
STRING: /'([^']|'')*'/
NUMBER.1: /[0-9]+(\.[0-9]*)?([eE]([+-]?[0-9]+)?)?(?![\w.])/
NAME: PART (/\s*\.\s*/ PART)*
PART: /"([^"]|"")*"/ | /[^\s()\[\]{}&^:,.\-=><%!|+;\/\\*~?@#'`"]+/
NO_KEY.1: /\.(?!\s*[\w"])/
DOT: "."
OTHER.-1: /./
%ignore /\s+/
"""
_REFUSED = {
    "NO_KEY": "the key of a property is expected behind it.",
    "OTHER": "this has no meaning in a filter.",
}
_NEVER_NEIGHBOURS = {
    ("STRING", "STRING"),  # SQL would join them
    ("MINUS", "MINUS"),  # SQL would read a comment
    ("COMMA", "COMMA"),
    ("COMMA", "RPAR"),
}
# Up to the first quote that nothing closes. A doubled quote closes and opens again, which comes to the same.
_CLOSED = re.compile(r"""(?:[^'"]|'[^']*'|"[^"]*")*+""")


def parse(text: str) -> Tree[Token] | Token:
    """Return lark's tree of a filter, or the only token that it is. Raises InvalidFilter."""
    _check_text(text)
    try:
        found: Tree[Token] | Token = _lark().parse(text)
    except UnexpectedToken as error:
        start, end = place_of(error.token)  # of the last token, if the end was not expected
        at_end = error.token.type == "$END"
        why = "this cannot stand here; between two comparisons write AND or OR."
        raise wrong_at(start, text[start:end], "something is missing behind it." if at_end else why) from None
    return found


@cache
def _lark() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", postlex=_Checks())


class _Checks(PostLex):
    """Refuses, before lark parses, what its parser could only call unexpected, and what is too much."""

    always_accept = ("NO_KEY", "DOT", "OTHER")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Return the tokens. Raises InvalidFilter."""
        tokens = list(stream)
        _check_neighbours(tokens)
        _check_nesting(tokens)
        return iter(tokens)


def place_of(token: Token) -> tuple[int, int]:
    """Return where a token begins and ends in the text, from 0."""
    return token.start_pos or 0, token.end_pos or 0


def check_length(text: str) -> None:
    """Raise InvalidFilter if the text is longer than a filter may be."""
    if len(text) > LONGEST_FILTER:
        raise InvalidFilter(
            f"The filter, written out, has {len(text):,} characters; {LONGEST_FILTER:,} are allowed.",
            LONGEST_FILTER + 1,
        )


def wrong_at(start: int, word: str, why: str) -> InvalidFilter:
    """Return the error about what stands at `start` (from 0); `why` says what is wrong and what is allowed."""
    if len(word) > _LONGEST_WORD:
        word = word[: _LONGEST_WORD - 1] + "…"
    told = f", at {word}" if word.strip() else ""
    return InvalidFilter(f"The filter is wrong at character {start + 1}{told}: {why}", start + 1)


def _wrong(token: Token, why: str) -> InvalidFilter:
    return wrong_at(token.start_pos or 0, token, why)


def _check_text(text: str) -> None:
    if not text.strip():
        raise InvalidFilter("The filter is empty. Write a condition such as lead_score > 50, or leave it out.")
    check_length(text)
    # PostgreSQL's text holds neither, not even inside quotes.
    if never := re.search("[\x00\ud800-\udfff]", text):
        raise wrong_at(never.start(), "", "this character cannot be part of a filter.")
    if (closed := _CLOSED.match(text)) and (end := closed.end()) < len(text):
        raise wrong_at(end, text[end], "this quote is not closed.")


def _check_neighbours(tokens: list[Token]) -> None:
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type in _REFUSED:
            raise _wrong(token, _REFUSED[token.type])
        if following is not None and (token.type, following.type) == ("NAME", "LPAR"):
            raise _wrong(token, "there are no functions in a filter.")
        if following is not None and (token.type, following.type) in _NEVER_NEIGHBOURS:
            raise _wrong(following, "this cannot stand here.")


def _check_nesting(tokens: list[Token]) -> None:
    opened: list[Token] = []
    negations = joined = 0
    for token in tokens:
        negations = negations + 1 if token.type == "NOT" else 0
        joined += token.type in ("AND", "OR")
        if token.type == "LPAR":
            opened.append(token)
        elif token.type == "RPAR":
            if not opened:
                raise _wrong(token, "no parenthesis is open that it could close.")
            opened.pop()
        if len(opened) + negations > DEEPEST_NESTING:
            raise _wrong(token, f"it is nested deeper than {DEEPEST_NESTING} times.")
        if joined >= MOST_COMPARISONS:
            raise _wrong(token, f"no more than {MOST_COMPARISONS} comparisons are allowed.")
    if opened:
        raise _wrong(opened[-1], "this parenthesis is not closed.")
