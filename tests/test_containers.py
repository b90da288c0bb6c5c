"""Archives around a file: one file comes out whole, or a sentence says why none does."""

from __future__ import annotations

import gzip
import random
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

from contact_pipelines.errors import FileError, FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage import archives
from contact_pipelines.imports.stage.archives import Unpacked, require_size, unpack
from contact_pipelines.settings.policy import Limits
from tests.helpers.workbook_samples import ods, ods_cell, write_zip, xlsx_parts

PEOPLE = b"Email,Name\nann@example.com,Ann\n"
DAMAGED = "people is damaged or incomplete. Copy or export it again, or save it as CSV."


@pytest.fixture
def folder(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return scratch


def unpacked(path: Path, folder: Path, name: str = "", **limits) -> tuple[str, str, bytes]:
    found = unpack(path, folder, name=name or path.name, limits=Limits(**limits))
    assert found.path == path or found.path.parent == folder
    return found.name, found.container, found.path.read_bytes()


def refusal(path: Path, folder: Path, kind: type[FileError] = FileError, **limits) -> str:
    with pytest.raises(kind) as raised:
        unpack(path, folder, name="people", limits=Limits(**limits))
    return str(raised.value)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("data", [PEOPLE, b"", b"\x1f\x8b", b"PK\x03"])
def test_what_is_no_archive_stays_where_it_is(tmp_path, folder, data):
    path = write(tmp_path / "people.csv.gz", data)  # the name does not make it one
    assert unpack(path, folder, name="people.csv.gz", limits=Limits()) == Unpacked(path, "people.csv.gz", "")
    assert list(folder.iterdir()) == []


def test_gzip(tmp_path, folder):
    path = write(tmp_path / "a", gzip.compress(PEOPLE))
    assert unpacked(path, folder, "people.csv.gz") == ("people.csv", "gz", PEOPLE)
    assert unpacked(path, folder, "people.csv") == ("people.csv", "gz", PEOPLE)


def test_gzip_members_are_one_stream_and_zeros_may_follow(tmp_path, folder):
    data = gzip.compress(PEOPLE) + gzip.compress(b"bob@example.com,Bob\n") + b"\0" * 512
    path = write(tmp_path / "people.csv.GZ", data)
    assert unpacked(path, folder) == ("people.csv", "gz", PEOPLE + b"bob@example.com,Bob\n")


def test_zip_with_one_member_among_litter(tmp_path, folder):
    parts = {
        "export/": "",
        "export/people.csv": PEOPLE,
        "__MACOSX/export/._people.csv": "x",
        "export/.DS_Store": "x",
        "export/._people.csv": "x",
        "Thumbs.db": "x",
        "export/Desktop.ini": "x",
    }
    assert unpacked(write_zip(tmp_path / "a.zip", parts), folder) == ("people.csv", "zip", PEOPLE)


def test_gzip_in_zip(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"people.csv.gz": gzip.compress(PEOPLE)})
    assert unpacked(path, folder) == ("people.csv", "zip", PEOPLE)


def test_workbook_in_gzip_and_in_zip(tmp_path, folder):
    workbook = write_zip(tmp_path / "a.xlsx", xlsx_parts("")).read_bytes()
    assert unpacked(write(tmp_path / "a.xlsx.gz", gzip.compress(workbook)), folder) == ("a.xlsx", "gz", workbook)
    assert unpacked(write_zip(tmp_path / "a.zip", {"b.xlsx": workbook}), folder) == ("b.xlsx", "zip", workbook)


def test_workbooks_are_left_as_they_are(tmp_path, folder):
    for path in (
        write_zip(tmp_path / "a.xlsx", xlsx_parts("")),
        ods(
            tmp_path / "a.ods",
            f"<table:table><table:table-row>{ods_cell('string', 'x')}</table:table-row></table:table>",
        ),
    ):
        assert unpack(path, folder, name="a", limits=Limits()) == Unpacked(path, "a", "")


def test_archives_in_archives_in_archives(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"people.gz": gzip.compress(gzip.compress(PEOPLE))})
    assert refusal(path, folder, FileNotImportable) == (
        "people has archives inside archives. Unpack it and import the file in it."
    )


