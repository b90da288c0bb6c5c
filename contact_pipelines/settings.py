"""Where things are and what the house asks of every import, read from the settings file and the environment.

The file is `contact_pipelines.yaml` in the working folder, or the one that CONTACT_PIPELINES_CONFIG names; the
environment wins. Wherever a value is `{env: NAME}`, the environment's variable NAME is put in. Secrets come from
there only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from contact_pipelines.errors import InvalidOption
from contact_pipelines.house import House
from contact_pipelines.models import ImportOptions

DEFAULT_HOME = ".contact_pipelines"
SETTINGS_FILE = "contact_pipelines.yaml"

_SECRETS = (("language_model", "api_key"),)


class Settings(BaseModel):
    """Typed settings; `database_url` is None for the embedded store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    database_url: str | None = None
    artifacts: str
    house: House = House()
    options: ImportOptions = ImportOptions()

    @property
    def store_folder(self) -> Path:
        """The embedded PostgreSQL's data."""
        return self.home / "postgres"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance on one machine."""
        return self.home / "dagster"


class _SettingsFile(House):
    """The keys of the settings file: those of the house rules, and these."""

    artifacts: str | None = None
    options: ImportOptions = Field(ImportOptions(), description="Defaults of every import's options")

    @field_validator("options")
    @classmethod
    def _about_all_imports(cls, value: ImportOptions) -> ImportOptions:
        for name in ("force_status", "suppress", "suppress_reason"):
            if getattr(value, name):
                raise ValueError(f"{name} cannot be a default; an import that is to do this says so itself")
        return value

    def house(self) -> House:
        return House.model_construct(**{name: getattr(self, name) for name in House.model_fields})


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file and the environment. Raises InvalidOption that names the file and the key."""
    home = Path(environment.get("CONTACT_PIPELINES_HOME") or DEFAULT_HOME).expanduser().absolute()
    given = _read_file(environment)
    return Settings(
        home=home,
        database_url=environment.get("CONTACT_PIPELINES_DATABASE_URL") or None,
        artifacts=given.artifacts or str(home / "artifacts"),
        house=given.house(),
        options=given.options,
    )


def _read_file(environment: Mapping[str, str]) -> _SettingsFile:
    named = environment.get("CONTACT_PIPELINES_CONFIG")
    path = Path(named or SETTINGS_FILE)
    if not path.exists():
        if named:
            raise InvalidOption(f"The settings file {path} that CONTACT_PIPELINES_CONFIG names does not exist.")
        return _SettingsFile()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except UnicodeDecodeError:
        raise InvalidOption(f"The settings file {path} is not UTF-8 text.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise InvalidOption(f"The settings file {path} is not valid YAML{where}.") from None
    if not isinstance(content, dict):
        raise InvalidOption(f"The settings file {path} is not a list of `key: value` lines.")
    _require_secrets_from_environment(content, path)
    try:
        return _SettingsFile.model_validate(_with_environment(content, environment, path, ()))
    except ValidationError as error:
        raise InvalidOption(f"The settings file {path} {_fault(error)}") from None


def _require_secrets_from_environment(content: dict[str, Any], path: Path) -> None:
    for section, key in _SECRETS:
        holder = content.get(section)
        if isinstance(holder, dict) and isinstance(holder.get(key), str):
            raise InvalidOption(
                f"The settings file {path} holds a secret at {section}.{key}; write it as {{env: NAME}} "
                "and set that variable in the environment."
            )


def _with_environment(value: Any, environment: Mapping[str, str], path: Path, keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - YAML
    """Put the environment's values in for `{env: NAME}`, at any depth."""
    if isinstance(value, dict):
        if set(value) == {"env"} and isinstance(value["env"], str):
            if value["env"] not in environment:
                where = ".".join(keys)
                raise InvalidOption(
                    f"The settings file {path} needs the environment variable {value['env']} at {where}."
                )
            return environment[value["env"]]
        return {key: _with_environment(item, environment, path, (*keys, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_environment(item, environment, path, (*keys, str(at))) for at, item in enumerate(value)]
    return value


def _fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = ", ".join(_SettingsFile.model_fields) if len(first["loc"]) == 1 else ""
        return f"has an unknown key {key}" + (f"; the keys are {known}." if known else ".")
    return f"has a wrong value at {key}: {said}." if key else f"cannot be used: {said}."
