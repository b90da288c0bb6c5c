"""Archives around a file: `.gz`, and `.zip` with one member. They are told by content, never by name."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage.recognising import ZIP_MAGIC, workbook_format
from contact_pipelines.imports.stage.refusals import damaged
from contact_pipelines.imports.stage.zip_files import open_zip, require_unpacked_size
from contact_pipelines.settings.policy import MIB, Limits

RATIO_FLOOR = 10 * MIB
"""Unpacked bytes up to which the compression ratio does not matter: short files of equal rows pack very well."""

_GZIP_MAGIC = b"\x1f\x8b\x08"
_MOST_LAYERS = 2  # people.csv.gz in a .zip
_MOST_LISTED = 10
_LONGEST_NAME = 200
_BLOCK = MIB
_LITTER = {".ds_store", "thumbs.db", "desktop.ini"}
# zipfile unpacks the other methods in steps of any size: 4 kB of bzip2 can become gigabytes at once.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Unpacked:
    """A file without its archive: where it lies, what it is called, what it was packed in ("", "gz" or "zip")."""

    path: Path
    name: str
    container: str = ""


@dataclass(frozen=True)
class _Job:
    """What the unpacking of one file needs to know. `size`: of the file as it arrived, in bytes."""

    name: str
    size: int
    limits: Limits


def require_size(size: int, *, name: str, limits: Limits) -> None:
    """Raise FileNotImportable if a file of this size is larger than `limits.file_bytes`."""
    if size > limits.file_bytes:
        raise FileNotImportable(
            f"{name} has {size:,} bytes; at most {limits.file_bytes:,} can be imported. "
            "Split it, or raise limits.file_bytes in the settings."
        )


def unpack(path: Path, folder: Path, *, name: str, limits: Limits) -> Unpacked:
    """Unpack a file into `folder` if it is a gzip or ZIP archive; else (workbooks too) return it as it is.

    One archive in another is unpacked as well; what is deeper is refused. The copy's path is ours, no name from
    the archive is part of it. It is written in pieces, and no more of it than the limits allow, whatever the
    archive says of itself. Raises FileUnreadable (damaged, encrypted) or FileNotImportable (empty, several
    files, too large).
    """
    require_size(path.stat().st_size, name=name, limits=limits)
    job = _Job(name, path.stat().st_size, limits)
    found = Unpacked(path, name)
    for layer in range(_MOST_LAYERS + 1):
        kind = _container(found.path, name)
        if not kind:
            return found
        if layer == _MOST_LAYERS:
            break
        target = folder / f"unpacked-{layer + 1}"
        unpack_one = _unpack_gzip if kind == "gz" else _unpack_zip
        inner = unpack_one(job, found, target)
        found = Unpacked(target, inner, found.container or kind)
    raise FileNotImportable(f"{name} has archives inside archives. Unpack it and import the file in it.")


def _container(path: Path, name: str) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(_GZIP_MAGIC):
        return "gz"
    if not head.startswith(ZIP_MAGIC):
        return ""
    with open_zip(path, name) as archive:
        return "zip" if workbook_format(archive, name) is None else ""


def _unpack_gzip(job: _Job, found: Unpacked, target: Path) -> str:
    """Unpack all members of a gzip file, one behind the other; return the name without .gz."""
    try:
        with gzip.open(found.path, "rb") as source:
            _copy(job, source, target)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise damaged(job.name) from None
    return found.name[:-3] if found.name.lower().endswith(".gz") else found.name


def _unpack_zip(job: _Job, found: Unpacked, target: Path) -> str:
    """Unpack the archive's only member; return its name without folders."""
    with open_zip(found.path, job.name) as archive:
        member = _only_member(archive, job.name)
        if member.flag_bits & _ENCRYPTED:
            raise FileUnreadable(f"{job.name} is protected by a password. Unpack it and import the file in it.")
        if member.compress_type not in _METHODS:
            raise FileUnreadable(
                f"{job.name} is packed by a method that cannot be read here. "
                "Unpack it and import the file in it, or pack it as a plain ZIP archive (deflate)."
            )
        try:
            with archive.open(member) as source:
                copied = _copy(job, source, target)
        except (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError):
            raise damaged(job.name) from None
        if copied != member.file_size:
            raise damaged(job.name)
        return _file_name(member.filename)


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [entry for entry in archive.infolist() if not _is_litter(entry)]
    if not members:
        raise FileNotImportable(f"{name} holds no file.")
    if len(members) > 1:
        listed = ", ".join(_file_name(member.filename) for member in members[:_MOST_LISTED])
        more = f" and {len(members) - _MOST_LISTED:,} more" if len(members) > _MOST_LISTED else ""
        raise FileNotImportable(
            f"{name} holds {len(members):,} files: {listed}{more}. Unpack it and import each file by itself."
        )
    return members[0]


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder, or what macOS and Windows leave in archives."""
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if entry.filename.endswith(("/", "\\")) or not parts or parts[0] == "__MACOSX":
        return True
    return parts[-1].lower() in _LITTER or parts[-1].startswith("._")


def _file_name(member: str) -> str:
    """Return a member's name as it can be shown: without folders, control characters and excess length."""
    name = PurePosixPath(member.replace("\\", "/")).name
    return "".join(char for char in name if char.isprintable())[:_LONGEST_NAME] or "file"


def _copy(job: _Job, source: IO[bytes] | gzip.GzipFile, target: Path) -> int:
    """Copy what is unpacked, in pieces, as far as the limits allow; return the bytes copied."""
    copied = 0
    with target.open("wb") as file:
        while block := source.read(_BLOCK):
            copied += len(block)
            require_unpacked_size(copied, job.name, job.size, job.limits, floor=RATIO_FLOOR)
            file.write(block)
    return copied
