"""docs/filters.md: its commands print what it shows, its filters can be read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from contact_pipelines import imports
from contact_pipelines.contacts.filters import parse_filter
from contact_pipelines.models import GroupKind, ImportOptions, PropertyDefinition

ROOT = Path(__file__).parent.parent
DOC = (ROOT / "docs" / "filters.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^\$ contact-pipelines (.*)\n((?:[^$\n].*\n)*)", re.MULTILINE)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)


def test_the_commands_print_what_is_shown(run, store, settings):
    example = imports.register_import(store, str(ROOT / "examples" / "contacts_nov.csv"), ImportOptions())
    imports.run_import(store, settings, example)
    commands = [found for block in _blocks("console") for found in COMMAND.findall(block)]
    assert len(commands) == 8
    for arguments, shown in commands:
        done = run(*shlex.split(arguments))
        assert done.out + done.err == shown, arguments


def test_the_filters_can_be_read():
    known = {(GroupKind.LIST, "Competitors"), (GroupKind.TOPIC, "Newsletter")}
    known |= {(GroupKind.SEGMENT, name) for name in ("Trade fair", "Leads")}
    [block] = _blocks("sql")
    filters = block.splitlines()
    assert len(filters) == 7
    for text in filters:
        wanted = parse_filter(text, [PropertyDefinition(key="plan", type="select")], dict.fromkeys(known))
        assert wanted.text == text.replace("search 'ann'", "search = 'ann'")
