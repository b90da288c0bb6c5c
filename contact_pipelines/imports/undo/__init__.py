"""Undo: roll back an import from its journal."""
