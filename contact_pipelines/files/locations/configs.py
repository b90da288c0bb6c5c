"""What the settings file says of a location. Secrets come from the environment (`settings.py` sees to it)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, model_validator


def _from_the_settings_folder(path: Path, info: ValidationInfo) -> Path:
    """Let a relative path start at the folder of the settings file, wherever the process was started."""
    folder = (info.context or {}).get("folder")
    expanded = path.expanduser()
    return (Path(folder) / expanded if folder is not None else expanded).absolute()


SettingsPath = Annotated[Path, AfterValidator(_from_the_settings_folder)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LocalLocation(_Strict):
    """A folder that this machine sees. Nothing outside of it is ever read or written, also not through a link."""

    type: Literal["local"]
    path: SettingsPath = Field(description="The folder; a relative one starts at the settings file's folder")


class SftpLocation(_Strict):
    """A folder of an SFTP server. Signs in with a password, or a key: a file, or its text from the environment."""

    type: Literal["sftp"]
    host: str = Field(min_length=1)
    port: int = Field(22, ge=1, le=65535)
    username: str = Field(min_length=1)
    known_hosts: SettingsPath = Field(description="File of the host keys that are trusted, as ssh-keyscan prints them")
    password: SecretStr | None = Field(None, description="From the environment only")
    key_file: SettingsPath | None = Field(None, description="The private key's file")
    key: SecretStr | None = Field(None, description="The private key's text, from the environment only")
    passphrase: SecretStr | None = Field(None, description="Of the private key; from the environment only")
    path: str = Field("/", description="The folder on the server; . is the one that signing in leads to", min_length=1)
    timeout: float = Field(20.0, gt=0, le=600, description="Seconds to connect and to sign in")

    @model_validator(mode="after")
    def _one_way_in(self) -> SftpLocation:
        given = [name for name in ("password", "key_file", "key") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("needs one of password, key_file and key, to sign in with")
        return self


class S3Location(_Strict):
    """A bucket of S3 or of a store that speaks its protocol. Without `key` the environment's credentials are used."""

    type: Literal["s3"]
    bucket: str = Field(min_length=3, max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]+$")
    prefix: str = Field("", description="The folder in the bucket; all of it unless given")
    endpoint_url: str | None = Field(None, description="Of a compatible store: https://...", pattern=r"^https?://")
    region: str | None = None
    key: SecretStr | None = Field(None, description="The access key's id, from the environment only")
    secret: SecretStr | None = Field(None, description="The secret access key, from the environment only")
    token: SecretStr | None = Field(None, description="A session's token, from the environment only")
    timeout: float = Field(20.0, gt=0, le=600, description="Seconds to connect, and for each answer")

    @model_validator(mode="after")
    def _whole_key(self) -> S3Location:
        if (self.key is None) is not (self.secret is None):
            raise ValueError("needs key and secret together, or neither")
        return self


LocationConfig = Annotated[LocalLocation | SftpLocation | S3Location, Field(discriminator="type")]

SECRETS = frozenset({"password", "key", "passphrase", "secret", "token"})
"""Keys of a location that may be written as {env: NAME} only."""