def test_several_members_are_listed(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"b/people.csv": PEOPLE, "leads.csv": PEOPLE})
    assert refusal(path, folder, FileNotImportable) == (
        "people holds 2 files: people.csv, leads.csv. Unpack it and import each file by itself."
    )
    path = write_zip(tmp_path / "a.zip", {f"{number}.csv": PEOPLE for number in range(13)})
    listed = ", ".join(f"{number}.csv" for number in range(10))
    assert refusal(path, folder, FileNotImportable) == (
        f"people holds 13 files: {listed} and 3 more. Unpack it and import each file by itself."
    )


def test_zip_without_files(tmp_path, folder):
    assert refusal(write_zip(tmp_path / "a.zip", {}), folder, FileNotImportable) == "people holds no file."
    path = write_zip(tmp_path / "a.zip", {"empty/": "", ".DS_Store": "x"})
    assert refusal(path, folder, FileNotImportable) == "people holds no file."


def test_names_in_the_archive_are_no_paths(tmp_path, folder):
    for name in ("../../evil.csv", "/etc/evil.csv", "..\\..\\evil.csv", "a/\x07evil.csv"):
        assert unpacked(write_zip(tmp_path / "a.zip", {name: PEOPLE}), folder) == ("evil.csv", "zip", PEOPLE)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "scratch", "unpacked-1"]


def test_word_document(tmp_path, folder):
    path = write_zip(tmp_path / "a.docx", {"[Content_Types].xml": "x", "word/document.xml": "x"})
    assert refusal(path, folder, FileUnreadable) == (
        "people looks like a Word document. Save its table as .xlsx or CSV and import that."
    )


def test_encrypted_member(tmp_path, folder):
    data = bytearray(write_zip(tmp_path / "a.zip", {"people.csv": PEOPLE}).read_bytes())
    data[6] |= 1  # in the local header, then in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(write(tmp_path / "a.zip", bytes(data)), folder, FileUnreadable) == (
        "people is protected by a password. Unpack it and import the file in it."
    )


