"""Dagster's face: assets, checks, jobs, sensors, resources. Each translates, calls an operation, reports."""
