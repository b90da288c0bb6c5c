"""The house rules: what a settings file asks of every import, whichever door it comes through.

Limits on files, rules on contact fields, checks of email addresses, properties. An import's own options
(`models.ImportOptions`) say how one file is read and applied; they cannot loosen what is here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ByteSize, ConfigDict, Field, model_validator

from contact_pipelines.models import MAX_REVIEW_SECONDS, PropertyDefinition

MIB, GIB = 1024**2, 1024**3


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Strict):
    """How large a file may be in each direction. Beyond a limit the file (or the row, where it says so) is refused.

    And how many exports a user may make.

    Sizes may be written as 200MB or 1GiB.
    """

    file_bytes: ByteSize = Field(ByteSize(GIB), gt=0, description="Size of the file as it arrives")
    decompressed_bytes: ByteSize = Field(
        ByteSize(4 * GIB), gt=0, description="Size of what an archive or a workbook unpacks to"
    )
    compression_ratio: int = Field(200, gt=0, description="How many times its size an archive may unpack to")
    rows: int | None = Field(None, gt=0, description="Data rows of a file; no limit unless set")
    columns: int = Field(5_000, gt=0, description="Columns of a file")
    cell_characters: int = Field(
        32_000, gt=0, le=1_000_000, description="Characters of a cell; a longer one: row fails"
    )
    row_characters: int = Field(400_000, gt=0, le=1_000_000, description="Characters of a row; a longer one fails")
    sheet_cells: int = Field(100_000_000, gt=0, description="Cells of a sheet's used range, empty ones included")
    workbook_memory: ByteSize = Field(
        ByteSize(4 * GIB), ge=256 * MIB, description="Memory in bytes to read a workbook with"
    )
    workbook_seconds: float = Field(300, gt=0, description="Time to read a workbook in")
    exports_per_hour: int = Field(20, gt=0, description="Exports that one user may make in an hour")


class FieldRules(_Strict):
    """What a contact field's values must keep. Lengths in characters; `pattern` (RE2) must match the whole value."""

    required: bool = Field(default=False, description="New contacts need a value, and an import cannot erase it")
    min_length: int | None = Field(None, ge=0)
    max_length: int | None = Field(None, ge=1)
    pattern: str | None = None
    country_code_required: bool = Field(
        default=False, description="phone only: a number without its country code is refused whatever the default"
    )


class Action(StrEnum):
    """What a check that finds something does: reject the row, warn of it, or let it pass unchecked."""

    REJECT = "reject"
    WARN = "warn"
    ACCEPT = "accept"


class MxCheck(_Strict):
    """The check that an address's domain can take mail: one look-up a distinct domain. Times in seconds."""

    action: Action = Action.ACCEPT
    timeout: float = Field(3.0, gt=0, description="For one domain, all servers")
    total_timeout: float = Field(60.0, gt=0, description="For all domains of a file; those not reached pass")
    concurrency: int = Field(50, ge=1, le=1000)
    nameservers: tuple[str, ...] = Field((), description="Addresses of DNS servers; the system's unless given")
    port: int = Field(53, ge=1, le=65535)


class EmailChecks(_Strict):
    """Checks of addresses whose syntax is right. MX look-ups are off unless they are given an action."""

    mx: MxCheck = MxCheck()
    disposable: Action = Action.WARN
    role: Action = Action.ACCEPT


class LanguageModel(_Strict):
    """An OpenAI-compatible endpoint that suggests what columns are. Off unless configured."""

    base_url: str
    model: str
    api_key: str | None = Field(None, repr=False)
    timeout: float = Field(20.0, gt=0, description="Seconds")
    send_samples: bool = Field(default=False, description="Send values too, not only headers and the shapes of values")


class House(_Strict):
    """All house rules; without a settings file, the defaults."""

    limits: Limits = Limits()
    fields: dict[str, FieldRules] = Field(default_factory=dict, description="Contact field -> its rules")
    properties: tuple[PropertyDefinition, ...] = ()
    email_checks: EmailChecks = EmailChecks()
    language_model: LanguageModel | None = None
    review_expires: int = Field(
        3600, ge=1, le=MAX_REVIEW_SECONDS, description="Seconds to confirm a review in, of imports that do not say"
    )

    exports_expire: int = Field(
        7 * 24 * 3600, ge=60, description="Seconds for which the files of exports are kept among the artifacts"
    )

    @model_validator(mode="after")
    def _fields_exist(self) -> House:
        from contact_pipelines.models import CONTACT_FIELDS

        unknown = [name for name in self.fields if name not in CONTACT_FIELDS]
        if unknown:
            raise ValueError(f"there is no contact field {unknown[0]}; the fields are {', '.join(CONTACT_FIELDS)}")
        return self


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
