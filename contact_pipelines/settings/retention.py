"""The key `retention` of the settings file: how long what is left over from the past is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Days = Annotated[int | None, Field(ge=1, le=36_500)]


class Retention(BaseModel):
    """Days, counted from the end of an import; null keeps for ever.

    What an import did can be undone however old it is: the journal is in the contact store, which nothing here touches.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    artifacts_days: Days = Field(30, description="The copied file and what lies between the steps")
    results_days: Days = Field(
        365, description="Results, error file and reports: all that is left of an import's files"
    )
    partitions_days: Days = Field(365, description="The import in Dagster's list of partitions")
    runs_days: Days = Field(365, description="Dagster's finished runs, with their events and logs")
    notifications_days: Days = Field(90, description="Notifications that were sent or given up")

    @model_validator(mode="after")
    def _results_outlive_artifacts(self) -> Retention:
        if self.results_days is not None and (self.artifacts_days or self.results_days + 1) > self.results_days:
            raise ValueError("keeps artifacts longer than results_days, when all files go; lower artifacts_days")
        return self
