"""From the command line's texts and an options file to `ImportOptions`. The command line wins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import ImportOptions, Transformation

_HOW = {
    "columns": "--map",
    "rules": "--rule",
    "tags": "--tag",
    "lists": "--list",
    "segments": "--segment",
    "topics": "--topic",
    "saved_mapping": "--mapping",
    "transform": "--transform",
    "suppress": "--suppress-mode",
}
_TRANSFORM = re.compile(rf"(.+):({'|'.join(Transformation.model_fields)})=(.*)", re.DOTALL)


def build_options(
    values: Mapping[str, str | bool | None],
    *,
    column_pairs: Sequence[str] = (),
    rule_pairs: Sequence[str] = (),
    several: Mapping[str, Sequence[str] | None] | None = None,
    transforms: Sequence[str] = (),
    transform_all: Mapping[str, str | bool | None] | None = None,
    column_map: dict[str, str] | None = None,
    fuzzy: Mapping[str, str | None] | None = None,
    options_file: Path | None = None,
) -> ImportOptions:
    """Return the options of one import; `values` are the single ones by name, `several` the lists, None if not given.

    A column, rule or transformation given on the command line replaces the file's of that name and leaves the
    others; tags and other lists given there replace the file's. `transform_all` goes to the column `*`; `fuzzy` are the
    keys of that option. Raises InvalidOption that names the option or the file's key.
    """
    given: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    given |= {name: list(each) for name, each in (several or {}).items() if each}
    columns = {**(column_map or {}), **_pairs("--map", '"Header=field"', column_pairs)}
    rules = _pairs("--rule", "field=rule", rule_pairs)
    transform = _transformations(transforms, transform_all or {})
    in_file = _read(options_file) if options_file else {}
    merged = {**in_file, **given}
    for name, pairs in (("columns", columns), ("rules", rules), ("transform", transform)):
        if pairs:
            kept = {} if name == "columns" and column_map is not None else in_file.get(name) or {}
            merged[name] = {**kept, **pairs} if isinstance(kept, dict) else kept
    if column_map is not None:
        merged["only_given_columns"] = True
    search = {key: value for key, value in (fuzzy or {}).items() if value is not None}
    if search:
        kept = in_file.get("fuzzy")
        merged["fuzzy"] = {**(kept if isinstance(kept, dict) else {}), **search}
    _validate(in_file, options_file)
    return _validate(merged, None)


def read_column_map(text: str) -> str:
    """Return the JSON of --column-map: the text itself, or the content of the file that `@FILE` names."""
    if not text.startswith("@"):
        return text
    return _text_of(Path(text[1:]), "--column-map")


def _pairs(option: str, form: str, texts: Sequence[str]) -> dict[str, str]:
    """Split each text at its last `=`, since a header may hold one."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        name, value = name.strip(), value.strip()
        if not (equals and name and value):
            raise InvalidOption(f"{option} {text!r} is not of the form {option} {form}.")
        if pairs.get(name, value) != value:
            raise InvalidOption(f"{option} gives {name!r} twice, as {pairs[name]} and as {value}; keep one of them.")
        pairs[name] = value
    return pairs


def _transformations(texts: Sequence[str], of_all: Mapping[str, str | bool | None]) -> dict[str, dict[str, str | bool]]:
    """Read `Column:key=value`, column by column."""
    found: dict[str, dict[str, str | bool]] = {}
    for key, value in of_all.items():
        if value is not None and value is not False:
            found.setdefault("*", {})[key] = value
    for text in texts:
        match = _TRANSFORM.fullmatch(text)
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


def _text_of(path: Path, option: str) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidOption(f"The file {path} that {option} names is not UTF-8 text.") from None
    except OSError as error:
        raise InvalidOption(f"The file {path} that {option} names cannot be read: {error.strerror}.") from None


def _validate(values: dict[str, Any], path: Path | None) -> ImportOptions:
    try:
        return ImportOptions.model_validate(values)
    except ValidationError as error:
        raise InvalidOption(option_sentence(error, path)) from None


def option_sentence(error: ValidationError, path: Path | None = None) -> str:
    """Say what is wrong with an option of the command line, or with a key of the options file at `path`."""
    first = error.errors(include_url=False)[0]
    keys = [str(part) for part in first["loc"]]
    said = first["msg"].removeprefix("Value error, ")
    if path is not None:
        known = ", ".join(ImportOptions.model_fields)
        if first["type"] == "extra_forbidden":
            of = f"; the keys are {known}" if len(keys) == 1 else ""
            return f"The options file {path} has an unknown key {'.'.join(keys)}{of}."
        return f"The options file {path} has a wrong value at {'.'.join(keys)}: {said}."
    option = _HOW.get(keys[0], "--" + keys[0].replace("_", "-"))
    if keys[0] == "fuzzy" and keys[1:] and keys[1] != "on":
        option = f"--fuzzy-{keys[1]}"
    of = f" of {':'.join(keys[1:])}" if keys[0] in ("rules", "transform") and len(keys) > 1 else ""
    return f"The value of {option}{of} is wrong: {said}."
