"""Turns the options declared in `options.py` into command parameters, and given parameters into options.

What is declared is read when a command is called, not before: the program's own help does not wait for pydantic.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from contact_pipelines.errors import InvalidOption

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from contact_pipelines.models.option_declarations import Option
    from contact_pipelines.options import ImportOptions

_Model = TypeVar("_Model", bound="BaseModel")
_NEEDS_QUOTES = re.compile(r"[^A-Za-z0-9_,:=%/.-]")
_EVERY_COLUMN = "*"


def with_options(model: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command that takes `**given` the parameters of an options model (see `completed`)."""

    def mark(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def command(**values: Any) -> None:
            function(**values)

        own = _own_parameters(function)
        command.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
        command.options_model = model  # type: ignore[attr-defined]
        return command

    return mark


def completed(command: Callable[..., None]) -> Callable[..., None] | None:
    """Return a command with all its parameters; None if it has them already."""
    model = getattr(command, "options_model", None)
    if model is None:
        return None
    from contact_pipelines import options

    function = inspect.unwrap(command)
    own = _own_parameters(function)
    made = [_parameter(_key(place), option) for place, option in _flat(getattr(options, model))]
    required = [it for it in own if it.default is it.empty]
    parts = [it.replace(kind=it.KEYWORD_ONLY) for it in (*required, *made, *(it for it in own if it not in required))]

    def whole(**values: Any) -> None:
        function(**values)

    whole.__doc__ = function.__doc__
    whole.__signature__ = inspect.Signature(parts)  # type: ignore[attr-defined]
    whole.__annotations__ = {it.name: it.annotation for it in parts}
    return whole


def _own_parameters(function: Callable[..., None]) -> list[inspect.Parameter]:
    found = inspect.signature(function, eval_str=True).parameters.values()
    return [parameter for parameter in found if parameter.kind is not parameter.VAR_KEYWORD]


def given_values(model: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given on the command line, in the form of an options file.

    An empty value stands for a built-in default of "not set". Raises InvalidOption.
    """
    values: dict[str, Any] = {}
    for place, option in _flat(model):
        given_here = given.get(_key(place))
        if given_here in (None, [], ()):
            continue
        holder = values
        for part in place[:-1]:
            holder = holder.setdefault(part, {})
        value, there = _value(option, given_here), holder.get(option.name, {})
        if option.name == "transform":
            value = {column: {**there.get(column, {}), **value.get(column, {})} for column in {**there, **value}}
        holder[option.name] = value
    return values


def given_options(model: type[_Model], given: Mapping[str, Any]) -> _Model:
    """Return the options given on the command line. Raises InvalidOption that names the flag."""
    return validated(model, given_values(model, given))


def import_options(
    values: Mapping[str, Any], options_file: Path | None = None, column_map: dict[str, str] | None = None
) -> ImportOptions:
    """Return an import's options: the command line's, on top of those of an options file.

    A column map is the complete mapping, except where `columns` overrides it. Raises InvalidOption that names the flag
    or the key in the file.
    """
    from contact_pipelines.options import ImportOptions

    if column_map is not None:
        values = {**values, "columns": {**column_map, **values.get("columns", {})}, "only_given_columns": True}
    options = validated(ImportOptions, values)
    if options_file is None:
        return options
    in_file = validated(ImportOptions, _read(options_file), options_file)
    return options.over(in_file if column_map is None else in_file.model_copy(update={"columns": {}}))


def read_column_map(text: str) -> str:
    """Return the JSON of --column-map: the value itself, or the content of the file for `@FILE`."""
    return _text_of(Path(text[1:]), "--column-map") if text.startswith("@") else text


def validated(model: type[_Model], values: Mapping[str, Any], path: Path | None = None) -> _Model:
    """Return the options. Raises InvalidOption that names the flag, or the key of the options file at `path`."""
    from pydantic import ValidationError

    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InvalidOption(_sentence(model, error, path)) from None


def _flat(model: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], Option]]:
    """Yield each option that the command line offers with its path, such as (fuzzy, threshold).

    The keys of a transformation have their own flags, which apply to every column.
    """
    from contact_pipelines.models.option_declarations import declared
    from contact_pipelines.options import FuzzyOptions, Transformation

    inner: dict[str, tuple[tuple[str, ...], type[BaseModel]]] = {
        "fuzzy": (("fuzzy",), FuzzyOptions),
        "transform": (("transform", _EVERY_COLUMN), Transformation),
    }
    for option in declared(model):
        if option.name in inner:
            place, members = inner[option.name]
            yield from (((*place, member.name), member) for member in declared(members) if member.flag)
        if option.flag:
            yield (option.name,), option


def _key(place: tuple[str, ...]) -> str:
    """Return the parameter name for a path."""
    return "__".join(place).replace(_EVERY_COLUMN, "every")


def _parameter(key: str, option: Option) -> inspect.Parameter:
    annotation: Any = bool if option.kind is bool else list[str] if _repeatable(option) else str
    flags = [option.flag, *([option.short] if option.short else [])]
    info = typer.Option(
        *flags,
        metavar=option.metavar or None,
        help=_help(option),
        rich_help_panel=option.panel.value,
        show_default=False,
    )
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(key, kind, default=None, annotation=Annotated[annotation | None, info])


def _repeatable(option: Option) -> bool:
    return option.kind is dict or (option.kind is tuple and not option.comma)


def _help(option: Option) -> str:
    text = option.help
    if option.default and option.kind is not bool and (option.choices or option.kind is str):
        default = option.default if isinstance(option.default, tuple) else (option.default,)
        text += f" (default: {','.join(str(it) for it in default)})"
    if option.default is True:
        text += " (default)"
    text += ". Repeatable." if _repeatable(option) else "."
    return text if option.example is None else f"{text} Example: {_example(option)}"


def _example(option: Option) -> str:
    given = option.example
    if option.kind is dict:
        pairs = [(name, value) for name, value in given.items()]
        texts = [
            f"{name}:{'='.join(next(iter(value.items())))}" if isinstance(value, dict) else f"{name}={value}"
            for name, value in pairs
        ]
    elif option.kind is tuple:
        texts = [",".join(given)] if option.comma else given
    else:
        texts = [str(given)]
    quoted = [f'"{text}"' if _NEEDS_QUOTES.search(text) else text for text in texts]
    return " ".join(f"{option.flag.partition('/')[0]} {text}" for text in quoted)


def _value(option: Option, given: Any) -> Any:  # noqa: ANN401
    """Parse the value or values of a flag."""
    if _repeatable(option):
        texts = [text for text in given if text or not option.clears]
        if option.kind is tuple:
            return texts
        return _transformations(texts) if option.name == "transform" else _pairs(option, texts)
    return option.default if given == "" and option.clears else given


def _pairs(option: Option, texts: Sequence[str]) -> dict[str, str]:
    """Split each value at its last `=`, since a header may contain one."""
    pairs: dict[str, str] = {}
    flag, form = option.flag, f'"{option.metavar}"'
    for text in texts:
        name, equals, value = text.rpartition("=")
        name, value = name.strip(), value.strip()
        if not (equals and name and value):
            raise InvalidOption(f"{flag} {text!r} is not of the form {flag} {form}.")
        if pairs.get(name, value) != value:
            raise InvalidOption(f"{flag} gives {name!r} twice, as {pairs[name]} and as {value}; keep one of them.")
        pairs[name] = value
    return pairs


def _transformations(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Read `Column:key=value`, column by column."""
    from contact_pipelines.options import Transformation

    found: dict[str, dict[str, str]] = {}
    for text in texts:
        match = re.fullmatch(rf"(.+):({'|'.join(Transformation.model_fields)})=(.*)", text, re.DOTALL)
        if match is None:
            keys = ", ".join(Transformation.model_fields)
            raise InvalidOption(
                f'--transform {text!r} is not of the form --transform "Column:key=value"; the keys are {keys}.'
            )
        found.setdefault(match[1].strip(), {})[match[2]] = match[3]
    return found


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(_text_of(path, "--options"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise InvalidOption(f"The options file {path} is not valid YAML{where}.") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InvalidOption(f"The options file {path} is not a list of `option: value` lines.")
    return content


def _text_of(path: Path, flag: str) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidOption(f"The file {path} given by {flag} is not UTF-8 text.") from None
    except OSError as error:
        raise InvalidOption(f"The file {path} given by {flag} cannot be read: {error.strerror}.") from None


def _sentence(model: type[BaseModel], error: ValidationError, path: Path | None) -> str:
    """Return the message for a wrong flag, or a wrong key of the options file at `path`."""
    first = error.errors(include_url=False)[0]
    keys = [str(part) for part in first["loc"]]
    said = first["msg"].removeprefix("Value error, ")
    if path is not None:
        if first["type"] == "extra_forbidden":
            known = f"; the keys are {', '.join(model.model_fields)}" if len(keys) == 1 else ""
            return f"The options file {path} has an unknown key {'.'.join(keys)}{known}."
        return f"The options file {path} has a wrong value at {'.'.join(keys)}: {said}."
    flags = {place: option.flag.partition("/")[0] for place, option in _flat(model)}
    inner = tuple(keys[:2]) if keys[:1] == ["fuzzy"] else (keys[0],)
    flag = flags.get(inner, flags.get(("fuzzy", "on"), ""))
    of = f" of {':'.join(keys[1:])}" if keys[0] in ("rules", "transform") and len(keys) > 1 else ""
    if first["type"].startswith("datetime"):
        said = "it is a moment such as 2026-11-20T08:00:00Z, or last"
    return f"The value of {flag}{of} is wrong: {said}."
