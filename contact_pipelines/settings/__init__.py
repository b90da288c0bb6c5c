"""Settings: the settings file and the environment, validated and typed."""

from contact_pipelines.settings.loading import Settings, load_settings

__all__ = ["Settings", "load_settings"]
