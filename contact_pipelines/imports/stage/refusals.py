"""Sentences for files that cannot be opened, whichever format they have. No heavy imports: the child uses it too."""

from __future__ import annotations

from contact_pipelines.errors import FileUnreadable


def damaged(name: str) -> FileUnreadable:
    """Say that an archive or a workbook is broken."""
    return FileUnreadable(f"{name} is damaged or incomplete. Copy or export it again, or save it as CSV.")


def protected(name: str) -> FileUnreadable:
    """Say that a workbook cannot be read without its password."""
    return FileUnreadable(f"{name} is protected by a password. Save it without one and import it again.")


def document_type(name: str) -> FileUnreadable:
    """Say that a workbook declares XML entities: what XML bombs are made of."""
    return FileUnreadable(
        f"{name} declares XML entities, which no spreadsheet program writes and which can be an attack. "
        "Open it in a spreadsheet program and save it again."
    )
