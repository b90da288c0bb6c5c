"""Makes the tree in docs/architecture.md of the modules' first lines: `python -m tests.architecture_doc`."""

from __future__ import annotations

import ast
from pathlib import Path

import contact_pipelines

ARCHITECTURE_DOC = Path(__file__).parent.parent / "docs" / "architecture.md"
TREE = "## The tree\n"
_PACKAGE = Path(contact_pipelines.__file__).parent


def tree() -> str:
    """Return what stands under the heading: every folder and its modules, each with its first line."""
    folders = [file.parent for file in sorted(_PACKAGE.rglob("__init__.py"))]
    return "\n" + "\n".join(_folder(folder) for folder in sorted(folders))


def _folder(folder: Path) -> str:
    modules = [file for file in sorted(folder.glob("*.py")) if file.name != "__init__.py"]
    head = f"**`{folder.relative_to(_PACKAGE.parent).as_posix()}/`** {_first_line(folder / '__init__.py')}\n"
    listed = [f"- `{file.name}`: {_first_line(file)}" for file in modules]
    if sql := ", ".join(f"`{file.name}`" for file in sorted(folder.glob("*.sql"))):
        listed.append(f"- SQL: {sql}")
    return "\n".join([head, *listed, ""])


def _first_line(file: Path) -> str:
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert said, f"{file} does not say what is in it"
    return said.split("\n")[0].replace("*", "\\*")


def write() -> None:
    """Write the page anew, keeping what was written by hand."""
    written, _, _ = ARCHITECTURE_DOC.read_text(encoding="utf-8").partition(TREE)
    ARCHITECTURE_DOC.write_text(written + TREE + tree(), encoding="utf-8")


if __name__ == "__main__":
    write()
