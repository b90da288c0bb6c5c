"""From what the settings say of a location to the location itself. Heavy libraries are imported only here."""

from __future__ import annotations

from importlib import import_module

from contact_pipelines.errors import LocationError
from contact_pipelines.files.locations.configs import LocalLocation, LocationConfig, S3Location, SftpLocation
from contact_pipelines.files.locations.location import Location


def open_location(name: str, config: LocationConfig) -> Location:
    """Return the location, not connected yet. Raises LocationError if the library that it needs is not installed."""
    if isinstance(config, LocalLocation):
        from contact_pipelines.files.locations.local import LocalFolder

        return LocalFolder(name, config)
    if isinstance(config, SftpLocation):
        _require("asyncssh", "sftp", name)
        from contact_pipelines.files.locations.sftp import SftpFolder

        return SftpFolder(name, config)
    assert isinstance(config, S3Location)  # noqa: S101 - the settings know no other
    _require("s3fs", "s3", name)
    from contact_pipelines.files.locations.s3 import S3Folder

    return S3Folder(name, config)


def _require(module: str, extra: str, name: str) -> None:
    try:
        import_module(module)
    except ImportError:
        raise LocationError(
            f"The location {name} needs a library that is not installed: pip install 'contact-pipelines[{extra}]'."
        ) from None
