"""`export` and `exports`, and what docs/exporting.md shows of them."""

from __future__ import annotations

import getpass
import hashlib
import json
import re
import shlex
from pathlib import Path

import pytest

from tests.helpers.exporting import read_csv, read_json

DOCS = Path(__file__).parent.parent / "docs" / "exporting.md"
PEOPLE = (
    "email,first_name,lead_score,tags,properties.plan\n"
    "ann@example.com,Ann,70,enterprise,pro\n"
    "bob@example.com,Bob,20,,free\n"
)


@pytest.fixture
def filled(run, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert (
        run("import", "people.csv", "--list", "Customers", "--segment", "Trade fair", "--topic", "Newsletter").code == 0
    )
    return run


def test_export_tells_programs_what_it_wrote(filled, tmp_path):
    done = filled("export", "--out", "out.csv", "--fields", "email, properties.plan", "--json")
    assert (done.code, read_csv(tmp_path / "out.csv")) == (
        0,
        [
            {"email": "ann@example.com", "properties.plan": "pro"},
            {"email": "bob@example.com", "properties.plan": "free"},
        ],
    )
    content = (tmp_path / "out.csv").read_bytes()
    told = json.loads(done.out)
    assert told == {
        "id": told["id"],
        "status": "completed",
        "rows": 2,
        "file": str(tmp_path / "out.csv"),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def test_export_tells_people(filled, tmp_path):
    done = filled("export", "--out", "leads.json", "--filter", "lead_score > 50")
    assert (done.code, "1 row" in done.out, "leads.json" in done.out) == (0, True, True)
    assert [contact["email"] for contact in read_json(tmp_path / "leads.json")] == ["ann@example.com"]
    done = filled("export", "--format", "xlsx")
    assert (done.code, "contacts.xlsx" in done.out, "Until" in done.out) == (0, True, True)


def test_an_existing_file_is_replaced_only_on_demand(filled, tmp_path):
    (tmp_path / "out.csv").write_text("mine")
    refused = filled("export", "--out", "out.csv")
    assert (refused.code, "--overwrite" in refused.err) == (2, True)
    assert (tmp_path / "out.csv").read_text() == "mine"
    assert filled("export", "--out", "out.csv", "--overwrite").code == 0
    assert len(read_csv(tmp_path / "out.csv")) == 2


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "out.doc"), "does not say a format"),
        (("--out", "out.csv", "--filter", "lead_score >> 5"), "filter"),
        (("--out", "out.csv", "--fields", "emial"), "Did you mean email?"),
        (("--out", "out.csv", "--changed-since", "yesterday"), "--changed-since is wrong: it is a moment"),
        (("--format", "pdf"), "--format is wrong"),
        (("--out", "nowhere/out.csv"), "does not exist"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(filled, tmp_path, arguments, said):
    done = filled("export", *arguments)
    assert (done.code, said in done.err) == (2, True), done.err
    assert list(tmp_path.glob("out*")) == []


def test_a_group_that_does_not_exist_is_not_found(filled):
    done = filled("export", "--out", "out.csv", "--list", "Nobody", "--json")
    assert (done.code, json.loads(done.out)["error"]["code"]) == (1, "not_found")


def test_exports_are_listed(filled, tmp_path):
    assert "No exports yet" in filled("exports").out
    filled("export", "--out", "a.csv", "--name", "leads", "--filter", "lead_score > 50")
    filled("export", "--format", "json", "--search", "bob")
    shown = filled("exports").out
    assert all(text in shown for text in ("leads", "lead_score > 50", "search bob", str(tmp_path / "a.csv")))
    newest, oldest = json.loads(filled("exports", "--json").out)
    assert (newest["format"], newest["rows"], newest["filter"], newest["requested_by"]) == (
        "json", 1, "search bob", getpass.getuser(),
    )  # fmt: skip
    assert (oldest["name"], oldest["expires_at"], oldest["file"]) == ("leads", None, str(tmp_path / "a.csv"))
    assert newest["expires_at"] > newest["finished_at"]
    assert json.loads(filled("exports", "--limit", "1", "--json").out) == [newest]


def test_changes_since_the_last_time(filled, tmp_path):
    assert filled("export", "--out", "all.csv", "--name", "sync", "--changed-since", "last").code == 0
    done = filled("export", "--out", "since.json", "--changed-since", "2020-01-01")
    assert done.code == 0
    assert [contact["deletedAt"] for contact in read_json(tmp_path / "since.json")] == [None, None]


def commands():
    """Return the commands that the documentation shows."""
    blocks = re.findall(r"```sh\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("contact-pipelines")]


def test_the_commands_of_the_documentation_work(filled):
    shown = commands()
    assert len(shown) >= 8
    for arguments in shown:
        done = filled(*arguments)
        assert done.code == 0, (arguments, done.err)


def test_the_documentation_names_every_format_and_option(run):
    text = DOCS.read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z-]+", run("export", "--help").out)) - {"--help", "--tenant", "--json"}
    assert [option for option in sorted(options) if option not in text] == []
    assert all(f"`{name}`" in text for name in ("csv", "xlsx", "json", "jsonl", "parquet"))
