"""The job `new_import`: one form in the launchpad that puts a file in the queue."""

from enum import Enum
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster import OpExecutionContext, ResourceParam
from pydantic import Field, ValidationError

from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.partitions_and_tags import IMPORTS, run_tags
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import (
    DEFAULT_TENANT,
    Blank,
    ContactStatus,
    CreateProperties,
    Duplicates,
    FieldRule,
    ImportOptions,
    Mode,
    Preset,
    Suppress,
)

EXAMPLE_FILE = "examples/contacts_nov.csv"
_BY_NAME = "auto"
_NO = "no"


def choices(name: str, words: type[Enum]) -> Any:  # noqa: ANN401 - an enum made at run time has no static type
    """Make an enum whose names are its values: Dagster pre-fills a form with names and reads it by values."""
    return Enum(name, {word.value: word.value for word in words})


if TYPE_CHECKING:
    from contact_pipelines.models import Blank as BlankChoice
    from contact_pipelines.models import ContactStatus as StatusChoice
    from contact_pipelines.models import CreateProperties as CreateChoice
    from contact_pipelines.models import Duplicates as DuplicatesChoice
    from contact_pipelines.models import FieldRule as RuleChoice
    from contact_pipelines.models import Mode as ModeChoice
    from contact_pipelines.models import Preset as PresetChoice
    from contact_pipelines.models import Suppress as SuppressChoice
else:
    BlankChoice = choices("BlankCells", Blank)
    CreateChoice = choices("CreateProperties", CreateProperties)
    DuplicatesChoice = choices("DuplicateRows", Duplicates)
    ModeChoice = choices("ImportMode", Mode)
    PresetChoice = Enum("FilePreset", {word: word for word in (_BY_NAME, *(preset.value for preset in Preset))})
    RuleChoice = choices("UpdateRule", FieldRule)
    SuppressChoice = Enum("SuppressPeople", {word: word for word in (_NO, *(it.value for it in Suppress))})
    StatusChoice = choices("NewContactStatus", ContactStatus)


class NewImport(dg.Config):
    """The form."""

    file: str = Field(
        default=EXAMPLE_FILE,
        description="The file to import, as the machine that runs Dagster sees it. A relative path starts at"
        " the folder in which Dagster was started. Or a file of a location of the settings file, such as"
        " sftp://LOCATION/folder/contacts.csv.",
    )
    tenant: str = Field(default=DEFAULT_TENANT, description="Whose contacts they are.")
    mode: ModeChoice = Field(
        default=ModeChoice("upsert"),
        description="upsert: create unknown contacts and update known ones. create_only: leave known contacts"
        " untouched. update_only: skip unknown contacts. create_all: create every row, and mark those whose email"
        " is taken as duplicates.",
    )
    match_on: list[str] = Field(
        default=["email"],
        description="What recognises a contact, in order: external_id, email, phone, id. For example"
        " [external_id, email]. A row whose keys find different contacts fails.",
    )
    columns: dict[str, str] = Field(
        default={},
        description="Column -> field, where the suggestion is not what you want. For example"
        ' {"E-Mail privat": email, "Branche": properties.industry, "Notes": ignore}. Fields: external_id,'
        " email, phone, first_name, last_name, full_name, company, status, lead_score, tags, created_at,"
        " updated_at, properties.<key>, ignore.",
    )
    only_given_columns: bool = Field(
        default=False,
        description="Ignore all columns that `columns` does not name, instead of suggesting a field.",
    )
    create_properties: CreateChoice = Field(
        default=CreateChoice("matching"),
        description="Which columns that are no contact field become properties: matching (custom_*, cf_* and those"
        " that `columns` names), yes (all) or no.",
    )
    saved_mapping: str = Field(
        default="",
        description="Name of a saved mapping; none: none. Empty: the one that was saved for the same headers.",
    )
    save_mapping: str = Field(default="", description="Optional. Save this file's mapping under a name.")
    preset: PresetChoice = Field(
        default=PresetChoice("auto"),
        description="What the whole file says of its people: unsubscribed, cleaned (bounced), complained or none."
        " auto: what its name says.",
    )
    encoding: str = Field(default="", description="The text's encoding, for example cp1252. Empty: it is found out.")
    delimiter: str = Field(
        default="", description="What separates cells: one character, or tab. Empty: it is found out."
    )
    header: str = Field(
        default="", description="The row number of the header (from 1), or none. Empty: it is found out."
    )
    sheet: str = Field(default="", description="The workbook's sheet. Empty: the first one with contacts.")
    transform: dict[str, Any] = Field(
        default={},
        description="Column -> how its text is read; `*` is the default of all columns. For example"
        ' {"Signup": {date_format: "%d/%m/%Y", time_zone: Europe/Berlin}, "Name": {case: title},'
        ' "*": {decimal_comma: true}}.',
    )
    country: str = Field(
        default="",
        description="Two letters, such as US or DE: the country of phone numbers written without a country"
        " code. Empty: such numbers are left out, with a warning.",
    )
    tags: list[str] = Field(
        default=[],
        description="Tags for every contact that the file names. For example [trade_fair, november].",
    )
    lists: list[str] = Field(
        default=[],
        description="Lists that every contact of the file joins; missing ones are made. For example [customers].",
    )
    segments: list[str] = Field(
        default=[], description="Static segments that every contact of the file joins; missing ones are made."
    )
    topics: list[str] = Field(
        default=[],
        description="Topics that every contact of the file is opted in to; missing ones are made. Who opted out of a"
        " topic stays out.",
    )
    import_tag: str = Field(
        default="",
        description="The tag of the contacts that this import creates or updates; none: no tag. Empty: one such as"
        " imported_2026_11_20_3f2a91.",
    )
    events: bool = Field(
        default=True,
        description="Make contact_events: the ids of the contacts that were created or updated, for automation.",
    )
    status: StatusChoice = Field(
        default=StatusChoice("subscribed"),
        description="The status of new contacts whose row does not say one. Opt-outs in the store are never undone.",
    )
    duplicates: DuplicatesChoice = Field(
        default=DuplicatesChoice("first"),
        description="Which row counts when several are the same contact: first, last, or error (all of them fail).",
    )
    blank: BlankChoice = Field(
        default=BlankChoice("ignore"),
        description="What an empty cell does to a contact that exists: ignore (keep the value) or erase.",
    )
    rules: dict[str, RuleChoice] = Field(
        default={},
        description="Field -> what an update does to it: overwrite (default), fill_blank, keep, append,"
        " remove, keep_higher, keep_lower, newer; `*` stands for all other fields. append and remove are for tags and"
        " multi_select properties, newer needs a column updated_at. For example {first_name: fill_blank}.",
    )
    force_status: str = Field(
        default="",
        description="Optional. The reason why rows that say subscribed subscribe contacts who have opted out; kept for"
        " good, so name nobody. Never for addresses on the suppression list.",
    )
    suppress: SuppressChoice = Field(
        default=SuppressChoice("no"),
        description="Only opt people out, creating nobody. opt_out: contacts are unsubscribed, addresses that no"
        " contact has go on the suppression list. block: every address goes on it.",
    )
    suppress_reason: str = Field(default="", description="Optional. Why, kept beside the addresses on the list.")
    fuzzy: dict[str, Any] = Field(
        default={},
        description="Look for rows that are probably a contact though no key says so. For example"
        " {on: [name+company, phone], threshold: 85, resolve: review}. resolve: review (a warning, treated as new),"
        " skip_new, update_existing, merge_fields (fills what is blank) or create_new. {on: all} compares all that"
        " says who somebody is, {on: none} turns off what the settings file asks for.",
    )
    review: bool = Field(
        default=False,
        description="Stop before anything is written. The import then awaits review: look at contact_changes, and"
        " materialise applied_import for its partition to confirm.",
    )
    idempotency_key: str = Field(
        default="",
        description="Optional. A second launch with the same key does not import the file a second time.",
    )


