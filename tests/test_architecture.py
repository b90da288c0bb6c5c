"""The layout of the package: imports run one way, the core knows no door, every rule is where the document says."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from pathlib import Path

import pytest

import contact_pipelines
from tests.architecture_doc import ARCHITECTURE_DOC, TREE, tree

PACKAGE = Path(contact_pipelines.__file__).parent
ROOT = PACKAGE.parent
MOST_LINES = 400  # of a file
MOST_LINES_OF_A_FUNCTION = 50

# A part may import itself and what stands above it; those of the first line each other, too.
LAYERS = [
    {"property_types", "models", "options", "errors"},
    {"outcomes"},
    {"files"},
    {"settings"},
    {"store"},
    {"contacts"},
    {"imports", "exports"},
    {"notify"},
    {"feeds"},
    {"cleanup"},
    {"defs", "cli"},
    {"definitions"},
]
EXCEPTIONS = {("cli", "defs")}  # the command line starts Dagster runs: the only place where one door calls another
CORE = set().union(*LAYERS[:-2])
DOORS = {"dagster", "dagster_webserver", "typer", "click", "rich", "fastapi", "starlette", "uvicorn", "mcp"}
# Modules of the core that read the environment: the settings; the embedded server, which hands it to its
# processes; and the log of SQL, which the environment alone switches on.
READS_THE_ENVIRONMENT = re.compile(r"settings/|store/(?:embedded|postgres)|files/sql_log")


def _is_migration(path: Path) -> bool:
    return "migrations" in path.parts


SOURCES = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*") if path.suffix in {".py", ".sql"}}
TREES = {path: ast.parse(text) for path, text in SOURCES.items() if path.suffix == ".py"}


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _imported(module: ast.Module) -> set[str]:
    """Return the names that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_imports_run_one_way():
    level = {part: number for number, layer in enumerate(LAYERS) for part in layer}
    wrong = set()
    for path, module in TREES.items():
        here = _part(path)
        if here == "__init__":
            continue
        used = {name.split(".")[1] for name in _imported(module) if name.startswith("contact_pipelines.")}
        for part in (used & set(level)) - {here}:
            above = level[part] < level[here] or level[part] == level[here] == 0
            if not above and (here, part) not in EXCEPTIONS:
                wrong.add(f"{_name(path)} imports {part}")
    assert wrong == set()


def test_every_part_has_a_layer():
    assert {_part(path) for path in TREES} - {"__init__"} == set().union(*LAYERS)


def test_the_core_knows_no_door():
    found = {
        (_name(path), door)
        for path, module in TREES.items()
        if _part(path) in CORE
        for door in {name.split(".")[0] for name in _imported(module)} & DOORS
    }
    assert found == set()


def test_the_core_reads_no_environment():
    found = {
        _name(path)
        for path in TREES
        if _part(path) in CORE
        and re.search(r"\benviron\b|\bgetenv\b", SOURCES[path])
        and not READS_THE_ENVIRONMENT.match(_name(path))
    }
    assert found == set()


def test_a_name_stands_once_in_the_tree():
    places: defaultdict[str, set[str]] = defaultdict(set)
    for path in TREES:
        if not _is_migration(path):
            place = path.parent if path.name == "__init__.py" else path
            places[place.stem].add(_name(place))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_files_and_functions_are_short():
    long = {
        _name(path): lines
        for path, text in SOURCES.items()
        if (lines := text.count("\n")) > MOST_LINES and path.name != "0003_consent.py"
    }
    for path, module in TREES.items():
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_migration(path):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MOST_LINES_OF_A_FUNCTION:
                    long[f"{_name(path)}: {node.name}"] = lines
    assert long == {}


def test_sql_holds_no_sentence():
    """What people read is in outcomes.py, which SQL joins as a table."""
    sentence = re.compile(r"'[A-Z](?:[^'\n]|'')* (?:[^'\n]|'')*[.!?]'")
    found = {
        (_name(path), said)
        for path, text in SOURCES.items()
        if path.suffix == ".sql"
        for said in sentence.findall(re.sub(r"--.*", "", text))
    }
    assert found == set()


@pytest.mark.parametrize("stub", sorted(PACKAGE.rglob("__init__.pyi")), ids=lambda path: path.parent.name)
def test_what_a_facade_shows_can_be_loaded(stub):
    package = importlib.import_module(".".join(stub.parent.relative_to(ROOT).parts))
    shown = {
        alias.asname or alias.name
        for node in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert shown == set(package.__all__)
    for name in shown:
        assert getattr(package, name).__module__.startswith("contact_pipelines.")


# -- docs/architecture.md

_CODE = re.compile(r"`([^`\n]+)`")


def _files_of(path: str) -> list[Path]:
    """Return the files that the document means by a path: from the root, from the package, or a name that is unique."""
    places = [place for place in (ROOT / path, PACKAGE / path) if place.exists()]
    places = places or ([] if "/" in path else [place for place in SOURCES if place.name == path])
    return [file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]


def test_every_path_in_the_document_is_there():
    written, _ = ARCHITECTURE_DOC.read_text(encoding="utf-8").split(TREE)
    paths = {code for code in _CODE.findall(written) if re.fullmatch(r"[\w/]+(?:\.py|\.sql|/)", code)}
    assert len(paths) > 40
    assert {path for path in paths if not _files_of(path)} == set()


def test_the_names_beside_a_path_in_the_document_stand_in_its_file():
    """`FORMATS` in "`imports/stage/file_formats.py`, `FORMATS`" and the like."""
    written, _ = ARCHITECTURE_DOC.read_text(encoding="utf-8").split(TREE)
    _, _, rules = written.partition("## Where is which rule")
    missing = []
    for cell in re.split(r"[|\n]", rules):
        codes = _CODE.findall(cell)
        files = [file for code in codes if re.fullmatch(r"[\w/]+(?:\.py|\.sql)", code) for file in _files_of(code)]
        text = "".join(file.read_text(encoding="utf-8") for file in files)
        names = [code for code in codes if re.fullmatch(r"[A-Za-z_]\w+", code)]
        missing += [name for name in names if files and not re.search(rf"\b{name}\b", text)]
    assert missing == []


def test_the_tree_in_the_document_is_the_tree():
    _, _, written = ARCHITECTURE_DOC.read_text(encoding="utf-8").partition(TREE)
    assert written == tree(), "python -m tests.architecture_doc makes it"
