"""How an option is declared, and what doors read from the declaration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, Field


class Panel(Enum):
    """A group of options: its key in forms, its title elsewhere."""

    READING = "Reading the file (detected by default)"
    MAPPING = "Column mapping"
    VALUES = "Reading values"
    MATCHING = "Matching and updating contacts"
    SIMILAR = "Fuzzy duplicates"
    GROUPS = "Tags, groups and status"
    CONSENT = "Consent and suppression"
    ADVANCED = "Review and events"
    OUTPUT = "Output"
    CONTACTS = "Contacts to export"

    @property
    def key(self) -> str:
        """The name of the group in a form."""
        return self.name.lower()


@dataclass(frozen=True)
class Option:
    """The declaration of one option: what every door shows for it and how it is passed.

    `flag`, `short`: on the command line; empty if not offered there. `comma`: a list is passed as one value (a,b), not
    as a repeated flag. `strict`: it affects consent or deletes something, so an empty value is an error rather than
    the default. `can_be_default`: the settings file may set it for all imports. `excludes`: options that cannot be
    combined with it. `example`: a JSON value.
    """

    name: str
    annotation: Any
    default: Any
    help: str
    panel: Panel
    example: Any = None
    flag: str = ""
    short: str = ""
    metavar: str = ""
    comma: bool = False
    strict: bool = False
    can_be_default: bool = True
    excludes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def plain_type(self) -> Any:  # noqa: ANN401 - a type, or a generic one
        """The annotation without None; object if more than one type remains."""
        if get_origin(self.annotation) in (Union, UnionType):
            kinds = [kind for kind in get_args(self.annotation) if kind is not type(None)]
            return kinds[0] if len(kinds) == 1 else object
        return self.annotation

    @property
    def kind(self) -> type:
        """What a door has to ask for: bool, tuple, dict, an Enum, an options model, or str."""
        kind = get_origin(self.plain_type) or self.plain_type
        known = isinstance(kind, type) and issubclass(kind, (bool, tuple, dict, Enum, BaseModel))
        return kind if known else str

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed words (for a list or mapping, of its values); empty if any text is allowed."""
        arguments = get_args(self.plain_type)
        of = self.plain_type if not arguments else arguments[0 if self.kind is tuple else -1]
        enum = isinstance(of, type) and issubclass(of, Enum)
        return (*(word.value for word in of), *self.words) if enum else self.words

    @property
    def clears(self) -> bool:
        """Whether an empty text stands for the built-in default of having no value."""
        return not self.strict and self.default in (None, (), {}) and not issubclass(self.kind, (bool, Enum))


def declared(model: type[BaseModel]) -> tuple[Option, ...]:
    """Return the options of a model, in the order of their panels."""
    found = []
    for name, field in model.model_fields.items():
        extra: Any = field.json_schema_extra
        told = {key.removeprefix("x-"): value for key, value in extra.items() if key != "x-panel"}
        told = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
        default = field.get_default(call_default_factory=True)
        panel = Panel[extra["x-panel"].upper()]
        example = (field.examples or [None])[0]
        found.append(Option(name, field.annotation, default, field.description or "", panel, example, **told))
    return tuple(sorted(found, key=lambda option: list(Panel).index(option.panel)))


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a model's options; `x-panel` and `x-excludes` go beyond the standard."""
    schema = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        for declaration in part.get("properties", {}).values():
            for key in [key for key in declaration if key.startswith("x-")]:
                if key not in ("x-panel", "x-excludes"):
                    del declaration[key]
    return schema


def option(  # noqa: PLR0917 - read as a line of a table
    default: Any,  # noqa: ANN401
    panel: Panel,
    help_: str,
    flag: str = "",
    metavar: str = "",
    example: Any = None,  # noqa: ANN401
    *,
    limits: dict[str, Any] | None = None,
    **extra: Any,
) -> Any:  # noqa: ANN401 - as pydantic's Field
    """Declare an option, like pydantic's `Field`. `extra`: see `Option`; `limits`: checked by pydantic."""
    told = {"flag": flag, "metavar": metavar, **extra}
    return Field(
        default,
        description=help_,
        examples=None if example is None else [example],
        json_schema_extra={"x-panel": panel.key, **{f"x-{key}": value for key, value in told.items() if value != ""}},
        **(limits or {}),
    )