@dg.op(
    name="register_import",
    out=dg.Out(dg.Nothing),
    tags={"dagster/kind/postgres": ""},
    description="Put the file in the queue. The sensor `start_registered_imports` starts it within seconds.",
)
def register_import(context: OpExecutionContext, config: NewImport, pipelines: ResourceParam[Pipelines]) -> None:
    """Register an import and its partition."""
    from contact_pipelines import imports

    with plain_failures():
        record = imports.register_import(
            pipelines.store,
            config.file,
            options_of(config),
            tenant_id=config.tenant,
            door="dagster",
            idempotency_key=config.idempotency_key or None,
            defaults=pipelines.settings.options,
            locations=pipelines.settings.locations,
            trusted=pipelines.settings.local_paths_in_dagster,
        )
        # The sensor adds a missing partition too: a crash here loses nothing.
        context.instance.add_dynamic_partitions(str(IMPORTS.name), [record.name])
        context.instance.add_run_tags(context.run_id, run_tags(record))
    context.add_output_metadata(
        {
            "import": record.name,
            "import_id": record.id,
            "tenant": record.tenant_id,
            "status": record.status.value,
        }
    )
    context.log.info("Registered as %s; start_registered_imports starts it within seconds.", record.name)


@dg.job(
    name="new_import",
    executor_def=dg.in_process_executor,
    description="Bring a file of contacts in. Fill in the form in the Launchpad and launch; the import then"
    " appears as a partition of the asset group `imports`, named after its date and file. Where the form is left as"
    " it is, the defaults of the settings file (`options`) hold.",
)
def new_import() -> None:
    """Register an import."""
    register_import()


def options_of(config: NewImport) -> ImportOptions:
    """Return the form's options. Raises InvalidOption, which names the field.

    What the form leaves as it was is not set, so that the settings file's defaults hold there.
    """
    form = {name: _plain(value) for name, value in config.model_dump(exclude=_NOT_OPTIONS).items()}
    untouched = {name: _plain(field.default) for name, field in NewImport.model_fields.items()}
    try:
        return ImportOptions.model_validate({name: value for name, value in form.items() if value != untouched[name]})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidOption(
            f"The option {place} cannot be used: {first['msg'].removeprefix('Value error, ')}."
        ) from None


_NOT_OPTIONS = {"file", "tenant", "idempotency_key"}


def _plain(value: Any) -> Any:  # noqa: ANN401 - what a form holds
    """Return a form's value as JSON has it, texts trimmed."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.strip() if isinstance(value, str) else value
