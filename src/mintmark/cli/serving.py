"""``mintmark serve``, ``worker``, ``workers`` and ``compile``: the processes of the house."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mintmark.cli.options import AsJson

workers = typer.Typer(name="workers", help="The worker processes.", no_args_is_help=True)


def add_to(root: typer.Typer) -> None:
    """Put the commands of this file at the top of the tree."""
    root.command("serve", epilog="Example: mintmark serve --port 8000")(serve)
    root.command("worker", epilog="Example: mintmark worker --queues training,backtesting --slots 2")(worker)
    root.command("compile", epilog="Example: mintmark compile")(compile_kernels)


def serve(
    host: Annotated[str, typer.Option(metavar="H", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="P", min=0, max=65535, help="Port to listen on.")] = 8000,
    tls_cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate, for an address others reach.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key.")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy on this machine or network speaks TLS for it.")
    ] = False,
) -> None:
    """Serve the HTTP API and the pages. It executes no work: start a worker for that."""
    if (tls_cert is None) is not (tls_key is None):
        raise typer.BadParameter("--tls-cert and --tls-key go together")
    from mintmark.cli.opened import opened
    from mintmark.cli.server import Transport, run_server

    with opened() as app:
        code = run_server(app, host, port, Transport(tls_cert, tls_key, behind_proxy))
    raise typer.Exit(code)


def worker(
    queues: Annotated[str | None, typer.Option(metavar="A,B", help="Queues to work on. Default: all of them.")] = None,
    slots: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="How many worker processes.")] = 1,
) -> None:
    """Work on queued operations until told to stop."""
    from mintmark.cli.workers import known_queues, work

    raise typer.Exit(work(known_queues(queues), slots))


@workers.command("list", epilog="Example: mintmark workers list")
def list_workers(as_json: AsJson = False) -> None:
    """List the workers: their queues, load and last heartbeat."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_workers

    with opened() as app:
        give(answers.workers(app), as_json, show_workers)


def compile_kernels(as_json: AsJson = False) -> None:
    """Compile the kernels into their cache; the last step of an installation."""
    from mintmark.app import answers
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    give(answers.compile_kernels(), as_json, show_pairs)
