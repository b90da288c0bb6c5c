"""Feeds in the settings: watched and scheduled imports and exports, and the circuit breaker."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from contact_pipelines.models import DEFAULT_TENANT
from contact_pipelines.options import LAST, MAX_REVIEW_SECONDS, ExportRequest, ImportOptions
from contact_pipelines.settings.feed_parts import Name, Place, Recipients, Schedule, Seconds, Share, TenantId
from contact_pipelines.settings.yaml_values import Strict

MAX_EVERY = 24 * 3600
MAX_QUIET = 7 * 24 * 3600


class Watch(Strict):
    """Look at regular intervals; a file is imported when it has not changed for a while."""

    every: Seconds = Field(30.0, ge=1, le=MAX_EVERY, description="How often to look")
    quiet: Seconds = Field(
        60.0, ge=0, le=MAX_QUIET, description="How long size and time (or ETag) must not have changed"
    )


class ImportSchedule(Schedule):
    """When to import what is there, and what must be there.

    A file that is still changing at that time is waited for, and so is, for an hour, a location that cannot be reached.
    """

    quiet: Seconds = Field(30.0, ge=0, le=3600, description="How long a file must not have changed")
    late: Seconds = Field(0.0, ge=0, le=MAX_EVERY, description="How long to wait for a missing file")

    require: Literal["file", "new_file", "nothing"] = Field(
        "file", description="What must be there, or the tick fails: a matching file, a new one, or nothing"
    )


class FeedMapping(Strict):
    """The mapping of a feed's columns: given, saved, or suggested."""

    auto: bool = Field(default=True, description="Suggest a field for columns that are not given")
    columns: dict[str, str] = Field(default_factory=dict, description="Header -> field")
    saved: str | None = Field(None, description="Name of a saved mapping")


class BreakerLimits(Strict):
    """Limits beyond which an unattended import waits for a person.

    "Usual" is the median of the feed's last completed imports. Shares are of rows, 0 to 1; null turns a limit off.
    """

    enabled: bool = True
    compare_with: int = Field(5, ge=1, le=100, description="How many of the feed's last completed imports")
    from_rows: int = Field(20, ge=1, description="Smaller files pass, if the earlier ones were as small")
    min_rows: int | None = Field(None, ge=0)
    max_rows: int | None = Field(None, ge=1)
    rows_drop: Share | None = Field(0.5, description="Share of the usual rows that may be missing")
    rows_growth: float | None = Field(3.0, gt=1, description="How many times the usual rows a file may have")
    max_error_share: Share | None = Field(0.2, description="Failed rows")
    error_share_rise: Share | None = Field(0.1, description="Failed rows, more than usual")
    max_updated_share: Share | None = Field(None, description="Rows that change a contact that exists")
    updated_share_rise: Share | None = Field(0.5, description="Rows that change a contact, more than usual")
    max_blank_share: dict[str, Share] = Field(default_factory=dict, description="Field -> rows without a value for it")
    blank_share_rise: Share | None = Field(0.2, description="Rows without a value for a mapped field, more than usual")
    review_expires: Seconds = Field(
        7 * 24 * 3600.0, ge=60, le=MAX_REVIEW_SECONDS, description="How long a held import can be confirmed"
    )


class ImportFeed(Strict):
    """Files that are imported automatically."""

    name: Name
    tenant: TenantId = DEFAULT_TENANT
    enabled: bool = True
    source: Place
    watch: Watch | None = None
    schedule: ImportSchedule | None = None
    done_file: str | None = Field(
        None, description="Name of the file that marks another as complete, such as {name}.ok; imports wait for it"
    )
    archive: str | None = Field(None, description="Folder beside the files to which imported files are moved")
    delete: bool = Field(default=False, description="Delete imported files at the source")
    mapping: FeedMapping = FeedMapping()
    columns: Literal["evolve", "freeze"] = Field(
        "evolve", description="freeze: an import with other columns than the last one waits for a person"
    )
    options: ImportOptions = ImportOptions()
    breaker: BreakerLimits = BreakerLimits()
    notify: Recipients = ()

    @field_validator("mapping", mode="before")
    @classmethod
    def _named_mapping(cls, value: Any) -> Any:  # noqa: ANN401 - YAML
        if isinstance(value, str):
            return {} if value == "auto" else {"saved": value}
        return value

    @field_validator("done_file")
    @classmethod
    def _names_the_file(cls, value: str | None) -> str | None:
        if value is not None and ("{name}" not in value or value == "{name}" or "/" in value):
            raise ValueError("is not a file name with {name} in it, such as {name}.ok")
        return value

    @field_validator("archive")
    @classmethod
    def _is_a_folder(cls, value: str | None) -> str | None:
        if value is not None and (value.startswith("/") or {"", ".", ".."} & set(value.rstrip("/").split("/"))):
            raise ValueError("is not the name of a folder beside the files, such as archive")
        return None if value is None else value.rstrip("/")

    @model_validator(mode="after")
    def _either_or(self) -> ImportFeed:
        if (self.watch is None) is (self.schedule is None):
            raise ValueError("needs either watch or schedule")
        if self.archive is not None and self.delete:
            raise ValueError("has archive and delete; choose one")
        return self

    @property
    def quiet(self) -> float:
        """Seconds for which a file must not have changed before it is imported."""
        if self.watch is not None:
            return self.watch.quiet
        return self.schedule.quiet if self.schedule is not None else 0.0

    @property
    def given_options(self) -> ImportOptions:
        """The feed's import options, on top of the settings file's defaults."""
        said = self.mapping
        given: dict[str, Any] = {}
        if said.columns:
            given["columns"] = {**self.options.columns, **said.columns}
        if not said.auto:
            given["only_given_columns"] = True
        if said.saved is not None:
            given["saved_mapping"] = said.saved
        return self.options.model_copy(update=given)


_PLACEHOLDERS = {"date": "%Y-%m-%d", "time": "%H%M%S", "name": ""}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class ExportFeed(ExportRequest):
    """An export that is written automatically."""

    name: Name
    tenant: TenantId = DEFAULT_TENANT
    enabled: bool = True
    schedule: Schedule
    to: Place | None = Field(None, description="Where to, with {date}, {time} and {name}; the artifacts unless given")
    notify: Recipients = ()

    @field_validator("changed_since", mode="before")
    @classmethod
    def _a_moment_or_last(cls, value: Any) -> Any:  # noqa: ANN401 - YAML, which knows times and dates
        if value is None or value == LAST:
            return value
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            raise ValueError("is neither a time such as 2026-11-20T08:00:00Z nor last") from None

    @field_validator("to")
    @classmethod
    def _known_placeholders(cls, value: Place | None) -> Place | None:
        for word in _PLACEHOLDER.findall(value.path) if value else ():
            if word not in _PLACEHOLDERS:
                raise ValueError(f"has an unknown placeholder {{{word}}}; there are {{date}}, {{time}} and {{name}}")
        return value

    @property
    def request(self) -> ExportRequest:
        """The request of each run."""
        asked = {name: getattr(self, name) for name in ExportRequest.model_fields}
        return ExportRequest.model_validate(asked)

    def path_at(self, moment: datetime) -> str | None:
        """Return the path at the location for this time, in the schedule's time zone."""
        if self.to is None:
            return None
        local = moment.astimezone(ZoneInfo(self.schedule.timezone))
        words = {word: local.strftime(form) if form else self.name for word, form in _PLACEHOLDERS.items()}
        return _PLACEHOLDER.sub(lambda found: words[found[1]], self.to.path)
