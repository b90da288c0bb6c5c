"""How a file is read, where that is not left to be found out: the parameters of all commands that read files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from contact_pipelines.models import ReadingOptions

_READING = "How the file is read (found out unless given)"

Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", rich_help_panel=_READING, help="For example cp1252 or shift_jis."),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter", metavar="CHAR", rich_help_panel=_READING, help="What separates cells: one character, or tab."
    ),
]
Header = Annotated[
    str | None,
    typer.Option(
        "--header",
        metavar="ROW|none",
        rich_help_panel=_READING,
        help="The row number of the header, from 1; none: there is no header.",
    ),
]
Sheet = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", rich_help_panel=_READING, help="The workbook's sheet.")
]


def reading_options(
    encoding: str | None, delimiter: str | None, header: str | None, sheet: str | None
) -> ReadingOptions:
    """Return the options of reading. Raises InvalidOption that names the option."""
    from pydantic import ValidationError

    from contact_pipelines.cli.import_options import option_sentence
    from contact_pipelines.errors import InvalidOption
    from contact_pipelines.models import ReadingOptions

    values = {"encoding": encoding, "delimiter": delimiter, "header": header, "sheet": sheet}
    try:
        return ReadingOptions.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        raise InvalidOption(option_sentence(error)) from None
