"""Every code of rows, files, imports, exports and calls: outcome, severity, message, remedy.

A sentence has named parts in braces. Further sentences of the same code have a name: `email_taken.in_file`. In Python,
`sentence` fills one in:

    sentence("duplicate_row", row=7)                     # 'duplicate of row 7'
    sentence("email_taken.in_file", row=7)               # 'row 7 has this email too'

In DuckDB, every connection of `files.duck.connect` has a macro of that name; parts follow in pairs. With a constant
code it is folded into a constant, so it costs no more than a literal:

    sentence('suppressed')
    sentence('duplicate_row', 'row', counts)
    sentence('consent_from_duplicate', 'status', t.status, 'row', t.told_by)

A part that is NULL makes the sentence NULL, so alternatives are written with `coalesce`. `docs/outcomes.md` is
generated from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contact_pipelines.models import Severity

CREATED, UPDATED, UNCHANGED, SKIPPED, FAILED = "created", "updated", "unchanged", "skipped", "failed"
IMPORTED = "created, updated or unchanged"


@dataclass(frozen=True)
class Outcome:
    """The meaning of a code: what happens to the row, file, import, export or call; its sentences; what to do.

    `severity` is None for pure information. `otherwise` says when the severity is the other one.
    """

    becomes: str
    sentence: str
    remedy: str
    severity: Severity | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""


def _fails(text: str, remedy: str, *, otherwise: str = "", **others: str) -> Outcome:
    return Outcome(FAILED, text, remedy, Severity.ERROR, others, otherwise)


def _warns(text: str, remedy: str, *, otherwise: str = "", **others: str) -> Outcome:
    return Outcome(IMPORTED, text, remedy, Severity.WARNING, others, otherwise)


def _skips(text: str, remedy: str, **others: str) -> Outcome:
    return Outcome(SKIPPED, text, remedy, None, others)


def _notes(becomes: str, text: str, remedy: str, **others: str) -> Outcome:
    return Outcome(becomes, text, remedy, None, others)


_WRITE_DATES = "Write it as 2026-11-20, or set date_format."
_UNSURE_DATE = (
    "{column} is not a date that can be read for sure; write it as 2026-11-20, or say how dates are written"
    " (date_format)"
)
_SHORTEN = "Shorten it, or raise the limit in the settings file."
_IN_THE_FILE = "Correct the row in the error file and import that file."
_OPTED_OUT = "Nothing: opt-outs are kept. If the person signed up again, use --force-status."
_NEVER_MATCHED = "Give the row a value that identifies one contact, or correct the contacts in the store."
_KEY_OF_MATCH = "error if the field is a match key"
_BY_SETTINGS = "set by email_checks in the settings file: warn, reject or accept"

READING = {
    "too_few_cells": _fails(
        "The row has {cells} cells, but the header has {width}.",
        "Close the quote, or remove the line break that splits the row. Cells missing at the end count as empty.",
        otherwise="warning if only cells at the end of the row are missing",
        padded="The row has {cells}, but the header has {width}; the missing ones are empty.",
    ),
    "too_many_cells": _fails(
        "The row has {cells} cells, but the header has {width}.",
        "Quote cells that contain the delimiter.",
    ),
    "unclosed_quote": _fails("A quote is opened in this row and not closed.", "Close the quote, or remove it."),
    "misplaced_quote": _fails(
        "Text follows the closing quote of a cell; quotes inside a quoted cell must be doubled.",
        "Double the quotes inside the cell.",
    ),
    "undecodable": _fails(
        "The row holds bytes that are not UTF-8 text.",
        "Export the file in a single encoding, or set it with --encoding.",
    ),
    "cell_too_long": _fails("A cell is longer than {characters} characters.", _SHORTEN),
    "row_too_long": _fails("The row is longer than {characters} characters.", _SHORTEN),
    "invalid_json": _fails("{record} is not valid JSON.", _IN_THE_FILE, no_object="{record} is not a JSON object."),
    "repeated_key": _warns("A key is there more than once; its last value was taken.", "Use each key once per record."),
    "replaced_character": _warns(
        "A character that is no text (\\u0000 or half of a pair) was replaced.", "Correct the text at its source."
    ),
    "undecodable_value": _warns(
        "The bytes in {column} are not UTF-8 text and were left out.", "Export the column as text."
    ),
}
"""Codes of rows, from reading the file."""

VALIDATING = {
    "missing_email": _fails("{column} is empty", "Add the address, or match contacts by another key (--match-on)."),
    "missing_match_key": _fails(
        "{column} is empty",
        "Add a value for a match key.",
        several="{columns} are all empty, and contacts are recognised by them",
    ),
    "invalid_email": _fails("{column} is not a valid email address", "Correct the address."),
    "invalid_phone": _warns(
        "{column} is not a valid phone number; write it with its country code (+1 415 555 2671) or give a default"
        " country",
        "Write the number with its country code, or give a default country (--country).",
        otherwise=_KEY_OF_MATCH,
        country_code="{column} is not a valid phone number with its country code, which is required here"
        " (+1 415 555 2671)",
    ),
    "invalid_id": _fails("{column} is not the id of a contact, a UUID", "Take the ids from an export."),
    "invalid_company": _warns(
        "{column} has {bounds} characters and was left out",
        "Correct the company's name, or change the limits in the settings file.",
    ),
    "invalid_status": _fails(
        "{column} is not a known status; use subscribed, unsubscribed, bounced or complained",
        "Use one of these words, or map the column to a property if it is not about consent.",
        opt_out="{column} is neither yes nor no, nor a date, nor a known word of consent",
        opt_in="{column} is neither yes nor no, nor a known word of consent",
    ),
    "invalid_lead_score": _fails("{column} is not a whole number", "Correct the score, or leave it empty."),
    "out_of_range": _fails("{column} is not between {low} and {high}", "Correct the score, or leave it empty."),
    "invalid_created_at": _warns(_UNSURE_DATE, _WRITE_DATES),
    "invalid_updated_at": _warns(_UNSURE_DATE, _WRITE_DATES),
    "invalid_number": _fails(
        "{column} is not a number", "Correct the number, or import the column as a text property."
    ),
    "invalid_date": _fails(_UNSURE_DATE, _WRITE_DATES),
    "invalid_boolean": _fails("{column} is neither yes nor no", "Write yes or no, true or false, 1 or 0."),
    "invalid_multi_select": _fails("{column} is not a list of options", "Separate the options with commas."),
    "not_an_option": _fails(
        "{column} is not one of the property's options",
        "Use an option of the property, or add the value to its options.",
        item="{column} has a value that is not one of the property's options",
    ),
    "too_short": _fails("{column} has fewer than {characters} characters", "Enter the complete value."),
    "too_long": _fails("{column} has more than {characters} characters", _SHORTEN),
    "too_low": _fails("{column} is below {least}", "Correct the number, or lower the property's minimum."),
    "too_high": _fails("{column} is above {most}", "Correct the number, or raise the property's maximum."),
    "pattern": _fails(
        "{column} does not have the required form", "Write it in the form required by the settings file."
    ),
    "disposable_email": _warns(
        "{column} is a disposable address", "Ask the person for a permanent address.", otherwise=_BY_SETTINGS
    ),
    "role_email": _warns(
        "{column} is a shared mailbox such as info@ or sales@", "Use a person's own address.", otherwise=_BY_SETTINGS
    ),
    "no_mail_domain": _warns(
        "{column} has a domain that takes no mail (no MX record)",
        "Correct the part after the @.",
        otherwise=_BY_SETTINGS,
    ),
    "mail_domain_unknown": _warns(
        "{column} has a domain that could not be checked (no answer from DNS in time); it was let pass",
        "Nothing. Import the row again to repeat the check.",
    ),
}
"""Codes of rows, from checking their values."""

COMPARING = {
    "duplicate_row": _skips("duplicate of row {row}", "Nothing; --duplicates chooses which row counts."),
    "duplicate_key": _fails(
        "another row has the same {key}", "Leave one row per contact in the file, or use --duplicates first or last."
    ),
    "ambiguous_match": _fails("several contacts have this {keys}", _NEVER_MATCHED),
    "contradicting_keys": _fails("{keys} find different contacts", _NEVER_MATCHED),
    "unknown_id": _fails(
        "no contact has this id, and a new one would get another id", "Omit the id to create the contact."
    ),
    "email_taken": _fails(
        "another contact has this email",
        "Correct the address, or merge the two contacts.",
        in_file="row {row} has this email too",
    ),
    "required": _fails("{field} is required for new contacts", "Fill in the field."),
    "already_exists": _skips("a contact with this {key} exists already", "Nothing; --mode upsert would update it."),
    "not_in_store": _skips(
        "no contact has this {key}",
        "Nothing; --mode upsert would create it.",
        no_email="no contact has this {key}, and the row has no email for the suppression list",
    ),
    "suppressed": _skips(
        "the address is on the suppression list",
        "Nothing: it must not be emailed. See `contact-pipelines suppressions`.",
    ),
    "consent_kept": _notes(
        IMPORTED,
        "status was kept: the contact has opted out",
        _OPTED_OUT,
        address="status was kept: the address has opted out",
        all="status was kept for contacts that have opted out",
    ),
    "consent_forced": _notes(
        UPDATED,
        "subscribed again (--force-status)",
        "Nothing if intended; otherwise roll back the import.",
        all="contacts that had opted out were subscribed again, as --force-status says",
    ),
    "consent_from_duplicate": _notes(
        IMPORTED,
        "status is {status}, as row {row} says",
        "Nothing: of several rows about one person, the strictest status wins.",
        address="status is as in a stricter row with this email",
        all="opt-outs were taken over from other rows of the same person",
    ),
    "probable_duplicate": _notes(
        "created, updated or skipped",
        "probably the same as {other} (score {score}: {reason})",
        "Check duplicates.csv; merge the two if they are the same person.",
        contact="contact {id}",
        row="row {row}",
        opts_out_unskipped="not skipped: the row opts out",
        opts_out="not merged: the row opts out",
        rows_only="not merged: rows are not merged with one another",
        several="not merged: {contacts} contacts are as likely",
        has_key="not merged: row {row} has the key of this contact",
        likelier="not merged: row {row} is likelier",
    ),
    "opted_out_duplicate": _notes(
        "created or skipped",
        "one of them has opted out",
        "Check duplicates.csv; unsubscribe the other contact if they are the same person.",
    ),
    "suppression_added": _notes(
        "updated or skipped",
        "the address goes on the suppression list",
        "Nothing; a rollback removes it again.",
        known="opted out before; the address goes on the suppression list",
        unknown="no contact has this {key}; the address goes on the suppression list",
    ),
    "already_opted_out": _notes(UNCHANGED, "opted out before", "Nothing.", on_list="on the suppression list before"),
    "changed_since_review": _fails(
        "the contact store has changed since the review; the row was left out", "Import the row again."
    ),
}
"""Codes of rows, from comparing them with the store and with each other."""

FILES = {
    "file_unreadable": _fails(
        "The file is missing, empty, damaged, protected, or not text in a known encoding.",
        "Export it again, or save it as CSV in UTF-8.",
    ),
    "file_changed": _fails(
        "The file changed while it was read, or since a feed selected it.", "Import it again once it is complete."
    ),
    "file_not_importable": _fails(
        "The file can be read, but not imported with these options.",
        "As the message says: map a column to a match key, correct the mapping, or split a file that is too large.",
    ),
    "no_data_rows": _fails("The file has a header but no data rows.", "Export it again, with its rows."),
    "location_error": _fails(
        "A location is refused or misconfigured, or its folder is missing.", "Correct it in the settings file."
    ),
    "location_unreachable": _fails(
        "A location cannot be reached.", "Nothing: it is retried. If that does not help, check the network."
    ),
    "source_missing": _fails(
        "A scheduled feed found no file, or no new one.", "Find out why the file is missing; run the feed again."
    ),
}
"""Codes of files: why a file as a whole is not imported. The error's message has the details."""

