"""The command line: its contract with people (sentences, exit codes) and with programs (whole JSON)."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from contact_pipelines import __version__, cli, imports, models
from contact_pipelines.cli import failing, option_parameters, parameters, printing, progress
from contact_pipelines.errors import InvalidOption
from contact_pipelines.settings import load_settings
from contact_pipelines.store.schema import HEAD_REVISION

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "contacts_nov.csv"
COMMAND = Path(sys.executable).with_name("contact-pipelines")
COUNTS = ("total", "created", "updated", "unchanged", "skipped", "failed")
ANNUAL_REVENUE = (
    "the column 'annual_revenue' was ignored: no contact field; keep it with --create-properties yes or"
    " --map 'annual_revenue=properties.annual_revenue'"
)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def counts(*numbers: int) -> dict[str, int]:
    return dict(zip(COUNTS, numbers, strict=True))


def process(*arguments: object, **environment: str) -> SimpleNamespace:
    """Run the installed command as a person does."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        env=os.environ | environment,
        check=False,
    )
    return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture
def file(tmp_path):
    """Write a CSV file from its lines."""

    def write(*lines: str, name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return path

    return write


def sentence(result: SimpleNamespace) -> str:
    """The one line of an error, without what went before it."""
    return result.err.strip().splitlines()[-1]


# -- the main flow, as real processes on a store of their own


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return {
        "CONTACT_PIPELINES_HOME": str(tmp_path_factory.mktemp("cli") / "home"),
        "CONTACT_PIPELINES_DATABASE_URL": "",
    }


@pytest.fixture(scope="module")
def first(home):
    """The first import of the example, for people."""
    return process("import", EXAMPLE, **home)


@pytest.fixture(scope="module")
def second(first, home):
    """The same file again, for programs."""
    return process("import", EXAMPLE, "--json", **home)


def test_import_prints_a_summary(first):
    assert first.code == 0, first.err
    assert "contacts_nov.csv: 5,000 rows, 573 KiB, completed" in first.out
    found = dict(re.findall(r"^  (total|created|updated|unchanged|skipped|failed) +([\d,]+)$", first.out, re.M))
    assert found == dict(zip(COUNTS, ("5,000", "4,905", "0", "0", "82", "13"), strict=True))
    assert re.search(r"- email is not a valid email address \(13 rows, first in row \d+\)$", first.out, re.M)
    assert "the column 'annual_revenue' was ignored" in first.out
    assert re.search(rf"contact-pipelines rollback {UUID.pattern}\n", first.out)
    assert re.search(r"^\w+ \.\.\. 5,000 rows$", first.err, re.M)
    assert "Traceback" not in first.err


def test_import_again_as_json_changes_nothing(second):
    assert second.code == 0, second.err
    found = json.loads(second.out)
    assert UUID.fullmatch(found.pop("id"))
    assert 0 < found.pop("duration_seconds") < 60
    for which in ("results", "errors"):
        assert Path(found.pop(f"{which}_file")).name == f"{which}.csv"
    mapping = found.pop("mapping")
    assert [column["column"] for column in mapping] == EXAMPLE.read_text().split("\n")[0].split(",")
    assert all(column.keys() == {"column", "field", "confidence"} for column in mapping)
    assert mapping[0] == {"column": "email", "field": "email", "confidence": 1.0}
    content = EXAMPLE.read_bytes()
    assert found.pop("reading")["encoding"] == "utf-8"
    assert found == {
        "status": "completed",
        "file": {
            "name": "contacts_nov.csv",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "rows": 5000,
        },
        "counts": counts(5000, 0, 0, 4905, 82, 13),
        "warnings": [ANNUAL_REVENUE],
        "errors": [
            {"column": "email", "code": "invalid_email", "message": "email is not a valid email address",
             "severity": "error", "rows": 13, "first_row": found["errors"][0]["first_row"]}
        ],
    }  # fmt: skip


def test_history_show_results_get_rollback_count(second, home, tmp_path):
    shown = process("history", "--json", **home)
    entries = json.loads(shown.out)
    assert [entry["counts"] for entry in entries] == [
        counts(5000, 0, 0, 4905, 82, 13),
        counts(5000, 4905, 0, 0, 82, 13),
    ]
    again = json.loads(second.out)
    assert entries[0]["id"] == again["id"]
    key = entries[1]["name"]

    show = json.loads(process("show", again["id"], "--json", **home).out)
    assert {name: show[name] for name in again} == again
    assert show["step"] == "report"
    assert show["rollback"] is None

    out = tmp_path / "failed.csv"
    assert process("results", key, "--errors", "--out", out, **home).code == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 13
    assert all(row["Errors"] for row in rows)
    piped = process("results", key, "--out", "-", **home)
    assert [row["Import Status"] for row in csv.DictReader(piped.out.splitlines())].count("Created") == 4905

    contact = json.loads(process("contacts", "get", "JOHN@example.com", "--json", **home).out)
    assert UUID.fullmatch(contact.pop("id"))
    assert contact.pop("created_at")
    assert contact.pop("updated_at")
    assert contact == {
        "external_id": None,
        "email": "john@example.com",
        "phone": "+14155552671",
        "first_name": "John",
        "last_name": "Smith",
        "company": "Acme",
        "status": "subscribed",
        "lead_score": None,
        "tags": contact["tags"],
        "properties": {"industry": "Manufacturing"},
        "version": 1,
        "lists": [],
        "segments": [],
        "topics": {},
    }
    assert {"customer", "newsletter"} <= set(contact["tags"])

    undone = process("rollback", key, "--json", **home)
    told = json.loads(undone.out)
    assert Path(told.pop("report_file")).read_text(encoding="utf-8").count(",deleted,") == 4905
    assert told == {
        "id": entries[1]["id"],
        "status": "rolled_back",
        "counts": {"restored": 0, "deleted": 4905, "kept": 0},
        "gone": 0,
        "opt_outs_kept": 0,
        "properties_removed": 0,
        "suppressions_kept": 0,
        "suppressions_removed": 0,
    }
    assert json.loads(process("contacts", "count", "--json", **home).out) == {"count": 0}
    twice = process("rollback", key, **home)
    assert (twice.code, twice.out) == (1, "")
    assert sentence(twice) == f"Error: The import {key} was already rolled back; there is nothing left to undo."


# -- import: options


def test_options_reach_the_import(run, file):
    path = file("Mail,Note=1,Rest", "a@example.com,hello,x")
    maps = ["--map", "Mail=email", "--map", "Note=1=properties.note", "--map", "Rest=ignore"]
    done = run("import", path, *maps, "--tag", "fair", "--status", "unsubscribed", "--json")
    assert done.code == 0, done.err
    assert [column["field"] for column in json.loads(done.out)["mapping"]] == [
        "email",
        "properties.note",
        "ignore",
    ]
    contact = json.loads(run("contacts", "get", "a@example.com", "--json").out)
    assert (contact["properties"], contact["status"]) == ({"note": "hello"}, "unsubscribed")
    assert "fair" in contact["tags"]


def test_column_map_ignores_what_it_does_not_name(run, file):
    path = file("Mail,first_name", "a@example.com,Ann")
    done = run("import", path, "--column-map", '{"Mail": "email"}', "--json")
    assert done.code == 0, done.err
    assert [column["field"] for column in json.loads(done.out)["mapping"]] == ["email", "ignore"]


def test_column_map_from_a_file_with_an_added_column(run, file):
    path = file("Mail,Vor,Nach", "a@example.com,Ann,Lee")
    given = file('{"email": "Mail"}', name="map.json")
    done = run("import", path, "--column-map", f"@{given}", "--map", "Vor=first_name", "--json")
    assert done.code == 0, done.err
    assert [column["field"] for column in json.loads(done.out)["mapping"]] == [
        "email",
        "first_name",
        "ignore",
    ]


def test_options_file_and_the_command_line_wins(run, file):
    path = file("Mail,Name", "a@example.com,Ann")
    given = file("mode: update_only", "columns: {Mail: email, Name: company}", "tags: [a]", name="options.yaml")
    skipped = run("import", path, "--options", given, "--json")
    assert json.loads(skipped.out)["counts"] == counts(1, 0, 0, 0, 1, 0)
    done = run(
        "import",
        path,
        "--options",
        given,
        "--mode",
        "upsert",
        "--map",
        "Name=first_name",
        "--tag",
        "b",
        "--json",
    )
    found = json.loads(done.out)
    assert found["counts"] == counts(1, 1, 0, 0, 0, 0)
    assert [column["field"] for column in found["mapping"]] == ["email", "first_name"]
    contact = json.loads(run("contacts", "get", "a@example.com", "--json").out)
    assert "b" in contact["tags"]
    assert "a" not in contact["tags"]


def test_rules_blank_mode_and_duplicates(run, file):
    run("import", file("email,first_name,company", "a@example.com,Ann,Acme"))
    path = file("email,first_name,company", "a@example.com,Bea,", "a@example.com,Cid,", "b@example.com,Don,")
    done = run("import", path, "--rule", "first_name=keep", "--blank", "erase", "--mode", "update_only",
               "--duplicates", "last", "--json")  # fmt: skip
    assert json.loads(done.out)["counts"] == counts(3, 0, 1, 0, 2, 0)
    contact = json.loads(run("contacts", "get", "a@example.com", "--json").out)
    assert (contact["first_name"], contact["company"]) == ("Ann", None)


def test_failed_rows_alone_are_no_failure(run, file):
    done = run("import", file("email", "nobody", "a@example.com"), "--json")
    assert done.code == 0
    assert json.loads(done.out)["counts"] == counts(2, 1, 0, 0, 0, 1)


def test_the_same_idempotency_key_runs_nothing(run, file):
    path = file("email", "a@example.com")
    once = run("import", path, "--idempotency-key", "k1", "--json")
    file("email", "a@example.com", "b@example.com")
    again = run("import", path, "--idempotency-key", "k1", "--json")
    assert (again.code, json.loads(again.out)) == (0, json.loads(once.out))
    assert "nothing was imported now" in again.err
    assert len(json.loads(run("history", "--json").out)) == 1


def test_a_failed_import_is_tried_again_with_its_key_and_its_file(run, file):
    path = file("email")
    failed = run("import", path, "--idempotency-key", "k1", "--json")
    again = run("import", path, "--idempotency-key", "k1", "--json")
    assert [json.loads(done.out)["status"] for done in (failed, again)] == ["failed", "failed"]
    assert json.loads(again.out)["id"] == json.loads(failed.out)["id"]
    assert "nothing was imported now" not in again.err


def test_tenants_are_apart(run, file):
    done = run("import", file("email", "a@example.com"), "--tenant", "acme")
    assert re.search(r"rollback \S+ --tenant acme$", done.out, re.M)
    assert json.loads(run("contacts", "count", "--tenant", "acme", "--json").out) == {"count": 1}
    assert run("contacts", "count").out == "0\n"
    assert run("contacts", "get", "a@example.com").code == 1
    assert run("contacts", "get", "a@example.com", "--tenant", "acme").code == 0


# -- import: what cannot be imported


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        (b"", [], "people.csv is empty"),
        (b"email,first_name\n", [], "people.csv"),
        (b"Vorname,Stadt\nAnn,Rom\n", [], "'Vorname', 'Stadt'"),
        (b"\x00\x01\x02PK\x03\x04\xff\xfe" * 50, [], "people.csv"),
        (b"email\na@example.com\n", ["--map", "Nope=phone"], "Nope"),
        (
            b"a,b\nx@example.com,y@example.com\n",
            ["--map", "a=email", "--map", "b=email"],
            "both mapped to email",
        ),
        (b"email,b\nx@example.com,y\n", ["--map", "b=frist_name"], "Did you mean first_name?"),
    ],
    ids=["empty", "header only", "no email", "binary", "missing column", "field twice", "unknown field"],
)
def test_a_file_that_cannot_be_imported(run, tmp_path, content, arguments, told):
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    done = run("import", path, *arguments, "--json")
    found = json.loads(done.out)
    assert (done.code, found["status"], found["counts"]) == (1, "failed", counts(0, 0, 0, 0, 0, 0))
    assert told in found["error"]["message"]
    assert found["error"].keys() == {"code", "message"}
    assert sentence(done) == "Error: " + found["error"]["message"]
    assert "Traceback" not in done.err
    assert json.loads(run("contacts", "count", "--json").out) == {"count": 0}
    shown = json.loads(run("show", found["id"], "--json").out)
    assert (shown["status"], shown["error"]) == ("failed", found["error"]["message"])
    assert found["error"]["message"] in run("show", found["id"]).out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--mode", "overwrite"], 2, "--mode"),
        (["--blank", "nul"], 2, "--blank"),
        (["--duplicates", "none"], 2, "--duplicates"),
        (["--status", "gone"], 2, "--status"),
        (["--country", "ZZ"], 2, "--country"),
        (["--rule", "first_name=best"], 2, "--rule of first_name"),
        (["--rule", "first_name"], 2, "--rule"),
        (["--tag", " "], 2, "--tag"),
        (["--map", "email"], 2, '--map "HEADER=FIELD"'),
        (["--map", "email=phone", "--map", "email=email"], 2, "twice"),
        (["--match-on", "name"], 2, "--match-on"),
        (["--match-on", "email,email"], 2, "names a key twice"),
        (["--column-map", '{"email": '], 2, "not valid JSON"),
        (["--column-map", "@gone.json"], 2, "gone.json"),
        (["--options", "gone.yaml"], 2, "gone.yaml"),
        (["--nope"], 2, "--nope"),
        (["--mode"], 2, "--mode"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_registers_nothing(run, file, arguments, code, told):
    done = run("import", file("email", "a@example.com"), *arguments, "--json")
    error = json.loads(done.out)
    assert done.code == code
    assert error.keys() == {"error"}
    assert told in error["error"]["message"]
    assert sentence(done) == "Error: " + error["error"]["message"]
    assert json.loads(run("history", "--json").out) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mode: nope", "has a wrong value at mode"),
        (
            "modes: upsert",
            "unknown key modes; the keys are encoding, delimiter, header, sheet, columns",
        ),
        ("rules: {email: best}", "has a wrong value at rules.email"),
        ("- mode", "option: value"),
        ("mode: [", "not valid YAML (line"),
    ],
)
def test_a_wrong_options_file(file, text, told):
    with pytest.raises(InvalidOption, match=re.escape(told)):
        option_parameters.import_options({}, file(text, name="o.yaml"))


