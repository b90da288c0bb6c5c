"""A real SFTP server on loopback, in a thread, that serves one folder to one user."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "sync", "open sesame of sftp"


@dataclass
class SftpServer:
    """Where it is, what its folder is, and the known_hosts line of its key."""

    port: int
    folder: Path
    known_hosts: str
    connections: int = 0

    def config(self, tmp_path: Path, **others: object) -> dict[str, object]:
        """Return the location's entry in a settings file, which signs in with the password in SFTP_PASSWORD."""
        path = tmp_path / f"known_hosts_{self.port}"
        path.write_text(self.known_hosts)
        entry = {"type": "sftp", "host": "127.0.0.1", "port": self.port, "username": USER, "known_hosts": str(path)}
        return {**entry, **({} if "key" in others or "key_file" in others else {"password": PASSWORD}), **others}


@contextmanager
def serving(folder: Path, *, user_key: asyncssh.SSHKey | None = None, port: int = 0) -> Iterator[SftpServer]:
    """Serve a folder until the block ends; the user may sign in with the password, or with `user_key`."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    server = SftpServer(0, folder, "")
    connections = []

    class Doorman(asyncssh.SSHServer):
        def connection_made(self, connection: Any) -> None:
            server.connections += 1
            connections.append(connection)

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return user_key is not None

        def validate_public_key(self, username: str, key: Any) -> bool:
            return username == USER and user_key is not None and key == user_key.convert_to_public()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            port,
            server_factory=Doorman,
            server_host_keys=[host_key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode()),
        )

    async def end(listener: asyncssh.SSHAcceptor) -> None:
        listener.close()
        for connection in connections:
            connection.abort()
        await listener.wait_closed()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listener = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    server.port = listener.get_port()
    public = host_key.export_public_key().decode().strip()
    server.known_hosts = f"[127.0.0.1]:{server.port} {public}\n"
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(end(listener), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
