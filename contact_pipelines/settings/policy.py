"""The settings' policies: file limits, field rules, email checks, properties.

They apply to every import, whoever starts it, and an import's own options cannot loosen them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import ByteSize, Field, model_validator

from contact_pipelines.models import MAX_REVIEW_SECONDS, PropertyDefinition
from contact_pipelines.settings.yaml_values import Strict

MIB, GIB = 1024**2, 1024**3


class Limits(Strict):
    """Limits beyond which a file (or a row, where noted) is rejected; sizes such as 200MB or 1GiB."""

    file_bytes: ByteSize = Field(ByteSize(GIB), gt=0, description="Size of the file as it arrives")
    decompressed_bytes: ByteSize = Field(
        ByteSize(4 * GIB), gt=0, description="Unpacked size of an archive or a workbook"
    )
    compression_ratio: int = Field(200, gt=0, description="How many times its size an archive may unpack to")
    rows: int | None = Field(None, gt=0, description="Data rows of a file; no limit unless set")
    columns: int = Field(5_000, gt=0, description="Columns of a file")
    cell_characters: int = Field(
        32_000, gt=0, le=1_000_000, description="Characters of a cell; the row of a longer one fails"
    )
    row_characters: int = Field(400_000, gt=0, le=1_000_000, description="Characters of a row; a longer one fails")
    sheet_cells: int = Field(100_000_000, gt=0, description="Cells of a sheet's used range, empty ones included")
    workbook_memory: ByteSize = Field(
        ByteSize(4 * GIB), ge=256 * MIB, description="Memory in bytes to read a workbook with"
    )
    workbook_seconds: float = Field(300, gt=0, description="Time to read a workbook in")
    exports_per_hour: int = Field(20, gt=0, description="Exports that one user may make in an hour")


class FieldRules(Strict):
    """Rules for a contact field's values. Lengths are in characters; `pattern` (RE2) must match the whole value."""

    required: bool = Field(default=False, description="New contacts need a value, and an import cannot erase it")
    min_length: int | None = Field(None, ge=0)
    max_length: int | None = Field(None, ge=1)
    pattern: str | None = None
    country_code_required: bool = Field(
        default=False, description="phone only: refuse numbers without a country code, whatever the default country"
    )


class Action(StrEnum):
    """What happens to a row that a check objects to; `accept` turns the check off."""

    REJECT = "reject"
    WARN = "warn"
    ACCEPT = "accept"


class MxCheck(Strict):
    """The check that an address's domain accepts mail: one DNS query per domain. Times in seconds."""

    action: Action = Action.ACCEPT
    timeout: float = Field(3.0, gt=0, description="For one domain, all servers")
    total_timeout: float = Field(60.0, gt=0, description="For all domains of a file; the remaining ones pass")
    concurrency: int = Field(50, ge=1, le=1000)
    nameservers: tuple[str, ...] = Field((), description="Addresses of DNS servers; the system's unless given")
    port: int = Field(53, ge=1, le=65535)


class EmailChecks(Strict):
    """Checks of addresses with correct syntax. MX queries are off unless they have an action."""

    mx: MxCheck = MxCheck()
    disposable: Action = Action.WARN
    role: Action = Action.ACCEPT


class LanguageModel(Strict):
    """An OpenAI-compatible endpoint that suggests mappings. Off unless configured."""

    base_url: str
    model: str
    api_key: str | None = Field(None, repr=False)
    timeout: float = Field(20.0, gt=0, description="Seconds")
    send_samples: bool = Field(default=False, description="Send values too, not only headers and the shapes of values")


class Policy(Strict):
    """All policies of the settings file."""

    limits: Limits = Limits()
    fields: dict[str, FieldRules] = Field(default_factory=dict, description="Contact field -> its rules")
    properties: tuple[PropertyDefinition, ...] = ()
    email_checks: EmailChecks = EmailChecks()
    language_model: LanguageModel | None = None
    review_expires: int = Field(
        3600,
        ge=1,
        le=MAX_REVIEW_SECONDS,
        description="Seconds to confirm a review, unless the import says otherwise",
    )

    exports_expire: int = Field(
        7 * 24 * 3600, ge=60, description="Seconds for which exported files are kept among the artifacts"
    )

    @model_validator(mode="after")
    def _fields_exist(self) -> Policy:
        from contact_pipelines.models import CONTACT_FIELDS

        unknown = [name for name in self.fields if name not in CONTACT_FIELDS]
        if unknown:
            raise ValueError(f"there is no contact field {unknown[0]}; the fields are {', '.join(CONTACT_FIELDS)}")
        return self


Days = Annotated[int | None, Field(ge=1, le=36_500)]


class Retention(Strict):
    """Days after the end of an import; null keeps for ever.

    An import can be rolled back however old it is: the journal is in the contact store, where nothing is removed.
    """

    artifacts_days: Days = Field(30, description="The copied file and the intermediate results")
    results_days: Days = Field(365, description="Results, error file and reports: the rest of an import's files")
    partitions_days: Days = Field(365, description="The import in Dagster's list of partitions")
    runs_days: Days = Field(365, description="Dagster's finished runs, with their events and logs")
    notifications_days: Days = Field(90, description="Notifications that were sent or given up")

    @model_validator(mode="after")
    def _results_outlive_artifacts(self) -> Retention:
        if self.results_days is not None and (self.artifacts_days or self.results_days + 1) > self.results_days:
            raise ValueError("keeps artifacts longer than results_days, when all files go; lower artifacts_days")
        return self
