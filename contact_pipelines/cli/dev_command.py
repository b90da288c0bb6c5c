"""`dev`: run the store and Dagster's web server and daemon on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant


def dev(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on; by default only this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Dagster's web UI.")] = 3000,
    json_: JsonFlag = False,  # noqa: ARG001 - failures are printed as JSON
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - serves all
) -> None:
    """Run the store, Dagster's web UI and its daemon on this machine, until Ctrl-C.

    Example: contact-pipelines dev --port 3000, then open http://127.0.0.1:3000
    """
    from contact_pipelines.defs.dev_servers import serve
    from contact_pipelines.settings import load_settings

    serve(load_settings(), host=host, port=port)
