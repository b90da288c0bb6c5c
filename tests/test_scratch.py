"""Scratch folders: those in use stay, those of dead processes go."""

from __future__ import annotations

import signal
import sys

import pytest

from contact_pipelines.files.artifacts import ArtifactFolder
from tests.helpers import crash_worker


def folders(root):
    return sorted(path.name for path in (root / "t" / ".scratch").iterdir())


def test_it_is_removed_when_it_is_closed(tmp_path):
    artifacts = ArtifactFolder(tmp_path, "t", "i")
    (artifacts.scratch() / "spilled").write_text("x")
    artifacts.close()
    assert folders(tmp_path) == []


def test_one_in_use_is_left_alone_in_the_same_process_too(tmp_path):
    mine, other = ArtifactFolder(tmp_path, "t", "i"), ArtifactFolder(tmp_path, "t", "i")
    mine.scratch()
    other.scratch()
    mine.remove_dead_scratch()
    assert folders(tmp_path) == sorted((mine.scratch().name, other.scratch().name))
    mine.close()
    other.close()


def test_one_that_is_just_being_made_is_left_or_made_again(tmp_path):
    making = tmp_path / "t" / ".scratch" / "new"
    making.mkdir(parents=True)
    (making / "file").touch()  # not empty: somebody is at it
    ArtifactFolder(tmp_path, "t", "i").remove_dead_scratch()
    assert folders(tmp_path) == ["new"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_one_of_a_killed_process_is_removed_by_the_next(tmp_path):
    died = crash_worker.start(crash_worker.die_in_scratch, tmp_path)
    assert crash_worker.ended(died) == -signal.SIGKILL
    (left,) = folders(tmp_path)
    artifacts = ArtifactFolder(tmp_path, "t", "another import")
    artifacts.scratch()
    assert left not in folders(tmp_path)
    artifacts.close()


def test_elsewhere_it_is_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    artifacts = ArtifactFolder("memory://scratch", "t", "i")
    assert artifacts.scratch().parent == tmp_path
    artifacts.close()
    assert list(tmp_path.iterdir()) == []
