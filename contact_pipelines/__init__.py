"""Contact Pipelines: bring files of contacts into PostgreSQL and out again, fast, reviewable, undoable."""

__version__ = "0.1.0"