def test_method_that_unpacks_in_steps_of_any_size(tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("people.csv", PEOPLE)
    assert refusal(tmp_path / "a.zip", folder, FileUnreadable) == (
        "people is packed by a method that is not supported. "
        "Unpack it and import the file in it, or pack it as a plain ZIP archive (deflate)."
    )


def test_wrong_checksum(tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("people.csv", PEOPLE)
    data = (tmp_path / "a.zip").read_bytes().replace(b"Ann\n", b"Eve\n")
    assert refusal(write(tmp_path / "a.zip", data), folder, FileUnreadable) == DAMAGED
    packed = bytearray(gzip.compress(PEOPLE))
    packed[-6] ^= 1
    assert refusal(write(tmp_path / "a.gz", bytes(packed)), folder, FileUnreadable) == DAMAGED


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_cut_off(tmp_path, folder, share):
    text = random.Random(1).randbytes(20_000)
    for path in (
        write(tmp_path / "a.gz", gzip.compress(text)),
        write_zip(tmp_path / "a.zip", {"people.csv": text}),
    ):
        data = path.read_bytes()
        assert refusal(write(path, data[: int(len(data) * share)]), folder, FileUnreadable) == DAMAGED


def test_rubbish_behind_gzip(tmp_path, folder):
    path = write(tmp_path / "a.gz", gzip.compress(PEOPLE) + b"rubbish")
    assert refusal(path, folder, FileUnreadable) == DAMAGED


def test_random_damage_is_a_sentence(tmp_path, folder):
    chance = random.Random(7)
    text = chance.randbytes(3_000) + b"a,b\n" * 1_000
    for whole in (gzip.compress(text), write_zip(tmp_path / "a.zip", {"people.csv": text}).read_bytes()):
        for _ in range(150):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            with suppress(FileError):
                found = unpack(write(tmp_path / "b", bytes(data)), folder, name="people", limits=Limits())
                # Damage to a name or a time is not seen; to the magic number, it makes another file of it.
                assert found.container == "" or found.path.read_bytes() == text


def _zeros(size: int) -> bytes:
    """Return a gzip file of zeros, made of members of 1 MiB, and so quickly written whatever the size."""
    return gzip.compress(b"\0" * 2**20, mtime=0) * (size // 2**20)


def test_bomb_of_42_kb(tmp_path, folder):
    bomb = write(tmp_path / "b.gz", gzip.compress(_zeros(5 * 2**30)))  # gzip in gzip: 5 MB, then 5 GB
    assert bomb.stat().st_size < 42_000
    assert refusal(bomb, folder, FileNotImportable).startswith("people unpacks to more than 200 times its size of ")
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20 * 2**20


def test_unpacked_size(tmp_path, folder):
    path = write(tmp_path / "a.gz", gzip.compress(random.Random(1).randbytes(3 * 2**20)))
    assert refusal(path, folder, FileNotImportable, decompressed_bytes=2**21) == (
        "people unpacks to more than the limit of 2,097,152 bytes. "
        "Split it, or raise limits.decompressed_bytes in the settings."
    )
    assert len(unpacked(path, folder, decompressed_bytes=2**22)[2]) == 3 * 2**20


def test_ratio_matters_above_its_floor_only(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"people.csv": b"a,b\n" * (2**20)})
    assert path.stat().st_size * 200 < 4 * 2**20
    assert unpacked(path, folder) == ("people.csv", "zip", b"a,b\n" * (2**20))
    path = write_zip(tmp_path / "a.zip", {"people.csv": b"a,b\n" * (3 * 2**20)})
    assert refusal(path, folder, FileNotImportable) == (
        f"people unpacks to more than 200 times its size of {path.stat().st_size:,} bytes. If that is meant, unpack it "
        "and import what is in it, or raise limits.compression_ratio in the settings."
    )
    assert unpacked(path, folder, compression_ratio=2_000)[:2] == ("people.csv", "zip")


def test_directory_that_lies_about_the_size(tmp_path, folder):
    text = b"a,b\n" * 1_000
    data = write_zip(tmp_path / "a.zip", {"people.csv": text}).read_bytes()
    for lie in (10, 2**31):
        changed = data.replace(len(text).to_bytes(4, "little"), lie.to_bytes(4, "little"))
        assert changed != data
        assert refusal(write(tmp_path / "a.zip", changed), folder, FileUnreadable) == DAMAGED


def test_directory_of_too_many_entries(tmp_path, folder, monkeypatch):
    path = write_zip(tmp_path / "a.zip", {f"{number}": "" for number in range(10_001)})
    sentence = "people holds more than 10,000 entries. Unpack it and import the files in it."
    assert refusal(path, folder, FileNotImportable) == sentence
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 1_000)
    monkeypatch.setattr(zipfile, "ZipFile", None)  # not even opened
    assert refusal(path, folder, FileNotImportable) == sentence


def test_zip64(tmp_path, folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)  # makes zipfile write the end record of ZIP64
        data = write_zip(tmp_path / "a.zip", {"people.csv": PEOPLE}).read_bytes()
    record = data.index(b"PK\x06\x06")
    assert unpacked(tmp_path / "a.zip", folder) == ("people.csv", "zip", PEOPLE)
    huge = data[: record + 40] + (2**40).to_bytes(8, "little") + data[record + 48 :]
    assert "more than 10,000 entries" in refusal(write(tmp_path / "b.zip", huge), folder)
    locator = data.index(b"PK\x06\x07")
    elsewhere = data[: locator + 8] + (1).to_bytes(8, "little") + data[locator + 16 :]
    assert refusal(write(tmp_path / "c.zip", elsewhere), folder) == DAMAGED


def test_size_of_the_file():
    require_size(31, name="a.csv", limits=Limits(file_bytes=31))
    with pytest.raises(FileNotImportable) as raised:
        require_size(31, name="a.csv", limits=Limits(file_bytes=30))
    assert str(raised.value) == (
        "a.csv has 31 bytes; at most 30 can be imported. Split it, or raise limits.file_bytes in the settings."
    )


def test_no_zlib_in_disguise(tmp_path, folder):
    path = write(tmp_path / "a.gz", zlib.compress(PEOPLE))  # deflate without gzip's header is no archive
    assert unpack(path, folder, name="a.gz", limits=Limits()) == Unpacked(path, "a.gz", "")
