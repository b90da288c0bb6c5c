"""Locations: the same behaviour of a folder, an SFTP server and S3, all real; and what each of them refuses."""

from __future__ import annotations

import os
import sys
import time

import asyncssh
import pytest
from pydantic import TypeAdapter

from contact_pipelines.errors import FileUnreadable, InvalidOption, LocationError, LocationUnreachable
from contact_pipelines.files.locations import LocationConfig, open_location
from tests.helpers import s3_server, sftp_server
from tests.helpers.sftp_server import PASSWORD

CONFIG = TypeAdapter(LocationConfig)


@pytest.fixture(scope="module")
def s3():
    with s3_server.serving() as server:
        yield server


@pytest.fixture
def sftp(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    with sftp_server.serving(folder) as server:
        yield server


def opened(name, entry):
    return open_location(name, CONFIG.validate_python(entry))


@pytest.fixture(params=["local", "sftp", "s3", "s3 below a prefix"])
def place(request, tmp_path):
    """Each kind of location in turn, empty."""
    if request.param == "local":
        folder = tmp_path / "inbox"
        folder.mkdir()
        entry = {"type": "local", "path": str(folder)}
    elif request.param == "sftp":
        server = request.getfixturevalue("sftp")
        entry = server.config(tmp_path)
    else:
        server = request.getfixturevalue("s3")
        bucket = server.bucket(f"drop-{time.monotonic_ns()}")
        entry = server.config(bucket, prefix="acme/in" if "prefix" in request.param else "")
    with opened("drop", entry) as location:
        yield location


def paths(place, pattern):
    return [file.path for file in place.list(pattern)]


def put(place, tmp_path, path, content=b"email\na@example.com\n"):
    source = tmp_path / "to_upload"
    source.write_bytes(content)
    place.upload(source, path, token="1f")


def test_files_come_go_and_move(place, tmp_path):
    put(place, tmp_path, "exports/contacts_2.csv", b"two")
    put(place, tmp_path, "exports/contacts_1.csv", b"one!")
    put(place, tmp_path, "exports/other.txt", b"")
    put(place, tmp_path, "exports/deeper/contacts_3.csv", b"three")
    assert paths(place, "/exports/contacts_*.csv") == ["exports/contacts_1.csv", "exports/contacts_2.csv"]
    assert paths(place, "exports/*.txt") == ["exports/other.txt"]
    found = place.stat("/exports/contacts_1.csv")
    assert (found.path, found.size) == ("exports/contacts_1.csv", 4)
    assert abs(found.modified.timestamp() - time.time()) < 60
    assert place.list("exports/contacts_1.csv") == [found]
    place.download("exports/contacts_1.csv", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"one!"
    place.move("exports/contacts_1.csv", "exports/archive/2026/contacts_1.csv")
    assert place.stat("exports/contacts_1.csv") is None
    assert place.stat("exports/archive/2026/contacts_1.csv").size == 4
    place.delete("exports/contacts_2.csv")
    place.delete("exports/contacts_2.csv")
    assert paths(place, "exports/*.csv") == []
    place.check()


def test_an_upload_replaces_and_leaves_nothing_aside(place, tmp_path):
    put(place, tmp_path, "out/leads.csv", b"old")
    before = place.stat("out/leads.csv")
    time.sleep(1.1)  # the time of an SFTP file is in seconds
    put(place, tmp_path, "out/leads.csv", b"new")
    after = place.stat("out/leads.csv")
    assert before.version != after.version
    assert paths(place, "out/*") == ["out/leads.csv"]
    place.download("out/leads.csv", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"new"


def test_names_of_any_kind(place, tmp_path):
    names = ["Kontakte März 2026.csv", "ملف.csv", "50% off + more.csv", "a#b?c.csv"]
    for name in names[:3]:
        put(place, tmp_path, f"in/{name}", name.encode())
    assert sorted(paths(place, "in/*")) == sorted(f"in/{name}" for name in names[:3])
    for name in names[:3]:
        place.download(f"in/{name}", tmp_path / "copy")
        assert (tmp_path / "copy").read_text() == name
    with pytest.raises(InvalidOption, match="is a pattern"):
        place.stat("in/a?c.csv")


def test_a_missing_file(place, tmp_path):
    put(place, tmp_path, "in/a.csv")
    assert place.stat("in/b.csv") is None
    with pytest.raises(FileUnreadable, match=r"There is no file in/b.csv at the location drop"):
        place.download("in/b.csv", tmp_path / "copy")


@pytest.mark.parametrize("path", ["../secret.csv", "in/../../x", "a//b", "", "/", "in/./x", "a::b", "a\\b", "a\x00b"])
def test_no_path_leads_out(place, path):
    with pytest.raises(InvalidOption):
        place.stat(path)
    with pytest.raises(InvalidOption):
        place.list(path)


def test_a_pattern_stands_in_the_name_only(place):
    with pytest.raises(InvalidOption, match="in the file's name only"):
        place.list("in/*/contacts.csv")


# -- a folder of this machine


def test_a_link_that_leads_out_is_as_if_it_were_not_there(tmp_path):
    inbox, outside = tmp_path / "inbox", tmp_path / "outside"
    inbox.mkdir()
    outside.mkdir()
    (outside / "secret.csv").write_text("email\n")
    (inbox / "mine.csv").write_text("email\n")
    (inbox / "linked.csv").symlink_to(outside / "secret.csv")
    (inbox / "inner.csv").symlink_to(inbox / "mine.csv")
    (inbox / "folder").symlink_to(outside)
    with opened("drop", {"type": "local", "path": str(inbox)}) as place:
        assert paths(place, "*.csv") == ["inner.csv", "mine.csv"]
        assert place.stat("linked.csv") is None
        assert place.stat("folder/secret.csv") is None
        for path in ("linked.csv", "folder/secret.csv"):
            with pytest.raises(LocationError, match="leads out of the folder"):
                place.download(path, tmp_path / "copy")
        with pytest.raises(LocationError, match="leads out of the folder"):
            put(place, tmp_path, "folder/new.csv")
    assert sorted(path.name for path in outside.iterdir()) == ["secret.csv"]


def test_a_folder_that_is_not_there(tmp_path):
    with opened("drop", {"type": "local", "path": str(tmp_path / "none")}) as place:
        with pytest.raises(LocationError, match="is missing its folder"):
            place.check()
        with pytest.raises(LocationError):
            place.list("*.csv")


def test_what_is_no_file_is_not_listed(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    with opened("drop", {"type": "local", "path": str(tmp_path)}) as place:
        assert paths(place, "*.csv") == []


# -- SFTP


def test_one_connection_serves_many_calls(sftp, tmp_path):
    with opened("drop", sftp.config(tmp_path)) as place:
        put(place, tmp_path, "a.csv")
        place.list("*")
        place.stat("a.csv")
    assert sftp.connections == 1


def test_a_key_signs_in(tmp_path):
    key = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "id").write_bytes(key.export_private_key())
    (tmp_path / "locked").write_bytes(key.export_private_key(passphrase="hush", rounds=16))
    (tmp_path / "served").mkdir()
    with sftp_server.serving(tmp_path / "served", user_key=key) as server:
        text = key.export_private_key().decode()
        for given in (
            {"key_file": str(tmp_path / "id")},
            {"key": text},
            {"key_file": str(tmp_path / "locked"), "passphrase": "hush"},
        ):
            with opened("drop", server.config(tmp_path, **given)) as place:
                place.check()
        for given, sentence in (
            ({"key_file": str(tmp_path / "none")}, "cannot be read"),
            ({"key": "hello"}, "cannot be read, or its passphrase"),
            ({"key_file": str(tmp_path / "locked"), "passphrase": "no"}, "passphrase is wrong"),
            ({"key": asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()}, "refuses the user"),
        ):
            with opened("drop", server.config(tmp_path, **given)) as place, pytest.raises(LocationError) as raised:
                place.check()
            assert sentence in str(raised.value)
            assert "hello" not in str(raised.value)


def test_a_swapped_host_key_is_refused(tmp_path):
    (tmp_path / "served").mkdir()
    with sftp_server.serving(tmp_path / "served") as server:
        entry = server.config(tmp_path)
        with opened("drop", entry) as place:
            place.check()
    with (
        sftp_server.serving(tmp_path / "served", port=server.port),
        opened("drop", entry) as place,
        pytest.raises(LocationError) as raised,
    ):
        place.check()
    assert str(raised.value).startswith(f"The host key of the SFTP location drop (127.0.0.1:{server.port}) is not in ")
    assert not raised.value.retryable
    assert PASSWORD not in str(raised.value)


def test_an_unknown_host_is_refused(sftp, tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("")
    with (
        opened("drop", sftp.config(tmp_path, known_hosts=str(empty))) as place,
        pytest.raises(LocationError, match="is not in"),
    ):
        place.check()
    with (
        opened("drop", sftp.config(tmp_path, known_hosts=str(tmp_path / "none"))) as place,
        pytest.raises(LocationError, match="Create it with ssh-keyscan -p"),
    ):
        place.check()


def test_a_wrong_password_is_refused(sftp, tmp_path):
    with opened("drop", sftp.config(tmp_path, password="guess")) as place, pytest.raises(LocationError) as raised:
        place.check()
    assert "refuses the user name, the password or the key" in str(raised.value)
    assert "guess" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_server_that_is_away_can_be_tried_again(sftp, tmp_path):
    entry = sftp.config(tmp_path, port=1)
    with opened("drop", entry) as place, pytest.raises(LocationUnreachable) as raised:
        place.check()
    assert raised.value.retryable


def test_a_server_that_comes_back_is_connected_to_again(tmp_path):
    (tmp_path / "served").mkdir()
    with sftp_server.serving(tmp_path / "served") as server:
        entry = server.config(tmp_path)
        place = opened("drop", entry)
        place.check()
    with pytest.raises(LocationUnreachable):
        place.check()
    place.close()


def test_a_folder_of_the_server(sftp, tmp_path):
    (sftp.folder / "home").mkdir()
    with opened("drop", sftp.config(tmp_path, path="/home")) as place:
        put(place, tmp_path, "a.csv")
        assert paths(place, "*") == ["a.csv"]
    assert (sftp.folder / "home" / "a.csv").exists()
    with (
        opened("drop", sftp.config(tmp_path, path="/nowhere")) as place,
        pytest.raises(LocationError, match="has no such folder or file: its folder"),
    ):
        place.check()


# -- S3


def test_a_bucket_that_is_not_there(s3):
    with opened("drop", s3.config("no-such-bucket")) as place:
        with pytest.raises(LocationError, match="does not exist"):
            place.check()
        with pytest.raises(LocationError, match="does not exist"):
            place.list("*.csv")


def test_a_store_that_is_away_can_be_tried_again(s3):
    entry = s3.config("drop") | {"endpoint_url": "http://127.0.0.1:1", "timeout": 1}
    with opened("drop", entry) as place, pytest.raises(LocationUnreachable) as raised:
        place.check()
    assert s3_server.SECRET not in str(raised.value)


# -- what is refused before anything is opened


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"type": "ftp", "host": "a"}, "'local', 'sftp', 's3'"),
        ({"type": "sftp", "host": "a", "username": "u", "password": "p"}, "known_hosts"),
        ({"type": "sftp", "host": "a", "username": "u", "known_hosts": "k"}, "needs one of password, key_file and key"),
        ({"type": "s3", "bucket": "UPPER"}, "pattern"),
        ({"type": "s3", "bucket": "drop", "key": "k"}, "needs key and secret together"),
        ({"type": "s3", "bucket": "drop", "endpoint_url": "file:///etc"}, "pattern"),
    ],
)
def test_what_is_no_location(entry, sentence):
    with pytest.raises(ValueError, match=sentence):
        CONFIG.validate_python(entry)


def test_secrets_are_not_shown(sftp, s3, tmp_path):
    shown = repr(CONFIG.validate_python(sftp.config(tmp_path))) + repr(CONFIG.validate_python(s3.config("drop")))
    assert PASSWORD not in shown
    assert s3_server.SECRET not in shown


@pytest.mark.parametrize(("kind", "module", "extra"), [("sftp", "asyncssh", "sftp"), ("s3", "s3fs", "s3")])
def test_a_missing_library_is_named(monkeypatch, tmp_path, kind, module, extra):
    server = sftp_server.SftpServer(22, tmp_path, "") if kind == "sftp" else s3_server.S3Server("http://a", None)
    entry = server.config(tmp_path if kind == "sftp" else "drop")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LocationError, match=rf"pip install 'contact-pipelines\[{extra}\]'"):
        opened("drop", entry)
