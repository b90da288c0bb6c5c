"""Feeds: the imports and exports that the settings file lets run by themselves, as types.

An import feed is a source that is watched, or looked at on a schedule. What it brings is imported with the feed's
options, under the eyes of a circuit breaker. An export feed writes an export on a schedule.
"""

from __future__ import annotations

from typing import Literal

from contact_pipelines.feeds.exports import ExportFeed
from contact_pipelines.feeds.imports import BreakerLimits, FeedMapping, ImportFeed, ImportSchedule, Watch
from contact_pipelines.feeds.parts import Place, Schedule, Strict

Section = Literal["locations", "imports", "exports"]
"""A section of the settings file whose entries fail one by one."""


class BrokenEntry(Strict):
    """An entry of the settings file that cannot be used: the others go on without it."""

    section: Section
    name: str
    error: str


__all__ = [
    "BreakerLimits",
    "BrokenEntry",
    "ExportFeed",
    "FeedMapping",
    "ImportFeed",
    "ImportSchedule",
    "Place",
    "Schedule",
    "Section",
    "Watch",
]
