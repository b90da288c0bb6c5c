"""A bucket of S3, or of a compatible store, as a location (s3fs)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import s3fs
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)
from typing_extensions import override

from contact_pipelines.errors import FileUnreadable, LocationError, LocationUnreachable
from contact_pipelines.files.locations.location import (
    Location,
    RemoteFile,
    S3Location,
    fixed_beginning,
    matches,
    plain_path,
    split_pattern,
)

_NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)
_RETRIES = {"max_attempts": 3, "mode": "standard"}


class S3Folder(Location):
    """A bucket, or what is below a prefix in it."""

    def __init__(self, name: str, config: S3Location) -> None:
        super().__init__(name)
        self._config = config
        self._root = "/".join(part for part in (config.bucket, config.prefix.strip("/")) if part)
        secrets = {
            key: value.get_secret_value()
            for key in ("key", "secret", "token")
            if (value := getattr(config, key)) is not None
        }
        # No cache of listings or instances: answers must be up to date.
        self._fs = s3fs.S3FileSystem(
            **secrets,
            endpoint_url=config.endpoint_url,
            client_kwargs={"region_name": config.region} if config.region else None,
            config_kwargs={
                "connect_timeout": config.timeout,
                "read_timeout": config.timeout,
                "retries": _RETRIES,
                **({"s3": {"addressing_style": "path"}} if config.endpoint_url else {}),
            },
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    @override
    def list(self, pattern: str) -> list[RemoteFile]:
        folder, wanted = split_pattern(pattern)
        below = self._remote(folder)
        with self._plain_errors(folder or "its folder"):
            found: dict[str, dict[str, Any]] = self._fs.find(
                below, maxdepth=1, prefix=fixed_beginning(wanted), detail=True
            )
        if not found:
            self.check()  # a missing bucket looks like an empty one
        names = {key.removeprefix(below).lstrip("/"): entry for key, entry in found.items()}
        return sorted(
            (
                _remote_file(f"{folder}/{name}".lstrip("/"), entry)
                for name, entry in names.items()
                if name and "/" not in name and entry["type"] == "file" and matches(name, wanted)
            ),
            key=lambda file: file.path,
        )

    @override
    def stat(self, path: str) -> RemoteFile | None:
        relative = plain_path(path)
        with self._plain_errors(path):
            try:
                entry = self._fs.info(self._remote(relative), refresh=True)
            except FileNotFoundError:
                return None
        return _remote_file(relative, entry) if entry["type"] == "file" else None

    @override
    def download(self, path: str, to: Path) -> None:
        with self._plain_errors(path):
            try:
                self._fs.get_file(self._remote(plain_path(path)), str(to))
            except FileNotFoundError:
                raise FileUnreadable(f"There is no file {path} at the location {self.name}.") from None

    @override
    def upload(self, source: Path, path: str, *, token: str) -> None:
        with self._plain_errors(path):  # an object appears when its upload is complete
            self._fs.put_file(str(source), self._remote(plain_path(path)))

    @override
    def move(self, path: str, new_path: str) -> None:
        with self._plain_errors(path):
            source = self._remote(plain_path(path))
            self._fs.cp_file(source, self._remote(plain_path(new_path)))
            self._fs.rm_file(source)

    @override
    def delete(self, path: str) -> None:
        with self._plain_errors(path):
            self._fs.rm_file(self._remote(plain_path(path)))

    @override
    def check(self) -> None:
        prefix = self._config.prefix.strip("/")
        with self._plain_errors("its folder"):
            self._fs.call_s3(
                "list_objects_v2", Bucket=self._config.bucket, Prefix=f"{prefix}/" if prefix else "", MaxKeys=1
            )

    def _remote(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")

    @contextmanager
    def _plain_errors(self, what: str) -> Iterator[None]:
        place = f"The S3 location {self.name} (bucket {self._config.bucket})"
        try:
            yield
        except (LocationError, FileUnreadable):
            raise
        except _NO_CREDENTIALS:
            raise LocationError(f"{place} has no credentials; give it key and secret as {{env: NAME}}.") from None
        except FileNotFoundError:
            raise LocationError(f"{place} does not exist, or has no {what}.") from None
        except PermissionError:
            raise LocationError(f"{place} refuses {what}: the credentials are wrong or do not allow it.") from None
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise LocationError(f"{place} refuses {what} ({code}).") from None
        except (BotoCoreError, OSError, TimeoutError):
            raise LocationUnreachable(f"{place} cannot be reached, or closed the connection.") from None


def _remote_file(path: str, entry: dict[str, Any]) -> RemoteFile:
    modified = entry.get("LastModified")
    tag = str(entry.get("ETag", "")).strip('"')
    when = "" if modified is None else f"{modified:%Y%m%dT%H%M%S}"
    return RemoteFile(path, int(entry["size"]), modified, f"{tag}-{entry['size']}-{when}")
