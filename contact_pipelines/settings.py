"""Where things are: the home folder, the database, the artifacts.

Settings come from `contact_pipelines.yaml` (or the file that CONTACT_PIPELINES_CONFIG names) and from the
environment, which wins. Secrets come from the environment only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from contact_pipelines.errors import InvalidOption

DEFAULT_HOME = ".contact_pipelines"


class Settings(BaseModel):
    """Typed settings; `database_url` is None for the embedded store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    database_url: str | None = None
    artifacts: str

    @property
    def store_folder(self) -> Path:
        """The embedded PostgreSQL's data."""
        return self.home / "postgres"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance on one machine."""
        return self.home / "dagster"


class _SettingsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    artifacts: str | None = None


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file and the environment. Raises InvalidOption that names the file and the key."""
    home = Path(environment.get("CONTACT_PIPELINES_HOME") or DEFAULT_HOME).expanduser().absolute()
    given = _read_file(environment.get("CONTACT_PIPELINES_CONFIG"))
    return Settings(
        home=home,
        database_url=environment.get("CONTACT_PIPELINES_DATABASE_URL") or None,
        artifacts=given.artifacts or str(home / "artifacts"),
    )


def _read_file(named: str | None) -> _SettingsFile:
    path = Path(named or "contact_pipelines.yaml")
    if not path.exists():
        if named:
            raise InvalidOption(f"The settings file {path} that CONTACT_PIPELINES_CONFIG names does not exist.")
        return _SettingsFile()
    try:
        return _SettingsFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except yaml.YAMLError as error:
        raise InvalidOption(f"The settings file {path} is not valid YAML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InvalidOption(f"The settings file {path} has a wrong value at {key}: {first['msg']}.") from error
