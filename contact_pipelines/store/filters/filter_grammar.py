"""The grammar of filters: from a text to lark's tree, or the error and its place.

Whatever has the form of comparisons gets a tree. Whether its names, operators and values fit each other is found by
`filter_reader`, which can say what is allowed instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

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
%ignore /\s+/
"""
_NEVER_NEIGHBOURS = {
    ("STRING", "STRING"),  # SQL would join them
    ("MINUS", "MINUS"),  # SQL would read a comment
    ("COMMA", "COMMA"),
    ("COMMA", "RPAR"),
}
_MISPLACED = "this cannot stand here; between two comparisons write AND or OR."
_NO_KEY = re.compile(r'\.\s*(?![\w"])')
# Up to the first quote that nothing closes. A doubled quote closes and opens again, which comes to the same.
_CLOSED = re.compile(r"""(?:[^'"]|'[^']*'|"[^"]*")*+""")


def parse(text: str) -> Tree[Token] | Token:
    """Return lark's tree of a filter, or the only token that it is. Raises InvalidFilter."""
    _check_text(text)
    state = _lark().parse_interactive(text)
    tokens = list(_checked(text, state.lexer_thread.lex(state.parser_state)))
    _check_nesting(text, tokens)
    try:
        for token in tokens:
            state.feed_token(token)
        found: Tree[Token] | Token = state.feed_eof(tokens[-1])
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise _wrong(text, tokens[-1], "something is missing behind it.") from None
        raise _wrong(text, error.token, _MISPLACED) from None
    return found


@cache
def _lark() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic")


def place_of(token: Token) -> tuple[int, int]:
    """Return where a token begins and ends in the text, from 0."""
    start = token.start_pos or 0
    return start, start + len(token)


def check_length(text: str) -> None:
    """Raise InvalidFilter if the text is longer than a filter may be."""
    if len(text) > LONGEST_FILTER:
        raise InvalidFilter(
            f"The filter, written out, has {len(text):,} characters; {LONGEST_FILTER:,} are allowed.",
            LONGEST_FILTER + 1,
        )


def wrong_at(text: str, start: int, end: int, why: str) -> InvalidFilter:
    """Return the error about `text[start:end]` (from 0); `why` says what is wrong and what is allowed."""
    word = text[start:end]
    if len(word) > _LONGEST_WORD:
        word = word[: _LONGEST_WORD - 1] + "…"
    told = f", at {word}" if word.strip() else ", at its end" if start >= len(text) else ""
    return InvalidFilter(f"The filter is wrong at character {start + 1}{told}: {why}", start + 1)


def _wrong(text: str, token: Token, why: str) -> InvalidFilter:
    return wrong_at(text, *place_of(token), why)


def _check_text(text: str) -> None:
    if not text.strip():
        raise InvalidFilter("The filter is empty. Write a condition such as lead_score > 50, or leave it out.")
    check_length(text)
    # PostgreSQL's text holds neither, not even inside quotes.
    if never := re.search("[\x00\ud800-\udfff]", text):
        raise wrong_at(text, never.start(), never.start(), "this character cannot be part of a filter.")
    if (closed := _CLOSED.match(text)) and (end := closed.end()) < len(text):
        raise wrong_at(text, end, end + 1, "this quote is not closed.")


def _checked(text: str, tokens: Iterator[Token]) -> Iterator[Token]:
    previous = None
    try:
        for token in tokens:
            if previous is not None:
                if (previous.type, token.type) == ("NAME", "LPAR"):
                    raise _wrong(text, previous, "there are no functions in a filter.")
                if (previous.type, token.type) in _NEVER_NEIGHBOURS:
                    raise _wrong(text, token, "this cannot stand here.")
            yield token
            previous = token
    except UnexpectedCharacters as error:
        place = error.pos_in_stream
        if _NO_KEY.match(text, place):
            why = "the key of a property is expected behind it."
        else:
            why = _MISPLACED if text[place] == "." else "this has no meaning in a filter."
        raise wrong_at(text, place, place + 1, why) from None


def _check_nesting(text: str, tokens: list[Token]) -> None:
    opened: list[Token] = []
    negations = joined = 0
    for token in tokens:
        negations = negations + 1 if token.type == "NOT" else 0
        joined += token.type in ("AND", "OR")
        if token.type == "LPAR":
            opened.append(token)
        elif token.type == "RPAR":
            if not opened:
                raise _wrong(text, token, "no parenthesis is open that it could close.")
            opened.pop()
        if len(opened) + negations > DEEPEST_NESTING:
            raise _wrong(text, token, f"it is nested deeper than {DEEPEST_NESTING} times.")
        if joined >= MOST_COMPARISONS:
            raise _wrong(text, token, f"no more than {MOST_COMPARISONS} comparisons are allowed.")
    if opened:
        raise _wrong(text, opened[-1], "this parenthesis is not closed.")
