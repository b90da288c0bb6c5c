"""Launchpad forms generated from the declared options (`options.py`), grouped by panel."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from itertools import groupby
from types import GenericAlias
from typing import Any, TypeVar, get_args

import dagster as dg
from pydantic import BaseModel, Field, ValidationError, create_model

from contact_pipelines.errors import InvalidOption
from contact_pipelines.models.option_declarations import Option, declared

_Model = TypeVar("_Model", bound=BaseModel)


def grouped_form(name: str, model: type[BaseModel], doc: str, **fields: Any) -> type[dg.Config]:
    """Return a form of `fields`, which come first, and the model's options.

    Options are not pre-filled: null means not given, and any given value counts, even the built-in default.
    """
    for panel, options in groupby(declared(model), key=lambda option: option.panel):
        members: dict[str, Any] = {option.name: _field(name, option) for option in options}
        group: Any = create_model(f"{name}{panel.key.title()}", __base__=dg.Config, __doc__=panel.value, **members)
        # Dagster pre-fills the empty group only if it can be null, and then a person sees that it is there.
        fields[panel.key] = (group | None, Field(default={}, validate_default=True, description=f"{panel.value}."))
    form: Any = create_model(name, __base__=dg.Config, __doc__=doc, **fields)
    return form


def form_options(form: dg.Config, model: type[_Model]) -> _Model:
    """Return the options given in a form. Raises InvalidOption, which names the option."""
    given: dict[str, Any] = {}
    for option in declared(model):
        value = _plain(getattr(getattr(form, option.panel.key), option.name, None))
        if value is not None:
            given[option.name] = option.default if value == "" and option.clears else value
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidOption(f"The option {place} cannot be used: {said}.") from None


def _field(form: str, option: Option) -> tuple[Any, Any]:
    """Return an option's field, with its type and description."""
    # Dagster shows an enum's names and reads its values, so both are the option's words.
    words: Any = option.choices and Enum(f"{form}_{option.name}", {word: word for word in option.choices})
    values = words or (str if get_args(option.plain_type)[-1:] == (str,) else Any)
    kinds: dict[type, Any] = {
        bool: bool,
        tuple: list[str],
        dict: GenericAlias(dict, (str, values)),
        str: str if option.plain_type is str else Any,
    }
    kind = kinds.get(option.kind) or words or dict[str, Any]
    text = f"{option.help}."
    if option.default not in (None, (), {}, ""):
        default = option.default if isinstance(option.default, tuple) else (option.default,)
        text += f" Built-in default: {', '.join(_word(it) for it in default)}."
    if option.example is not None:
        text += f" Example: {_yaml(option.example)}"
    return (kind | None, Field(default=None, description=text))


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _yaml(value: object) -> str:
    import yaml

    return yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("...\n").strip()


def _plain(value: Any) -> Any:  # noqa: ANN401 - what a form holds
    """Return a form's value as JSON, with texts trimmed."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value.strip() if isinstance(value, str) else value
