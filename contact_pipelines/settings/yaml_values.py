"""Values of the settings file: strict models, `{env: NAME}`, secrets, and error messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from contact_pipelines.errors import InvalidOption

Keys = tuple[str, ...]


class Strict(BaseModel):
    """Immutable, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def with_environment(value: Any, environment: Mapping[str, str], path: Path, keys: Keys = ()) -> Any:  # noqa: ANN401 - YAML
    """Replace `{env: NAME}`, at any depth, by the variable's value. Raises InvalidOption for one that is not set."""
    if isinstance(value, dict):
        if set(value) == {"env"} and isinstance(value["env"], str):
            if value["env"] not in environment:
                where = ".".join(keys)
                raise InvalidOption(
                    f"The settings file {path} needs the environment variable {value['env']} at {where}."
                )
            return environment[value["env"]]
        return {key: with_environment(item, environment, path, (*keys, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [with_environment(item, environment, path, (*keys, str(at))) for at, item in enumerate(value)]
    return value


def require_secrets_from_environment(content: Mapping[str, Any], secrets: Iterable[Keys], path: Path) -> None:
    """Raise InvalidOption if a secret is written in the file. `secrets`: their keys; `*` is any entry of a list."""
    for keys in secrets:
        for holder, place in _holders(content, keys[:-1]):
            require_no_secret(holder, keys[-1:], path, place)


def _holders(content: Any, keys: Keys, place: Keys = ()) -> Iterator[tuple[Mapping[str, Any], Keys]]:  # noqa: ANN401 - YAML
    """Yield the mappings at a place in the file, and that place as errors name it."""
    if not keys:
        if isinstance(content, dict):
            yield content, place
    elif keys[0] == "*" and isinstance(content, list):
        for at, item in enumerate(content):
            yield from _holders(item, keys[1:], (*place, str(at)))
    elif isinstance(content, dict) and keys[0] in content:
        yield from _holders(content[keys[0]], keys[1:], (*place, keys[0]))


def require_no_secret(holder: Mapping[str, Any], secrets: Iterable[str], path: Path, keys: Keys) -> None:
    """Raise InvalidOption if one of these keys is anything but `{env: NAME}` or null."""
    for key in secrets:
        value = holder.get(key)
        if value is not None and not (isinstance(value, dict) and set(value) == {"env"}):
            raise InvalidOption(
                f"The settings file {path} holds a secret at {'.'.join((*keys, key))}; write it as {{env: NAME}} "
                "and set that variable in the environment."
            )


def fault(error: ValidationError, model: Any = None, keys: Keys = ()) -> str:  # noqa: ANN401 - a model or a union of some
    """Return the first error, its place, and what is allowed: the end of a sentence that begins with the file.

    `keys`: where in the file the model begins. The wrong value is not quoted: it may be a secret.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    place = [part for part in first["loc"] if str(part) not in _tags(model)]
    key = ".".join((*keys, *map(str, place)))
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = ", ".join(_known_keys(model, first["loc"][:-1]))
        return f"has an unknown key {key}" + (f"; the keys are {known}." if known else ".")
    if first["type"] == "missing":
        return f"lacks the key {key}."
    return f"has a wrong value at {key}: {said}." if key else f"cannot be used: {said}."


def _tags(model: Any) -> set[str]:  # noqa: ANN401
    """Return the tags of a union's models, which pydantic puts into an error's place."""
    tags: set[str] = set()
    for option in _models(model):
        if len(list(_models(model))) > 1:
            tags |= {str(value) for value in get_args(option.model_fields["type"].annotation)}
    return tags


def _models(annotation: Any) -> Iterable[type[BaseModel]]:  # noqa: ANN401
    """Yield the models in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


def _known_keys(model: Any, place: Iterable[int | str]) -> list[str]:  # noqa: ANN401
    """Return the keys allowed at a place in a model."""
    current = list(_models(model))
    for part in place:
        if len(current) > 1:  # the tag of a union's model
            current = [one for one in current if part in get_args(one.model_fields["type"].annotation)]
        elif current and isinstance(part, str) and part in current[0].model_fields:
            current = list(_models(current[0].model_fields[part].annotation))
        elif isinstance(part, str) and current:
            continue  # a key of a mapping whose values are the model
    return [field.alias or name for name, field in current[0].model_fields.items()] if len(current) == 1 else []
