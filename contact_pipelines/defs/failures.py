"""Translates errors into Dagster failures: a message and a code, never contact data."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from contact_pipelines.errors import ContactPipelinesError

_PACKAGE = Path(__file__).parents[1]


class PipelineFailure(dg.Failure):
    """A step's failure for Dagster; `error` is the original, for callers that run Dagster in-process."""

    def __init__(self, error: ContactPipelinesError) -> None:
        super().__init__(
            description=str(error),
            metadata={"code": error.code, "can_be_retried": error.retryable},
            allow_retries=error.retryable,
        )
        self.error = error


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn any exception into a Failure that is safe to store and show.

    Only our own errors keep their message. Others (DuckDB's, psycopg's, Pandera's) often quote the offending value, so
    only their type and the position in our code are reported.
    """
    try:
        yield
    except dg.Failure:
        raise
    except ContactPipelinesError as error:
        raise PipelineFailure(error) from None
    except Exception as error:  # noqa: BLE001 - translated, not swallowed
        raise dg.Failure(
            description=f"An unexpected {type(error).__name__} ended this step. Its text may quote a contact's"
            " data and is therefore not kept; please report the place where it happened.",
            metadata={"code": "unexpected", "exception": type(error).__name__, "where": _where(error)},
            allow_retries=False,
        ) from None


def _where(error: BaseException) -> str:
    """Return the innermost place in this package: file, line and function, no values."""
    ours = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_PACKAGE)
    ]
    if not ours:
        return "outside contact_pipelines"
    place = ours[-1]
    return f"{Path(place.filename).relative_to(_PACKAGE.parent)}:{place.lineno} in {place.name}"
