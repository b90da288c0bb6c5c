"""Files: where they are, landing them, the artifacts of an import."""
