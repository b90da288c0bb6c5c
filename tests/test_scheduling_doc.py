"""docs/scheduling.md: its settings file is valid, and its commands print what it says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

DOC = Path(__file__).parent.parent / "docs" / "scheduling.md"
NAME = re.compile(r"\d{4}-\d{2}-\d{2}-[A-Za-z0-9_]+-[0-9a-f]{12}")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", DOC.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def steps():
    """Yield each command of the document, and the lines that it is said to print."""
    for block in blocks("console"):
        command, expected = None, []
        for line in [*block.splitlines(), "$ "]:
            if line.startswith("$ "):
                if command is not None:
                    yield command, expected
                command, expected = line[2:], []
            else:
                expected.append(line)


def printed(command, run, folder, last):
    """Run a command; return what it printed, with what is different each time left out."""
    if not command.startswith("contact-pipelines "):
        done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout
    found = run(*[last.get("id", word) if word == "IMPORT" else word for word in shlex.split(command)[1:]])
    if "--json" in command and found.code == 0:
        last["id"] = json.loads(found.out)["imports"][0]["id"]
    said = found.err + found.out if "feeds run" in command else found.out
    return NAME.sub("IMPORT", said).replace(str(folder), "...")


def test_the_commands_print_what_the_document_says(run, tmp_path):
    (tmp_path / "contact_pipelines.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    last: dict[str, str] = {}
    count = 0
    for command, expected in steps():
        lines = [_plain(line) for line in printed(command, run, tmp_path, last).splitlines()]
        wanted = [_plain(line) for line in expected]
        if "..." in wanted:
            missing = [line for line in wanted if line != "..." and line not in lines]
            assert not missing, (command, lines)
        else:
            assert lines == wanted, command
        count += 1
    assert count >= 15


def _plain(line):
    """Return a line without the spaces that align columns: names of imports have another width in the document."""
    return re.sub(r"\s+", " ", line).strip()
