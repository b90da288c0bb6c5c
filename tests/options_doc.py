# ruff: noqa: E501 - a paragraph of the page is a line
"""Generates docs/options.md from the declared options: `python -m tests.options_doc`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import yaml

from contact_pipelines.models.option_declarations import Option, declared
from contact_pipelines.options import ExportRequest, FuzzyOptions, ImportOptions, Transformation

OPTIONS_DOC = Path(__file__).parent.parent / "docs" / "options.md"

_HEAD = """\
# Options

All import and export options, by group. Generated from `contact_pipelines/options.py` by `python -m tests.options_doc`; see [importing.md](importing.md) and [exporting.md](exporting.md) for examples.

The option name is the key in an options file (`--options`), under `options` in the settings file, in a feed, and in Dagster's forms (inside its group). The flag is for the command line. Options that are not given come from the settings file, then from the built-in defaults.

To override a settings-file default with the built-in one, pass the built-in value, or `null`, `[]` or `{}` if there is none. On the command line and in Dagster's forms, use an empty text (`--country ""`), the `--no-...` form of a switch, or `--preset auto`.
"""


def options_doc() -> str:
    """Return the page."""
    parts = [_HEAD, "## Imports\n", *_tables(declared(ImportOptions))]
    parts += [
        "### Inside `fuzzy` and `transform`\n",
        "The flags of `transform` apply to all columns.\n",
        _table(declared(FuzzyOptions)),
        _table(declared(Transformation)),
        "## Exports\n",
        *_tables(declared(ExportRequest)),
    ]
    return "\n".join(parts)


def _tables(options: tuple[Option, ...]) -> list[str]:
    return [
        text
        for panel, group in groupby(options, key=lambda option: option.panel)
        for text in (f"### {panel.value}\n", f"Group `{panel.key}`.\n", _table(tuple(group)))
    ]


def _table(options: tuple[Option, ...]) -> str:
    lines = ["| option | flag | built-in default | what it does |", "|---|---|---|---|"]
    lines += [f"| `{it.name}` | {_flags(it)} | {_default(it)} | {_what(it)} |" for it in options]
    return "\n".join(lines) + "\n"


def _flags(option: Option) -> str:
    on, _, off = option.flag.partition("/")
    flags = (option.short, f"{on} {option.metavar}".strip(), off)
    return ", ".join(f"`{flag}`" for flag in flags if flag).replace("|", "\\|")


def _default(option: Option) -> str:
    if option.default in (None, (), {}, ""):
        return ""
    default = option.default
    return f"`{_yaml(list(map(str, default)) if isinstance(default, tuple) else default)}`"


def _what(option: Option) -> str:
    text = option.help.replace("|", "\\|").replace("*", "\\*")
    if option.example is not None:
        text += f". Example: `{_yaml(option.example)}`"
    if not option.can_be_default:
        text += ". Cannot be set as a default in the settings file"
    if option.excludes:
        text += f". Cannot be combined with {', '.join(f'`{name}`' for name in option.excludes)}"
    return text


def _yaml(value: object) -> str:
    plain = str(value) if isinstance(value, str) else value
    return yaml.safe_dump(plain, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()


if __name__ == "__main__":
    OPTIONS_DOC.write_text(options_doc(), encoding="utf-8")
