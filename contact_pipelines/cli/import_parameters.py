"""The parameters of `import`: their names, and what a person reads of them in `import --help`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_MAPPING = "Which column is what"
_UPDATING = "What happens to contacts that exist"
_PROBABLE = "People who are probably contacts already"
_NEW = "What new contacts get"
_VALUES = "How values are read"
_CONSENT = "Who is contacted"

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="Delimited text of any kind (.csv, .tsv, ...), a workbook (.xlsx, .xls, .xlsb, .ods), JSON, JSON Lines or "
        "Parquet, also inside .gz or a .zip of one file.",
    ),
]

Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="HEADER=FIELD",
        rich_help_panel=_MAPPING,
        help="What a column is, against the suggestion: "
        '--map "E-Mail privat=email" --map "Notes=ignore". '
        "A field is email, phone, first_name, ..., full_name, properties.KEY or ignore. Repeatable.",
    ),
]
ColumnMap = Annotated[
    str | None,
    typer.Option(
        "--column-map",
        metavar="JSON",
        rich_help_panel=_MAPPING,
        help="The whole mapping; columns that it does not name are ignored: "
        '--column-map \'{"E-Mail": "email"}\', or @map.json for a file.',
    ),
]
SavedMapping = Annotated[
    str | None,
    typer.Option(
        "--mapping",
        metavar="NAME",
        rich_help_panel=_MAPPING,
        help="A saved mapping. Without it, one whose headers are the file's is taken; --mapping none takes none.",
    ),
]
SaveMapping = Annotated[
    str | None,
    typer.Option(
        "--save-mapping",
        metavar="NAME",
        rich_help_panel=_MAPPING,
        help="Save this file's mapping under a name, for later files with the same headers.",
    ),
]
CreateProperties = Annotated[
    str | None,
    typer.Option(
        "--create-properties",
        metavar="WHICH",
        rich_help_panel=_MAPPING,
        help="Which columns that are no contact field become properties: matching (default: custom_*, cf_* and those "
        "given with --map), yes (all) or no.",
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="WHO",
        rich_help_panel=_MAPPING,
        help="The whole file lists people who left: unsubscribed, cleaned (bounced) or complained. Told by the file's "
        "name unless given; none: it does not.",
    ),
]
Transform = Annotated[
    list[str] | None,
    typer.Option(
        "--transform",
        metavar="COLUMN:KEY=VALUE",
        rich_help_panel=_VALUES,
        help="How a column's text is read; COLUMN may be *. Keys: trim, case (lower, upper, title), date_format, "
        'time_zone, decimal_comma, list_delimiter, country. --transform "Name:case=title". Repeatable.',
    ),
]
DateFormat = Annotated[
    str | None,
    typer.Option(
        "--date-format",
        metavar="FORMAT",
        rich_help_panel=_VALUES,
        help="How dates are written in all columns, as strptime has it: %d/%m/%Y.",
    ),
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        "--time-zone",
        metavar="ZONE",
        rich_help_panel=_VALUES,
        help="Where times without a zone were written: Europe/Berlin. UTC unless given.",
    ),
]
DecimalComma = Annotated[
    bool,
    typer.Option("--decimal-comma", rich_help_panel=_VALUES, help="Numbers are written 1.234,56 in all columns."),
]
TagDelimiter = Annotated[
    str | None,
    typer.Option(
        "--tag-delimiter",
        metavar="TEXT",
        rich_help_panel=_VALUES,
        help="What separates tags and options in a cell; any of | , ; unless given.",
    ),
]
Mode = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="MODE",
        rich_help_panel=_UPDATING,
        help="upsert (default: create and update), create_only, update_only, or create_all: create every row, and mark "
        "those whose email is taken as duplicates.",
    ),
]
MatchOn = Annotated[
    str | None,
    typer.Option(
        "--match-on",
        metavar="KEYS",
        rich_help_panel=_UPDATING,
        help="What recognises a contact: email (default), external_id, phone, id, or several of them: "
        "--match-on external_id,email. A row whose keys find different contacts fails.",
    ),
]
Duplicates = Annotated[
    str | None,
    typer.Option(
        "--duplicates",
        metavar="WHICH",
        rich_help_panel=_UPDATING,
        help="Which of the file's rows of the same contact counts: the first (default), the last, "
        "or none: error fails them all.",
    ),
]
Blank = Annotated[
    str | None,
    typer.Option(
        "--blank",
        metavar="WHAT",
        rich_help_panel=_UPDATING,
        help="What an empty cell does to a contact that exists: ignore (default) or erase.",
    ),
]
Rule = Annotated[
    list[str] | None,
    typer.Option(
        "--rule",
        metavar="FIELD=RULE",
        rich_help_panel=_UPDATING,
        help="What an update does to a field: overwrite (default), fill_blank, keep, keep_higher, keep_lower, newer "
        "(needs a column updated_at), and of tags and multi_select properties append or remove; * stands for all other "
        'fields: --rule "*=fill_blank" --rule tags=append. Repeatable.',
    ),
]
Fuzzy = Annotated[
    str | None,
    typer.Option(
        "--fuzzy",
        metavar="FIELDS",
        rich_help_panel=_PROBABLE,
        help="Look for probable duplicates of rows that no key recognises. What is compared, any of which finds one: "
        '--fuzzy "name+company,phone"; + weighs fields together, name is first and last. all: all that says who '
        "somebody is; none: do not look.",
    ),
]
FuzzyThreshold = Annotated[
    str | None,
    typer.Option(
        "--fuzzy-threshold",
        metavar="SCORE",
        rich_help_panel=_PROBABLE,
        help="The score from 50 to 100 from which on two are taken for one; 85 unless given.",
    ),
]
FuzzyResolve = Annotated[
    str | None,
    typer.Option(
        "--fuzzy-resolve",
        metavar="WHAT",
        rich_help_panel=_PROBABLE,
        help="What becomes of such a row: review (default: a warning, treated as new), skip_new, update_existing, "
        "merge_fields (fills what is blank) or create_new.",
    ),
]
Tag = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="TAG",
        rich_help_panel=_NEW,
        help="A tag for all created and matched contacts. Repeatable.",
    ),
]
List = Annotated[
    list[str] | None,
    typer.Option(
        "--list",
        metavar="NAME",
        rich_help_panel=_NEW,
        help="A list that all created and matched contacts join; made if missing. Repeatable.",
    ),
]
Segment = Annotated[
    list[str] | None,
    typer.Option(
        "--segment",
        metavar="NAME",
        rich_help_panel=_NEW,
        help="A static segment that all created and matched contacts join; made if missing. Repeatable.",
    ),
]
Topic = Annotated[
    list[str] | None,
    typer.Option(
        "--topic",
        metavar="NAME",
        rich_help_panel=_NEW,
        help="A topic that all created and matched contacts are opted in to, but for those who opted out of it; made "
        "if missing. Repeatable.",
    ),
]
ImportTag = Annotated[
    str | None,
    typer.Option(
        "--import-tag",
        metavar="NAME",
        rich_help_panel=_NEW,
        help="The tag of the contacts that this import creates or updates, instead of one such as "
        "imported_2026_11_20_3f2a91; none: no tag.",
    ),
]
NoEvents = Annotated[
    bool,
    typer.Option("--no-events", help="Do not keep contact_events.parquet: which contacts changed, and in what."),
]
Status = Annotated[
    str | None,
    typer.Option(
        "--status",
        metavar="STATUS",
        rich_help_panel=_NEW,
        help="Status of new contacts whose row has none: subscribed (default), unsubscribed, bounced or complained.",
    ),
]
Country = Annotated[
    str | None,
    typer.Option(
        "--country",
        metavar="CC",
        rich_help_panel=_VALUES,
        help="Where phone numbers without a country code are from, for example US or DE.",
    ),
]
ForceStatus = Annotated[
    str | None,
    typer.Option(
        "--force-status",
        metavar="REASON",
        rich_help_panel=_CONSENT,
        help="Subscribe contacts who have opted out where the file says subscribed, and say why; kept for good, so name"
        " nobody. Never those on the suppression list.",
    ),
]
Suppress = Annotated[
    bool,
    typer.Option(
        "--suppress",
        rich_help_panel=_CONSENT,
        help="Only opt people out: contacts of the file are unsubscribed, nobody is created, and addresses that no"
        " contact has go on the suppression list.",
    ),
]
SuppressMode = Annotated[
    str | None,
    typer.Option(
        "--suppress-mode",
        metavar="MODE",
        rich_help_panel=_CONSENT,
        help="With --suppress: opt_out (default), or block, which puts every address on the suppression list.",
    ),
]
SuppressReason = Annotated[
    str | None,
    typer.Option(
        "--suppress-reason",
        metavar="TEXT",
        rich_help_panel=_CONSENT,
        help="With --suppress: why, kept beside the addresses on the list, so name nobody.",
    ),
]
Review = Annotated[
    bool,
    typer.Option(
        "--review",
        help="Stop before anything is written and show what would be done; `confirm` does it, `cancel` does not.",
    ),
]
OptionsFile = Annotated[
    Path | None,
    typer.Option(
        "--options",
        metavar="FILE.yaml",
        help="These options in a file, as lines such as mode: create_only or columns: {Mail: email}. "
        "The command line wins.",
    ),
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="KEY",
        help="A name for this import: once it is done, a call with the same key imports nothing and prints it again.",
    ),
]
