"""Settings: what the settings file and the environment say, checked and typed."""

from contact_pipelines.settings.loading import Settings, load_settings

__all__ = ["Settings", "load_settings"]
