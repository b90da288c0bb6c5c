"""docs/importing.md: every example is run, in order, and prints what the document says; every option has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from contact_pipelines import imports
from contact_pipelines.cli import import_command
from contact_pipelines.cli.app import app
from contact_pipelines.defs import run_here
from tests.helpers.docs_examples import Shell, agrees, comparable, examples_of

DOCUMENT = Path(__file__).parent.parent / "docs" / "importing.md"


@pytest.fixture
def shell(run, tmp_path, monkeypatch):
    """A shell in an empty folder. Imports run without Dagster, which `test_cli` tries and which takes seconds each."""

    def import_here(settings, store, record, **_):
        imports.run_import(store, settings, record)

    def confirm_here(settings, store, record, **_):
        imports.confirm_import(store, settings, record.id, tenant_id=record.tenant_id)

    monkeypatch.setattr(import_command, "_run_here", import_here)
    monkeypatch.setattr(run_here, "confirm_import_here", confirm_here)
    monkeypatch.setenv("COLUMNS", "200")
    _workbook(tmp_path / "fair.xlsx")
    return Shell(tmp_path, run)


def _workbook(path: Path) -> None:
    """Write the workbook that one example reads: the document cannot write it itself."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Notes"
    book.active.append(["Contacts of the trade fair"])
    people = book.create_sheet("Visitors")
    for row in (["E-mail", "Name"], ["jon@example.com", "Jon Roe"], ["kim@example.com", "Kim Poe"]):
        people.append(row)
    book.save(path)


def test_every_example_prints_what_the_document_says(shell):
    examples = examples_of(DOCUMENT.read_text(encoding="utf-8"))
    wrong = []
    for example in examples:
        printed = shell.execute(example)
        if not agrees(example.output, printed):
            wrong.append((example.line, comparable(example.output), comparable(printed)))
    assert wrong == []
    assert len(examples) > 30


@pytest.mark.parametrize(
    ("printed", "same"),
    [
        ("a.csv: 3 rows, completed in 9.9 s\n\n  created   3\n  failed    0\n\n  Column\n", True),
        ("a.csv: 3 rows, completed in 9.9 s\n\n  created   2\n  failed    0\n\n  Column\n", False),
        ("a.csv: 3 rows, completed in 9.9 s\n\n  created   3\n\n  failed    0\n\n  Column\n", False),
        ("a.csv: 4 rows, completed in 9.9 s\n\n  created   3\n  failed    0\n\n  Column\n", False),
        ("", False),
    ],
)
def test_what_counts_as_the_same(printed, same):
    assert agrees("a.csv: 3 rows, completed in 0.1 s\n...\n  created   3\n  failed    0\n...\n", printed) is same


def test_every_option_of_import_has_an_example():
    commands = "".join(example.commands for example in examples_of(DOCUMENT.read_text(encoding="utf-8")))
    used = set(re.findall(r"--[a-z-]+", commands))
    _, command, _ = typer.main.get_command(app).resolve_command(None, ["import"])
    options = [{*it.opts, *it.secondary_opts} for it in command.params if it.opts[0].startswith("--")]
    assert len(options) > 40
    assert [names for names in options if not names & used] == []
