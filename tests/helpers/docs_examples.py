"""The examples of a document: shell commands in blocks of `sh`, each followed by a block of what they print.

Commands are `contact-pipelines ...`, `cat FILE`, and `cat > FILE <<'END'` with the file's text below. A line `...` of
an output stands for any lines. What differs from run to run (ids, times, durations, folders) counts as the same.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_BLOCKS = re.compile(r"^```sh\n(?P<commands>.*?)^```\n(?:\n```\n(?P<output>.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_HERE = re.compile(r"cat > (?P<file>\S+) <<'END'\n(?P<text>.*?)^END\n", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"\b\d{4}-\d\d-\d\d-(?P<file>\w+?)-[0-9a-f]{12}\b")
_PROGRESS = re.compile(r"[a-z]+ \.\.\..*")
_SAME = [
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (_NAME, r"<date>-\g<file>-<end>"),
    (re.compile(r"imported_\d{4}_\d\d_\d\d_[0-9a-f]{6}"), "imported_<date>_<end>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00"), "<time>"),
    (re.compile(r'(?<= in )\d+\.\d s|(?<="duration_seconds": )[\d.]+'), "<duration>"),
    (re.compile(r"\S*/artifacts/"), "<artifacts>/"),
    (re.compile(r"(?<=by )\w+(?=: )"), "<user>"),
]


@dataclass(frozen=True)
class Example:
    """The commands of one block and the lines that are said to be printed; `line` is the block's place."""

    line: int
    commands: str
    output: str


def examples_of(document: str) -> list[Example]:
    """Return the examples of a document's text, in order."""
    return [
        Example(document.count("\n", 0, found.start()) + 1, found["commands"], found["output"] or "")
        for found in _BLOCKS.finditer(document)
    ]


class Shell:
    """Runs the commands of examples, one after the other, in one folder.

    `run` runs contact-pipelines with arguments and returns what has `out` and `err`. The name of an import in a command
    stands for the latest one of a file of that name.
    """

    def __init__(self, folder: Path, run: Callable[..., object]) -> None:
        self._folder, self._run = folder, run
        self._latest: dict[str, str] = {}

    def execute(self, example: Example) -> str:
        """Run an example's commands; return what a person sees, without the progress."""
        rest, printed = re.sub(r"\\\n *", " ", example.commands), []
        while rest:
            here = _HERE.match(rest)
            if here:
                (self._folder / here["file"]).write_text(here["text"], encoding="utf-8")
                rest = rest[here.end() :]
                continue
            command, _, rest = rest.partition("\n")
            if command.strip():
                printed.append(self._command(shlex.split(command, comments=True)))
        return "".join(printed)

    def _command(self, words: list[str]) -> str:
        if words[:1] == ["cat"]:
            return "".join((self._folder / name).read_text(encoding="utf-8") for name in words[1:])
        assert words[:1] == ["contact-pipelines"], words
        done = self._run(*(_NAME.sub(self._meant, word) for word in words[1:]))
        told = [line for line in done.err.splitlines(keepends=True) if not _PROGRESS.fullmatch(line.strip())]
        printed = done.out + "".join(told)
        for name in _NAME.finditer(printed):
            self._latest[name["file"]] = name[0]
        return printed

    def _meant(self, name: re.Match[str]) -> str:
        return self._latest.get(name["file"], name[0])


def comparable(output: str) -> list[str]:
    """Return the lines of an output with what differs from run to run left out."""
    for pattern, same in _SAME:
        output = pattern.sub(same, output)
    return [line.rstrip() for line in output.strip("\n").split("\n")]


def agrees(said: str, printed: str) -> bool:
    """Say whether what is printed is what a document says."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in comparable(said))
    return re.fullmatch(pattern, "".join(line + "\n" for line in comparable(printed))) is not None