def test_no_such_file_makes_no_store(tmp_path):
    done = process("import", tmp_path / "gone.csv", CONTACT_PIPELINES_HOME=str(tmp_path / "home"))
    assert (done.code, done.out) == (1, "")
    assert re.fullmatch(r"Error: There is no file .*gone\.csv; check the name and the folder\.", done.err.strip())
    assert not (tmp_path / "home").exists()


# -- other commands that fail


def test_unknown_import(run):
    for command in (["show"], ["rollback"], ["results", "--out", "x.csv"]):
        done = run(*command, "2026-01-01-gone-000000000000", "--json")
        assert done.code == 1
        assert json.loads(done.out)["error"]["code"] == "not_found"
        assert "`contact-pipelines history` lists them" in sentence(done)


def test_store_that_is_down(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    url = f"postgresql://me:secret@127.0.0.1:{port}/contacts"
    done = process(
        "import", EXAMPLE, "--json", CONTACT_PIPELINES_DATABASE_URL=url, CONTACT_PIPELINES_HOME=str(tmp_path)
    )
    error = json.loads(done.out)["error"]
    assert (done.code, error["code"]) == (1, "store_unavailable")
    assert "cannot be reached (connection refused)" in error["message"]
    assert "secret" not in done.out + done.err
    assert done.err == f"Error: {error['message']}\n"


def test_results_that_cannot_be_written(run, file):
    run("import", file("email", "a@example.com"))
    key = json.loads(run("history", "--json").out)[0]["id"]
    done = run("results", key, "--out", "no/such/folder.csv")
    assert (done.code, sentence(done)) == (
        2,
        "Error: The file no/such/folder.csv cannot be written: No such file or directory.",
    )
    assert run("results", key, "--out", "-", "--json").code == 2


def test_results_that_a_dead_process_did_not_write(run, file, tmp_path):
    shown = json.loads(run("import", file("email", "a@example.com"), "--json").out)
    for path in Path(shown["results_file"]).parent.glob("*.csv"):
        path.unlink()
    assert run("results", shown["id"], "--out", tmp_path / "again.csv").code == 0
    assert "a@example.com,Created," in (tmp_path / "again.csv").read_text()


def test_a_bug_is_told_without_data(run, file, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("ann@example.com")

    monkeypatch.setattr(imports, "list_imports", broken)
    done = run("history", "--json")
    assert (done.code, json.loads(done.out)["error"]["code"]) == (1, "unexpected")
    assert sentence(done).startswith("Error: This is a bug: RuntimeError.")
    assert "ann@example.com" not in done.out + done.err
    assert "ann@example.com" in run("--debug", "history").err
    assert "ann@example.com" not in run("history").err


# -- map


def test_map_tells_each_column(run, file):
    path = file("E-Mail;Vorname;City", "a@example.com;Ann;Rom", "b@example.com;Bea;")
    done = run("map", path, "--json")
    assert done.code == 0, done.err
    (found,) = json.loads(done.out)
    columns = found.pop("columns")
    assert found == {
        "file": str(path),
        "format": "csv",
        "container": "",
        "sheet": "",
        "encoding": "utf-8",
        "encoding_confidence": 1.0,
        "delimiter": ";",
        "quote": '"',
        "header_row": 1,
        "notes": [],
        "header": ["E-Mail", "Vorname", "City"],
    }
    assert [(column["column"], column["field"]) for column in columns] == [
        ("E-Mail", "email"),
        ("Vorname", "first_name"),
        ("City", "city"),
    ]
    assert all(column.keys() == {"column", "field", "confidence", "reason", "samples"} for column in columns)
    assert columns[2]["samples"] == ["Rom"]
    assert re.search(r"^  Vorname +first_name +\d+%", run("map", path).out, re.M)


def test_map_of_many_files_goes_on_after_a_bad_one(tmp_path):
    files = [tmp_path / f"{number}.csv" for number in range(300)]
    for path in files:
        path.write_text("Email,First Name,Phone,Anything\n", encoding="utf-8")
    files[7].write_bytes(b"")
    start = time.monotonic()
    done = process("map", *files, tmp_path / "gone.csv", "--json")
    assert time.monotonic() - start < 20  # 2 to 3 s on a quiet machine
    entries = json.loads(done.out)
    assert (done.code, len(entries)) == (1, 301)
    assert {entry["file"] for entry in entries if "error" in entry} == {
        str(files[7]),
        str(tmp_path / "gone.csv"),
    }
    assert entries[300]["error"]["code"] == "file_unreadable"
    assert entries[8]["header"] == ["Email", "First Name", "Phone", "Anything"]


# -- show, history, rollback, contacts, property, db


def test_show_and_history_for_people(run, file):
    assert "No imports yet" in run("history").out
    run("import", file("email,first_name", "a@example.com,Ann"))
    assert re.search(r"-people-\w{12} +completed +[\d-]+ [\d:]+ +1 +1 +0 +0 +0 +0$", run("history").out, re.M)
    key = json.loads(run("history", "--json").out)[0]["name"]
    assert run("rollback", key, "--dry-run").out.startswith(f"Would roll back {key}: 1 contact deleted")
    assert json.loads(run("rollback", key, "--dry-run", "--json").out)["status"] == "completed"
    assert run("contacts", "count").out == "1\n"
    run("rollback", key)
    shown = run("show", key)
    assert re.search(r"Undone +\S+ \S+: 0 restored, 1 deleted, 0 kept", shown.out)
    assert "Undo  " not in shown.out
    assert json.loads(run("history", "--limit", "1", "--json").out)[0]["status"] == "rolled_back"


def test_contacts_get_by_every_key(run, file):
    run("import", file("email,external_id,phone", "a@example.com,X-1,+14155552671"))
    contact = json.loads(run("contacts", "get", " A@Example.com", "--json").out)
    for key in (contact["id"], "X-1", "+1 (415) 555-2671"):
        assert json.loads(run("contacts", "get", key, "--json").out) == contact
    assert re.search(r"^  email +a@example.com$", run("contacts", "get", "X-1").out, re.M)
    for key in ("b@example.com", "01a1fa41-90b5-76d3-b596-0e96b60f4fe2", ""):
        missing = run("contacts", "get", key, "--json")
        assert (missing.code, json.loads(missing.out)["error"]["code"]) == (1, "not_found")


def test_properties(run):
    known = [entry["key"] for entry in json.loads(run("property", "list", "--json").out)]
    assert known == sorted(models.WELL_KNOWN_PROPERTIES)
    added = run("property", "add", "plan", "--type", "select", "--option", "free", "--option", "pro", "--json")
    expected = {"key": "plan", "type": "select", "label": "", "options": ["free", "pro"], "required": False}
    assert (added.code, json.loads(added.out)) == (0, expected)
    assert expected in json.loads(run("property", "list", "--json").out)
    run("property", "add", "age", "--type", "number", "--min", "0", "--max", "120.5", "--label", "Age")
    listed = run("property", "list").out
    assert re.search(r"^  age +number +Age +min 0, max 120\.5$", listed, re.M)
    assert re.search(r"^  plan +select +options free \| pro$", listed, re.M)
    for arguments, told in (
        (["plan"], "already exists with type select, not text"),
        (["Bad Key"], "KEY"),
        (["a", "--type", "colour"], "--type"),
        (["a", "--pattern", "("], "The property a has a pattern that is not a valid RE2 regular expression"),
    ):
        done = run("property", "add", *arguments)
        assert (done.code, done.out) == (2, "")
        assert told in sentence(done)


def test_database_commands(capfd, monkeypatch, empty_database_url, tmp_path):
    monkeypatch.setenv("CONTACT_PIPELINES_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("CONTACT_PIPELINES_HOME", str(tmp_path))

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        return ended.value.code, *capfd.readouterr()

    code, out, err = run("contacts", "count")
    assert (code, out) == (1, "")
    assert "run `contact-pipelines db upgrade`" in err
    assert run("db", "upgrade", "--json") == (0, f'{{\n  "revision": "{HEAD_REVISION}"\n}}\n', "")
    assert run("contacts", "count") == (0, "0\n", "")
    code, out, _ = run("db", "url", "--json")
    assert json.loads(out)["embedded"] is False
    assert run("db", "url")[1].strip() == json.loads(out)["url"]


# -- the program itself


def test_version_and_help():
    assert process("--version").out == f"contact-pipelines {__version__}\n"
    start = time.monotonic()
    done = process("--help")
    assert time.monotonic() - start < 5  # 0.2 s on a quiet machine
    assert done.code == 0
    for command in (
        "import",
        "map",
        "show",
        "history",
        "results",
        "rollback",
        "contacts",
        "property",
        "db",
        "dev",
    ):
        assert re.search(rf"^│ {command} ", done.out, re.M)
        assert "Example: contact-pipelines" in " ".join(process(command, "--help").out.split()) or command in {
            "contacts",
            "property",
            "db",
        }


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nimport contact_pipelines.cli\n"
        "print([m for m in ('pydantic', 'sqlalchemy', 'duckdb', 'dagster', 'polars', 'lark') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_help_names_every_word():
    text = " ".join(process("import", "--help").out.replace("│", " ").split())
    for words in (models.Mode, models.Duplicates, models.Blank, models.FieldRule, models.ContactStatus):
        assert all(re.search(rf"\b{word}\b", text) for word in words)
    assert parameters.DEFAULT_TENANT == models.DEFAULT_TENANT


def test_unknown_command_and_missing_argument():
    for arguments in (
        ["imprt"],
        ["import"],
        ["results", "x"],
        ["contacts", "gte"],
        ["history", "--limit", "0"],
    ):
        done = process(*arguments)
        assert (done.code, done.out) == (2, "")
        assert re.fullmatch(r"Error: .+\. Try: contact-pipelines.* --help", done.err.strip())


def test_a_reader_that_has_seen_enough(home):
    reading = subprocess.Popen(
        [COMMAND, "history"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | home
    )
    reading.stdout.close()
    assert reading.stderr.read() == b""
    reading.stderr.close()
    assert reading.wait(timeout=60) in (0, 1)


def test_interrupting_an_import_writes_nothing(home, tmp_path):
    path = tmp_path / "many.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("email,first_name\n")
        file.writelines(f"person{number}@example.com,P{number}\n" for number in range(400_000))
    with subprocess.Popen(
        [COMMAND, "import", path, "--tenant", "interrupted", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | home,
    ) as running:
        for line in running.stderr:
            if re.match(r"(validate|compare|apply) \.\.\.", line):
                break
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    found = json.loads(out)
    assert (found["status"], found["error"]["code"]) == ("failed", "interrupted")
    assert "Traceback" not in err
    count = process("contacts", "count", "--tenant", "interrupted", "--json", **home)
    assert json.loads(count.out) == {"count": 0}


# -- pieces


def test_control_characters_do_not_reach_the_terminal(run, file):
    path = file("email,\x1b[31mred", "a@example.com,x")
    done = run("import", path, "--map", "\x1b[31mred=properties.red")
    assert "\x1b[31mred" not in done.out + done.err
    assert "\\x1b[31mred" in done.out
    assert printing.safe("ä 日本") == "ä 日本"


def test_durations_and_sizes():
    assert [printing.duration(seconds) for seconds in (None, 1.94, 59.9, 200.7)] == [
        "",
        "1.9 s",
        "59.9 s",
        "3 min 20 s",
    ]
    assert [printing.size(number) for number in (12, 586724, 5 << 30)] == ["12 bytes", "573 KiB", "5 GiB"]
    assert (printing.rows(1), printing.rows(5000)) == ("1 row", "5,000 rows")


def test_wide_and_long_cells_stay_aligned(capsys):
    printing.print_table(("A", "B"), [("日本", "x"), ("y" * 80, "z")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  日本" + " " * 40 + "  x"
    assert lines[2] == "  " + "y" * 43 + "…  z"


def test_progress_lines_are_told_once_a_step(capsys):
    lines = progress.Lines()
    running = SimpleNamespace(
        status=models.ImportStatus.RUNNING, rows=5000, progress=models.ImportProgress("map", 0, 0, 1.0)
    )
    lines.show(running)
    lines.show(running)
    running.progress = models.ImportProgress("apply", 1000, 4905, 2.0, 8.0)
    lines.show(running)
    assert capsys.readouterr().err == "map ... 5,000 rows\napply ... 1,000 of 4,905 rows\n"


def test_progress_reads_only_what_it_shows_and_not_too_often(store, tmp_path, monkeypatch):
    (tmp_path / "people.csv").write_text("email\nann@example.com\n")
    record = imports.register_import(store, str(tmp_path / "people.csv"))
    asked = []
    sa.event.listen(store.engine, "before_cursor_execute", lambda *of: asked.append(of[2]))
    with progress.shown_progress(store, record):
        time.sleep(1.3)
    assert 1 <= len(asked) <= 3
    assert not [statement for statement in asked if "options" in statement or "mapping" in statement]


def test_the_bar_moves_by_steps_and_rows():
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=open(os.devnull, "w"))) as shown:  # noqa: PTH123
        bar = progress.Bar(shown)
        bar.show(SimpleNamespace(rows=10, progress=models.ImportProgress("apply", 5, 10, 2.0, 8.0)))
        bar.show(SimpleNamespace(rows=None, progress=models.ImportProgress("")))
        (task,) = shown.tasks
    assert (task.completed, task.total) == (progress.STEPS.index("apply") + 0.5, len(progress.STEPS))
    assert task.fields["told"] == "5 of 10 rows  0.0 s  8.0 s left"


def test_failures_of_other_kinds():
    assert failing.failure_of(KeyboardInterrupt()).exit_code == 130
    with pytest.raises(ValidationError) as raised:
        models.ImportOptions(mode="x")
    assert failing.failure_of(raised.value).message.startswith("This is a bug: ValidationError.")
    assert load_settings({}).database_url is None
