"""A folder on an SFTP server as a location (asyncssh, on fsspec's event loop and its thread).

One connection serves all calls until `close`. Only the settings file counts: the machine's SSH configuration, keys and
agent are not used, and a host key that is not in `known_hosts` ends the connection.
"""

from __future__ import annotations

import posixpath
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISLNK, S_ISREG
from typing import TypeVar

import asyncssh
from asyncssh.constants import FILEXFER_TYPE_REGULAR, FILEXFER_TYPE_SYMLINK
from asyncssh.sftp import SFTPAttrs, SFTPClient
from fsspec.asyn import get_loop, sync
from typing_extensions import override

from contact_pipelines.errors import FileUnreadable, LocationError, LocationUnreachable
from contact_pipelines.files.locations.location import (
    Location,
    RemoteFile,
    SftpLocation,
    aside_of,
    matches,
    plain_path,
    split_pattern,
)

KEEPALIVE_SECONDS = 15
"""Seconds between keepalives to a silent server; after three unanswered ones it counts as gone."""

_Result = TypeVar("_Result")
_Work = Callable[[SFTPClient], Awaitable[_Result]]


class SftpFolder(Location):
    """A folder of an SFTP server."""

    def __init__(self, name: str, config: SftpLocation) -> None:
        super().__init__(name)
        self._config = config
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: SFTPClient | None = None

    @override
    def list(self, pattern: str) -> list[RemoteFile]:
        folder, wanted = split_pattern(pattern)

        async def work(client: SFTPClient) -> list[RemoteFile]:
            found = []
            async for entry in client.scandir(self._remote(folder)):
                name = str(entry.filename)
                attributes = entry.attrs
                if matches(name, wanted) and _is_link(attributes):
                    attributes = await client.stat(self._remote(f"{folder}/{name}"))
                if matches(name, wanted) and _is_file(attributes):
                    found.append(_remote_file(f"{folder}/{name}".lstrip("/"), attributes))
            return sorted(found, key=lambda file: file.path)

        return self._do(work, folder or "its folder")

    @override
    def stat(self, path: str) -> RemoteFile | None:
        relative = plain_path(path)

        async def work(client: SFTPClient) -> RemoteFile | None:
            try:
                attributes = await client.stat(self._remote(relative))
            except asyncssh.SFTPNoSuchFile:
                return None
            return _remote_file(relative, attributes) if _is_file(attributes) else None

        return self._do(work, path)

    @override
    def download(self, path: str, to: Path) -> None:
        async def work(client: SFTPClient) -> None:
            try:
                await client.get(self._remote(plain_path(path)), str(to))
            except asyncssh.SFTPNoSuchFile:
                raise FileUnreadable(f"There is no file {path} at the location {self.name}.") from None

        self._do(work, path)

    @override
    def upload(self, source: Path, path: str, *, token: str) -> None:
        target = self._remote(plain_path(path))
        aside = aside_of(target, token)

        async def work(client: SFTPClient) -> None:
            await client.makedirs(posixpath.dirname(target), exist_ok=True)
            try:
                await client.put(str(source), aside)
                await _rename(client, aside, target)
            except BaseException:
                await _remove(client, aside)
                raise

        self._do(work, path)

    @override
    def move(self, path: str, new_path: str) -> None:
        source, target = self._remote(plain_path(path)), self._remote(plain_path(new_path))

        async def work(client: SFTPClient) -> None:
            await client.makedirs(posixpath.dirname(target), exist_ok=True)
            await _rename(client, source, target)

        self._do(work, path)

    @override
    def delete(self, path: str) -> None:
        async def work(client: SFTPClient) -> None:
            await _remove(client, self._remote(plain_path(path)))

        self._do(work, path)

    @override
    def check(self) -> None:
        async def work(client: SFTPClient) -> None:
            async for _ in client.scandir(self._remote("")):
                return

        self._do(work, "its folder")

    @override
    def close(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:

            async def end() -> None:
                connection.close()
                await connection.wait_closed()

            sync(get_loop(), end, timeout=self._config.timeout)

    def _remote(self, path: str) -> str:
        return posixpath.join(self._config.path, path.strip("/")).rstrip("/") or "/"

    def _do(self, work: _Work[_Result], what: str) -> _Result:
        async def connected() -> _Result:
            return await work(await self._signed_in())

        with self._plain_errors(what):
            result: _Result = sync(get_loop(), connected)
            return result

    async def _signed_in(self) -> SFTPClient:
        if self._client is None:
            config = self._config
            self._connection = await asyncssh.connect(
                config.host,
                config.port,
                username=config.username,
                password=config.password.get_secret_value() if config.password else None,
                client_keys=self._keys(),
                known_hosts=self._known_hosts(),
                config=None,
                agent_path=None,
                connect_timeout=config.timeout,
                login_timeout=config.timeout,
                keepalive_interval=KEEPALIVE_SECONDS,
            )
            self._client = await self._connection.start_sftp_client()
        return self._client

    def _known_hosts(self) -> bytes:
        path = self._config.known_hosts
        try:
            return path.read_bytes()
        except OSError as error:
            raise LocationError(
                f"The known_hosts file {path} of the location {self.name} cannot be read ({error.strerror}). Create"
                f" it with ssh-keyscan -p {self._config.port} {self._config.host}, and compare the keys with those that"
                " the server's owner gives you."
            ) from None

    def _keys(self) -> Sequence[asyncssh.SSHKey] | None:
        config = self._config
        passphrase = config.passphrase.get_secret_value() if config.passphrase else None
        try:
            if config.key is not None:
                return [asyncssh.import_private_key(config.key.get_secret_value(), passphrase)]
            if config.key_file is not None:
                return [asyncssh.read_private_key(str(config.key_file), passphrase)]
        except OSError as error:
            raise LocationError(
                f"The key file {config.key_file} of the location {self.name} cannot be read: {error.strerror}."
            ) from None
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            raise LocationError(
                f"The private key of the location {self.name} cannot be read, or its passphrase is wrong."
            ) from None
        return None

    @contextmanager
    def _plain_errors(self, what: str) -> Iterator[None]:
        """Put every failure in our own words: the library's might quote what the server sent, or a secret."""
        place = f"the SFTP location {self.name} ({self._config.host}:{self._config.port})"
        try:
            yield
        except (LocationError, FileUnreadable):
            raise
        except asyncssh.HostKeyNotVerifiable:
            raise LocationError(
                f"The host key of {place} is not in {self._config.known_hosts}, so nothing was sent: the server was"
                " reinstalled, or something else answers in its place. Ask its owner before you change that file."
            ) from None
        except asyncssh.PermissionDenied:
            raise LocationError(f"{_capital(place)} refuses the user name, the password or the key.") from None
        except (asyncssh.KeyExchangeFailed, asyncssh.ProtocolNotSupported):
            raise LocationError(f"{_capital(place)} and this machine share no encryption method.") from None
        except asyncssh.SFTPNoSuchFile:
            raise LocationError(f"{_capital(place)} has no such folder or file: {what}.") from None
        except asyncssh.SFTPPermissionDenied:
            raise LocationError(f"{_capital(place)} does not allow this user {what}.") from None
        except asyncssh.SFTPError as error:
            if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
                raise self._gone(place) from None
            raise LocationError(f"{_capital(place)} refuses {what} (SFTP code {error.code}).") from None
        except (asyncssh.Error, OSError, TimeoutError):
            raise self._gone(place) from None

    def _gone(self, place: str) -> LocationUnreachable:
        self._connection = self._client = None
        return LocationUnreachable(f"{_capital(place)} cannot be reached, or closed the connection.")


async def _rename(client: SFTPClient, source: str, target: str) -> None:
    try:
        await client.posix_rename(source, target)
    except asyncssh.SFTPOpUnsupported:  # a server without OpenSSH's extension cannot replace a file in one go
        await _remove(client, target)
        await client.rename(source, target)


async def _remove(client: SFTPClient, path: str) -> None:
    with suppress(asyncssh.SFTPNoSuchFile):
        await client.remove(path)


def _is_file(attributes: SFTPAttrs) -> bool:
    mode = attributes.permissions
    return S_ISREG(mode) if mode is not None else attributes.type == FILEXFER_TYPE_REGULAR


def _is_link(attributes: SFTPAttrs) -> bool:
    mode = attributes.permissions
    return S_ISLNK(mode) if mode is not None else attributes.type == FILEXFER_TYPE_SYMLINK


def _remote_file(path: str, attributes: SFTPAttrs) -> RemoteFile:
    size, seconds, rest = attributes.size or 0, attributes.mtime, attributes.mtime_ns or 0
    modified = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return RemoteFile(path, size, modified, f"{size}-{seconds or 0}.{rest:09}")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
