"""Validate: clean, type and check the mapped values."""
