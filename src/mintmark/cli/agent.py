"""``mintmark agent``: start, watch and end research cycles."""

from __future__ import annotations

from typing import Annotated

import typer

from mintmark.cli.options import AsJson, Follow, Pack, Seed

group = typer.Typer(name="agent", help="Research cycles: start one, see them, end one.", no_args_is_help=True)


@group.command("trigger", epilog="Example: mintmark agent trigger --strategy starting_1 --follow")
def trigger(
    brief: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What to look for, at most 2,000 characters.")
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(metavar="NAME", help="Use this strategy instead of designing one.")
    ] = None,
    pack: Pack = None,
    symbols: Annotated[str | None, typer.Option(metavar="A,B", help="Symbols the designer is bound to.")] = None,
    timeframe: Annotated[str | None, typer.Option(metavar="TF", help="Timeframe the designer is bound to.")] = None,
    gate_policy: Annotated[
        str | None, typer.Option(metavar="fail|assess", help="What a gate's no does to the cycle.")
    ] = None,
    seed: Seed = None,
    designer: Annotated[
        str | None, typer.Option(metavar="algorithm|model", help="Who designs. Default: a model when a key is set.")
    ] = None,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Start a research cycle: design, train, gate, backtest, gate, assess."""
    from mintmark.app import TriggerRequest, answers, read_request
    from mintmark.cli.opened import opened
    from mintmark.cli.starting import started

    request = read_request(
        TriggerRequest,
        {
            "brief": brief,
            "strategy": strategy,
            "pack_id": pack,
            "symbols": symbols.split(",") if symbols is not None else None,
            "timeframe": timeframe,
            "gate_policy": gate_policy,
            "random_state": seed,
            "designer": designer,
        },
    )
    with opened() as app:
        started(app, answers.trigger(app, request), follow, as_json)


@group.command("status", epilog="Example: mintmark agent status --json")
def status(as_json: AsJson = False) -> None:
    """Show the active cycles, the last one, workers, budget and capacity."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_status

    with opened() as app:
        give(answers.agent_status(app), as_json, show_status)


@group.command("cancel", epilog="Example: mintmark agent cancel")
def cancel(
    operation_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Id of the cycle; not needed when one is active.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a research cycle and the process that works for it."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_cancelled

    with opened() as app:
        give(answers.cancel_cycle(app, operation_id), as_json, show_cancelled)


@group.command("budget", epilog="Example: mintmark agent budget")
def budget(as_json: AsJson = False) -> None:
    """Show what language models have cost today and may still cost."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_budget

    with opened() as app:
        give(answers.agent_budget(app), as_json, show_budget)
