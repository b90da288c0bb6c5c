"""The Dagster door: assets, checks, jobs, sensors and resources, each calling one use case."""
