"""Locations: the folders and servers in the settings file that files come from and go to.

A path within a location starts at the location's folder, with or without a leading slash, and never leaves it.
"""

from contact_pipelines.files.locations.location import (
    LocalLocation,
    Location,
    LocationConfig,
    RemoteFile,
    ResolvedSource,
    S3Location,
    SftpLocation,
    is_address,
    open_location,
    resolve_source,
)

__all__ = [
    "LocalLocation",
    "Location",
    "LocationConfig",
    "RemoteFile",
    "ResolvedSource",
    "S3Location",
    "SftpLocation",
    "is_address",
    "open_location",
    "resolve_source",
]
