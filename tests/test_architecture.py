"""Imports run one way, and the core knows none of its faces."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import contact_pipelines

PACKAGE = Path(contact_pipelines.__file__).parent

# Each part may import itself and the parts above it. Those of the first stand alone together.
LAYERS = [
    {"property_types", "models", "options", "errors"},
    {"outcomes"},
    {"files"},
    {"settings"},
    {"store"},
    {"contacts"},
    {"imports", "exports", "notify"},
    {"feeds"},
    {"cleanup"},
    {"defs", "cli"},
    {"definitions"},
]
FACES = {"dagster", "typer", "rich", "fastapi", "uvicorn"}
CORE = set().union(*LAYERS[:-2])
# The command line starts Dagster runs (`import`, `dev`): the only place where one face calls another.
ALLOWED = {("cli", "defs")}


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imported(path: Path) -> set[str]:
    """Return the modules that a file names in its imports, wherever they stand in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


MODULES = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    here = _part(path)
    level = next(number for number, layer in enumerate(LAYERS) if here in layer)
    used = {
        name.split(".")[1]
        for name in _imported(path)
        if name.startswith("contact_pipelines.") and len(name.split(".")) > 1
    }
    parts = set().union(*LAYERS)
    for part in (used & parts) - {here}:
        allowed = any(part in layer for layer in LAYERS[: level + (level in (0, 6))])
        assert allowed or (here, part) in ALLOWED, f"{here} imports {part}"


@pytest.mark.parametrize("path", [p for p in MODULES if _part(p) in CORE], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_core_knows_no_face(path):
    assert not {name.split(".")[0] for name in _imported(path)} & FACES


def test_the_core_reads_no_environment():
    # The embedded server's watcher, a process of its own, is handed the environment of the one that starts it; the log
    # of SQL is switched on by the environment alone.
    for path in MODULES:
        if _part(path) in CORE - {"settings"} and not path.name.startswith(("embedded", "sql_log")):
            assert "os.environ" not in path.read_text(encoding="utf-8"), path
