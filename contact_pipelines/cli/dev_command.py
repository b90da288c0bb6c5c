"""`dev`: everything on one machine."""

from __future__ import annotations

from typing import Annotated

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant


def dev(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on; only this machine by default.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Dagster's user interface.")] = 3000,
    json_: JsonFlag = False,  # noqa: ARG001 - a failure is told as JSON
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - serves all
) -> None:
    """Run the store, Dagster's user interface and its daemon on this machine, until Ctrl-C.

    Example: contact-pipelines dev --port 3000, then open http://127.0.0.1:3000
    """
    from contact_pipelines.defs.dev_servers import serve
    from contact_pipelines.settings import load_settings

    serve(load_settings(), host=host, port=port)
