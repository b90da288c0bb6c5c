"""Locations: the folders and servers that files come from and go to, as the settings file names them.

A path within a location always starts at the location's own folder, whether it is written with a leading slash or not,
and never leads out of it.
"""

from contact_pipelines.files.locations.configs import LocalLocation, LocationConfig, S3Location, SftpLocation
from contact_pipelines.files.locations.location import Location, RemoteFile, open_location
from contact_pipelines.files.locations.source_addresses import ResolvedSource, is_address, resolve_source

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
