"""Contact Pipelines: import contact files into PostgreSQL, reviewable and undoable, and export contacts again."""

__version__ = "0.1.0"
