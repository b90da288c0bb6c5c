"""Undo: roll an import back from its journal."""