IMPORTS = {
    "cancelled": Outcome("cancelled", "Somebody cancelled the import; nothing was written.", "Import it again."),
    "already_imported": Outcome(
        "cancelled",
        "The feed has imported a file with the same bytes before.",
        "Nothing; `contact-pipelines import` would import it again.",
    ),
    "plan_changed": _fails(
        "The plan is not the one that was reviewed, or is gone; nothing was written.", "Import the file again."
    ),
    "contacts_changed": _fails(
        "Contacts of the plan were changed by somebody else since they were compared.",
        "Nothing: they are compared again. If the import fails, run it when there are fewer concurrent changes.",
    ),
    "consent_protected": _fails(
        "An opt-out or a suppression would be undone without a grant; nothing was written.", "Report it: this is a bug."
    ),
    "address_suppressed": _fails(
        "A suppressed address would be subscribed; nothing was written.",
        "Import again; remove the suppression if it is wrong.",
    ),
    "address_not_normal": _fails(
        "An address that is not trimmed and lower-case would be stored; nothing was written.",
        "Report it: this is a bug.",
    ),
    "rows_do_not_add_up": _fails(
        "Rows in and rows out do not add up; nothing was written.", "Report it: this is a bug."
    ),
    "process_died": _fails(
        "The process that ran this import ended before it was applied; nothing was written. Import it again.",
        "Import it again.",
        export="The process that ran this export ended before it was complete; there is no file. Export again.",
    ),
    "interrupted": _fails(
        "Interrupted; an import that was not applied yet has written nothing.",
        "Import it again.",
        export="Somebody interrupted the export; there is no file.",
    ),
    "not_started": _fails(
        "{runs} runs ended before the import began; nothing was written. Dagster's page of the last says why.",
        "See the last run in Dagster, then import it again.",
    ),
    "unexpected": _fails(
        "The step {step} ended with {error}; nothing was written.",
        "Look at the log; report it if it happens again.",
        before="The import ended with {error} before its steps did; nothing was written.",
        export="An unforeseen error ended the export; there is no file.",
    ),
}
"""Codes of imports: why one ended without being applied."""

