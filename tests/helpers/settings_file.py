"""What tests of locations and feeds share: write a settings file, and let the settings of a test have its entries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from contact_pipelines.settings import Settings, load_settings

_SECRETS = {"password": "DROP_PASSWORD", "key": "DROP_KEY", "secret": "DROP_SECRET"}


def write_settings(path: Path, environment: dict[str, str], **sections: Any) -> None:
    """Write a settings file; secrets of its locations go to the environment, each under its location's name."""
    for name, entry in sections.get("locations", {}).items():
        for key in set(entry) & set(_SECRETS):
            variable = f"{name}_{_SECRETS[key]}".upper()
            environment[variable] = str(entry[key])
            entry[key] = {"env": variable}
    path.write_text(yaml.safe_dump(sections), encoding="utf-8")


def with_entries(settings: Settings, folder: Path, **sections: Any) -> Settings:
    """Return the settings of a test with these sections of a settings file. Fails if one of their entries is broken."""
    environment: dict[str, str] = {"CONTACT_PIPELINES_CONFIG": str(folder / "house.yaml")}
    write_settings(folder / "house.yaml", environment, **sections)
    found = load_settings(environment)
    assert found.broken == ()
    names = ("locations", "imports", "exports", "options", "policy")
    return settings.model_copy(update={name: getattr(found, name) for name in names})
