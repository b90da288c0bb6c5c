"""Importing: one module a step, each a function from relations to relations; SQL lies in `sql/`."""