EXPORTS = {
    "export_not_possible": _fails(
        "The data does not fit the requested format; there is no file.",
        "Choose another format, or fewer contacts.",
    ),
}
"""Codes of exports: why there is no file."""


def _refused(text: str, remedy: str) -> Outcome:
    return Outcome("refused", text, remedy, Severity.ERROR)


_SEE = "Correct what the message names."

CALLS = {
    "error": _refused("An error without a code of its own.", "See the message."),
    "wrong_usage": _refused("The request is not possible in this form.", _SEE),
    "not_found": _refused("There is no such import, contact, property, list or feed.", "Look for its name or id."),
    "invalid_option": _refused("An option, a mapping or a setting is invalid.", _SEE),
    "invalid_filter": _refused("A filter is invalid; the message gives the position.", "See docs/filters.md."),
    "invalid_link": _refused(
        "The link to an export's file has expired, or was not signed by this store.", "Make a new link."
    ),
    "too_many_exports": _refused("The limit of exports per hour is reached.", "Try again later."),
    "wrong_state": _refused("The import's status does not allow this.", "See `contact-pipelines show`."),
    "store_error": _refused("The contact store reports an error.", "See the message."),
    "store_unavailable": _refused("The contact store cannot be reached.", "Try again."),
    "schema_mismatch": _refused("The store's schema is older or newer than the code.", "Run db upgrade, or upgrade."),
    "disk_full": _refused("The disk is full.", "Free some space and try again."),
    "notification_failed": _refused("A notification could not be delivered.", "Nothing: it is retried."),
    "server_ended": _refused("A server of `dev` exited, or never became ready.", "Read its last lines."),
    "backfill_refused": _refused("A backfill cannot apply imports.", "Materialise one import at a time."),
}
"""Codes of calls, through any door: why they are refused. A running import that meets one of these fails."""

OUTCOMES: Mapping[str, Outcome] = READING | VALIDATING | COMPARING | FILES | IMPORTS | EXPORTS | CALLS


def sentences() -> dict[str, str]:
    """Return all sentences by `code`, further ones by `code.name`."""
    named = {code: its.sentence for code, its in OUTCOMES.items()}
    return named | {f"{code}.{name}": text for code, its in OUTCOMES.items() for name, text in its.others.items()}


def sentence(code: str, **parts: object) -> str:
    """Return the sentence of `code` (or `code.name`) with its parts filled in."""
    code, _, name = code.partition(".")
    its = OUTCOMES[code]
    return (its.others[name] if name else its.sentence).format(**parts)
