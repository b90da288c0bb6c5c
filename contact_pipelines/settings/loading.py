"""Loads the settings file and the environment; the environment wins.

The file is `contact_pipelines.yaml` in the working folder, or the one that CONTACT_PIPELINES_CONFIG names. A value
`{env: NAME}` stands for the environment variable NAME; secrets can be given only like this.

An error in an entry of `locations`, `imports` or `exports` disables that entry (see `entries`); any other error
disables the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import Field, ValidationError, field_validator

from contact_pipelines.errors import InvalidOption, NotFound
from contact_pipelines.files.locations.location import LocationConfig
from contact_pipelines.models.option_declarations import declared
from contact_pipelines.options import ImportOptions
from contact_pipelines.settings.entries import read_entries
from contact_pipelines.settings.feed_parts import BrokenEntry
from contact_pipelines.settings.feed_settings import ExportFeed, ImportFeed
from contact_pipelines.settings.notification_settings import Notifications
from contact_pipelines.settings.policy import Policy, Retention
from contact_pipelines.settings.yaml_values import Strict, fault, require_secrets_from_environment, with_environment

DEFAULT_HOME = ".contact_pipelines"
SETTINGS_FILE = "contact_pipelines.yaml"

_Feed = TypeVar("_Feed", ImportFeed, ExportFeed)

_SECRETS = (
    ("language_model", "api_key"),
    ("notifications", "smtp", "password"),
    ("notifications", "webhooks", "*", "secret"),
)
"""The keys of secrets; `*` is every entry of a list."""


class Settings(Strict):
    """Typed settings; `database_url` is None for the embedded store, `file` if there is no settings file."""

    home: Path
    file: Path | None = None
    database_url: str | None = None
    artifacts: str
    policy: Policy = Policy()
    options: ImportOptions = ImportOptions()
    local_paths_in_dagster: bool = True
    locations: dict[str, LocationConfig] = Field(default_factory=dict)
    imports: tuple[ImportFeed, ...] = ()
    exports: tuple[ExportFeed, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()
    notifications: Notifications = Notifications()
    retention: Retention = Retention()

    @property
    def store_folder(self) -> Path:
        """The embedded PostgreSQL's data."""
        return self.home / "postgres"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance on one machine."""
        return self.home / "dagster"

    def import_feed(self, name: str) -> ImportFeed:
        """Return an import feed by its name. Raises NotFound, which lists the others."""
        return _named("import", name, self.imports)

    def export_feed(self, name: str) -> ExportFeed:
        """Return an export feed by its name. Raises NotFound, which lists the others."""
        return _named("export", name, self.exports)


def _named(what: str, name: str, feeds: Sequence[_Feed]) -> _Feed:
    found = next((feed for feed in feeds if feed.name == name), None)
    if found is None:
        known = ", ".join(feed.name for feed in feeds) or "none"
        raise NotFound(f"The settings file has no usable {what} {name!r}; it has: {known}.")
    return found


class _SettingsFile(Policy):
    """The keys of the settings file: the policies, and these."""

    artifacts: str | None = None
    options: ImportOptions = Field(ImportOptions(), description="Defaults of every import's options")
    local_paths_in_dagster: bool = Field(
        default=True,
        description="Whether the form in the Dagster UI may name local files, not only files at locations",
    )
    # Read one by one, by `read_entries`.
    locations: Any = Field(None, description="Where files come from and go to, by name")
    imports: Any = Field(None, description="Imports that run by themselves")
    exports: Any = Field(None, description="Exports that run by themselves")

    @field_validator("options")
    @classmethod
    def _about_all_imports(cls, value: ImportOptions) -> ImportOptions:
        for option in declared(ImportOptions):
            if not option.can_be_default and getattr(value, option.name):
                raise ValueError(f"{option.name} cannot be a default; each import has to ask for it")
        return value

    notifications: Notifications = Notifications()
    retention: Retention = Retention()

    def policy(self) -> Policy:
        return Policy.model_construct(**{name: getattr(self, name) for name in Policy.model_fields})


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file and the environment. Raises InvalidOption, which names the file and the key."""
    home = Path(environment.get("CONTACT_PIPELINES_HOME") or DEFAULT_HOME).expanduser().absolute()
    path, content = _read_file(environment)
    require_secrets_from_environment(content, _SECRETS, path)
    entries = read_entries(
        {section: content.pop(section, None) for section in ("locations", "imports", "exports")}, environment, path
    )
    try:
        given = _SettingsFile.model_validate(with_environment(content, environment, path))
    except ValidationError as error:
        raise InvalidOption(f"The settings file {path} {fault(error, _SettingsFile)}") from None
    return Settings(
        home=home,
        file=path.absolute() if path.exists() else None,
        database_url=environment.get("CONTACT_PIPELINES_DATABASE_URL") or None,
        artifacts=given.artifacts or str(home / "artifacts"),
        policy=given.policy(),
        options=given.options,
        local_paths_in_dagster=given.local_paths_in_dagster,
        locations=entries.locations,
        imports=entries.imports,
        exports=entries.exports,
        broken=entries.broken,
        notifications=given.notifications,
        retention=given.retention,
    )


def _read_file(environment: Mapping[str, str]) -> tuple[Path, dict[str, Any]]:
    named = environment.get("CONTACT_PIPELINES_CONFIG")
    path = Path(named or SETTINGS_FILE)
    if not path.exists():
        if named:
            raise InvalidOption(f"The settings file {path} named by CONTACT_PIPELINES_CONFIG does not exist.")
        return path, {}
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
    return path, content
