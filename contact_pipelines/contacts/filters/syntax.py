"""The grammar: a filter's text to sqlglot's expressions, each with its place.

sqlglot knows all of SQL. So its tokenizer is given the few words that a filter has, any other kind of token is refused
where it stands, and what could make its parser recurse or look for a function is refused before it runs.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from contact_pipelines.contacts.filters.fields import SEARCH
from contact_pipelines.contacts.filters.places import LONGEST_FILTER, check_length, wrong_at
from contact_pipelines.errors import InvalidFilter

DEEPEST_NESTING = 20
MOST_COMPARISONS = 200

_CONTAINS = TokenType.AT_GT  # PostgreSQL's @>, which says the same of an array
_OPERATORS = {
    "=": TokenType.EQ,
    "==": TokenType.EQ,
    "<>": TokenType.NEQ,
    "!=": TokenType.NEQ,
    "<": TokenType.LT,
    "<=": TokenType.LTE,
    ">": TokenType.GT,
    ">=": TokenType.GTE,
}
_WORDS = {
    "AND": TokenType.AND,
    "OR": TokenType.OR,
    "NOT": TokenType.NOT,
    "IN": TokenType.IN,
    "BETWEEN": TokenType.BETWEEN,
    "LIKE": TokenType.LIKE,
    "ILIKE": TokenType.ILIKE,
    "IS": TokenType.IS,
    "NULL": TokenType.NULL,
    "TRUE": TokenType.TRUE,
    "FALSE": TokenType.FALSE,
    "CONTAINS": _CONTAINS,
    "ANY": TokenType.ANY,
    "ALL": TokenType.ALL,
}
_NAMES = {TokenType.VAR, TokenType.IDENTIFIER}
_SIGNS = {TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA, TokenType.DOT, TokenType.DASH}
_KNOWN = {*_OPERATORS.values(), *_WORDS.values(), *_NAMES, TokenType.STRING, TokenType.NUMBER, *_SIGNS}
_NEVER_NEIGHBOURS = {
    (TokenType.STRING, TokenType.STRING),  # SQL would join them
    (TokenType.DASH, TokenType.DASH),  # SQL would read a comment
    (TokenType.COMMA, TokenType.COMMA),
    (TokenType.COMMA, TokenType.R_PAREN),
}
_AFTER_DOT = {*_WORDS.values(), *_NAMES, TokenType.NUMBER}  # the key of a property may be any word


def _between(parser: Parser, this: exp.Expr) -> exp.Expr:
    low = parser._parse_bitwise()  # noqa: SLF001 - how sqlglot's own dialects extend its parser
    if not parser._match(TokenType.AND):  # noqa: SLF001
        parser.raise_error("Expecting AND")
    return parser.expression(exp.Between(this=this, low=low, high=parser._parse_bitwise()))  # noqa: SLF001


def _contains(parser: Parser, this: exp.Expr) -> exp.Expr:
    if parser._match(TokenType.ANY):  # noqa: SLF001
        kind: type[exp.Expr] = exp.ArrayOverlaps
    else:
        kind = exp.ArrayContainsAll if parser._match(TokenType.ALL) else exp.ArrayContains  # noqa: SLF001
    return parser.expression(kind(this=this, expression=parser._parse_bitwise()))  # noqa: SLF001


class _FilterTokenizer(Tokenizer):
    KEYWORDS = {**_OPERATORS, **_WORDS}  # noqa: RUF012 - sqlglot's metaclass reads it
    COMMENTS = []  # noqa: RUF012


class _FilterParser(Parser):
    RANGE_PARSERS = {  # noqa: RUF012
        **{word: Parser.RANGE_PARSERS[word] for word in (TokenType.IN, TokenType.IS, TokenType.LIKE, TokenType.ILIKE)},
        TokenType.BETWEEN: _between,
        _CONTAINS: _contains,
    }
    PRIMARY_PARSERS = {  # noqa: RUF012 - as sqlglot's, but that these words have a place
        **Parser.PRIMARY_PARSERS,
        TokenType.NULL: lambda self, token: self.expression(exp.Null(), token),
        TokenType.TRUE: lambda self, token: self.expression(exp.Boolean(this=True), token),
        TokenType.FALSE: lambda self, token: self.expression(exp.Boolean(this=False), token),
    }


class _FilterDialect(Dialect):
    IDENTIFIERS_CAN_START_WITH_DIGIT = True  # so may a property's key
    Tokenizer = _FilterTokenizer
    Parser = _FilterParser


def parse(text: str) -> exp.Expr:
    """Return the expression that a filter's text is. Raises InvalidFilter. Each leaf's `meta` holds start and end."""
    _check_text(text)
    tokens = _tokens(text)
    _check_tokens(text, tokens)
    _check_nesting(text, tokens)
    parser = _FilterParser(error_level=ErrorLevel.IMMEDIATE, error_message_context=LONGEST_FILTER, dialect=_DIALECT)
    try:
        [found] = parser.parse_into(exp.Condition, _prepared(tokens), text)
    except ParseError as error:
        raise _located(text, error) from None
    except RecursionError:  # the caller left little of the stack
        raise InvalidFilter("The filter is nested too deep; write it with fewer parentheses.") from None
    if found is None:
        raise wrong_at(text, 0, len(text), "it is not a condition such as lead_score > 50.")
    return found


_DIALECT = _FilterDialect()


def _check_text(text: str) -> None:
    if not text.strip():
        raise InvalidFilter("The filter is empty. Write a condition such as lead_score > 50, or leave it out.")
    check_length(text)
    for place, character in enumerate(text):
        # PostgreSQL's text holds neither, not even inside quotes.
        if character == "\x00" or "\ud800" <= character <= "\udfff":
            raise wrong_at(text, place, place, "this character cannot be part of a filter.")


def _tokens(text: str) -> list[Token]:
    try:
        return _DIALECT.tokenize(text)
    except TokenError:
        start = _open_quote(text)
        raise wrong_at(text, start, start + 1, "this quote is not closed.") from None


def _open_quote(text: str) -> int:
    """Return where the quote stands that nothing closes. A doubled quote closes and opens again, which is the same."""
    opened, quote = 0, ""
    for place, character in enumerate(text):
        if not quote and character in "'\"":
            opened, quote = place, character
        elif character == quote:
            quote = ""
    return opened


def _check_tokens(text: str, tokens: list[Token]) -> None:
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        kind, next_kind = token.token_type, following and following.token_type
        if kind not in _KNOWN or token.comments:
            raise _wrong(text, token, "this has no meaning in a filter.")
        if kind in _NAMES and next_kind is TokenType.L_PAREN:
            raise _wrong(text, token, "there are no functions in a filter.")
        if kind is TokenType.DOT and next_kind not in _AFTER_DOT:
            raise _wrong(text, token, "the key of a property is expected behind it.")
        if following is not None and (kind, next_kind) in _NEVER_NEIGHBOURS:
            raise _wrong(text, following, "this cannot stand here.")


def _check_nesting(text: str, tokens: list[Token]) -> None:
    opened: list[Token] = []
    negations = joined = 0
    for token in tokens:
        kind = token.token_type
        negations = negations + 1 if kind is TokenType.NOT else 0
        joined += kind in (TokenType.AND, TokenType.OR)
        if kind is TokenType.L_PAREN:
            opened.append(token)
        elif kind is TokenType.R_PAREN:
            if not opened:
                raise _wrong(text, token, "no parenthesis is open that it could close.")
            opened.pop()
        if len(opened) + negations > DEEPEST_NESTING:
            raise _wrong(text, token, f"it is nested deeper than {DEEPEST_NESTING} times.")
        if joined >= MOST_COMPARISONS:
            raise _wrong(text, token, f"no more than {MOST_COMPARISONS} comparisons are allowed.")
    if opened:
        raise _wrong(text, opened[-1], "this parenthesis is not closed.")


def _prepared(tokens: list[Token]) -> list[Token]:
    """Return the tokens for the parser: names are names whatever SQL knows them as, `search 'x'` has its `=`."""
    prepared: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.STRING and _is_search(prepared):
            prepared.append(_like(token, TokenType.EQ, "="))
        after_dot = bool(prepared) and prepared[-1].token_type is TokenType.DOT
        is_name = after_dot or token.token_type in _NAMES
        prepared.append(_like(token, TokenType.IDENTIFIER, token.text) if is_name else token)
    return prepared


def _is_search(prepared: list[Token]) -> bool:
    return bool(prepared) and prepared[-1].text.lower() == SEARCH and prepared[-1].token_type is TokenType.IDENTIFIER


def _like(token: Token, kind: TokenType, text: str) -> Token:
    return Token(kind, text, token.line, token.col, token.start, token.end, [])


def _wrong(text: str, token: Token, why: str) -> InvalidFilter:
    return wrong_at(text, token.start, token.end + 1, why)


def _located(text: str, error: ParseError) -> InvalidFilter:
    found = error.errors[0]
    start = len(found["start_context"])
    end = start + len(found["highlight"])
    if text[end:].strip() or "Unexpected token" in found["description"]:
        return wrong_at(text, start, end, "this cannot stand here; between two comparisons write AND or OR.")
    return wrong_at(text, start, end, "something is missing behind it.")
