"""Files: locations, artifacts, DuckDB, and the log of SQL."""
