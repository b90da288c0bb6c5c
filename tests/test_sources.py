"""What a door may name as the file to import: people of this machine any file, strangers configured locations only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contact_pipelines.errors import ContactPipelinesError, InvalidOption
from contact_pipelines.files.locations import LocationConfig, is_address, resolve_source

LOCATIONS = TypeAdapter(dict[str, LocationConfig]).validate_python(
    {
        "inbox": {"type": "local", "path": "/srv/inbox"},
        "sales": {"type": "sftp", "host": "h", "username": "u", "known_hosts": "k", "password": "p"},
        "bucket": {"type": "s3", "bucket": "acme-drop", "prefix": "in/eu"},
    }
)


@pytest.mark.parametrize(
    ("text", "location", "path"),
    [
        ("sftp://sales/exports/a.csv", "sales", "exports/a.csv"),
        ("SFTP://sales//exports/a b.csv", "sales", "exports/a b.csv"),
        ("s3://bucket/a.csv", "bucket", "a.csv"),
        ("s3://acme-drop/in/eu/a.csv", "bucket", "a.csv"),
        ("local://inbox/a.csv", "inbox", "a.csv"),
    ],
)
def test_files_of_configured_locations(text, location, path):
    for trusted in (True, False):
        found = resolve_source(text, LOCATIONS, trusted=trusted)
        assert (found.location, found.path) == (location, path)
        assert resolve_source(found.address, LOCATIONS, trusted=False) == found


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd", "http://169.254.169.254/latest/meta-data", "https://a/b.csv", "ftp://a/b.csv",
        "memory://a.csv", "gcs://bucket/a.csv", "sftp://other/a.csv", "sftp://bucket/a.csv", "s3://other/a.csv",
        "s3://acme-drop/in/us/a.csv", "s3://acme-drop/a.csv", "sftp://user:pa55@sales/a.csv", "sftp://sales:22/a.csv",
        "simplecache::sftp://sales/a.csv", "zip://x.csv::s3://bucket/a.zip", "sftp://sales/a.csv::file:///etc/passwd",
        "sftp://sales/../a.csv", "sftp://sales/a/../../b.csv", "sftp://sales/*.csv", "sftp://sales/a[1].csv",
        "sftp://sales", "sftp://sales/", "sftp:///a.csv", "s3://bucket/a\\..\\b.csv", "sftp://sales/a\n.csv",
    ],
)  # fmt: skip
def test_nothing_else_for_anybody(text):
    for trusted in (True, False):
        if trusted and not is_address(text):
            continue  # a file of this machine, if there is one of that name
        with pytest.raises(InvalidOption) as raised:
            resolve_source(text, LOCATIONS, trusted=trusted)
        assert "pa55" not in str(raised.value)


@pytest.mark.parametrize("text", ["/etc/passwd", "contacts.csv", "../a.csv", "~/a.csv", "C:\\a.csv", "a::b", ""])
def test_local_paths_are_for_people_of_this_machine(text, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidOption, match="local://inbox/, sftp://sales/"):
        resolve_source(text, LOCATIONS, trusted=False)
    assert resolve_source(text, LOCATIONS, trusted=True).location is None


@given(st.text(max_size=40), st.sampled_from(["", "sftp://sales/", "s3://acme-drop/in/eu/", "local://inbox/"]))
def test_whatever_strangers_write_stays_within_a_location(text, before):
    try:
        found = resolve_source(before + text, LOCATIONS, trusted=False)
    except ContactPipelinesError:
        return
    assert found.location in LOCATIONS
    parts = found.path.split("/")
    assert not {"", ".", ".."} & set(parts)
    assert not set("*?[\\\x00") & set(found.path)
    assert "::" not in found.path


def test_without_locations_the_sentence_says_so():
    with pytest.raises(InvalidOption, match=r"name a location of the settings file, such as sftp://LOCATION/file.csv"):
        resolve_source("sftp://a/b.csv", {}, trusted=True)
