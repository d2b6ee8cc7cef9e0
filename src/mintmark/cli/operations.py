"""``mintmark operations``: every durable piece of work."""

from __future__ import annotations

from typing import Annotated

import typer

from mintmark.cli.options import AsJson, Follow, OperationId

group = typer.Typer(name="operations", help="Durable work: list, show, cancel, resume, follow.", no_args_is_help=True)


@group.command("list", epilog="Example: mintmark operations list --type training --active")
def list_operations(
    kind: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only this type.")] = None,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Only this status.")] = None,
    parent: Annotated[str | None, typer.Option(metavar="ID", help="Only the children of this one.")] = None,
    active: Annotated[bool, typer.Option("--active", help="Only what has not ended.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", help="How many, 1 to 1000.")] = 50,
    offset: Annotated[int, typer.Option(metavar="N", help="How many of the newest to pass over.")] = 0,
    as_json: AsJson = False,
) -> None:
    """List operations, newest first."""
    from mintmark.app import ListRequest, answers, read_request
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_operations

    request = read_request(
        ListRequest,
        {
            "operation_type": kind,
            "status": status,
            "parent": parent,
            "active_only": active,
            "limit": limit,
            "offset": offset,
        },
    )
    with opened() as app:
        give(answers.operations(app, request), as_json, show_operations)


@group.command("show", epilog="Example: mintmark operations show op_training_20260301_101502_5d0c1f77")
def show(operation_id: OperationId, as_json: AsJson = False) -> None:
    """Show one operation with its children, gates and events."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import write_json
    from mintmark.cli.shown import show_operation

    with opened() as app:
        body = answers.operation(app, operation_id)
        if as_json:
            write_json(body)
            return
        show_operation(
            body["data"],
            answers.children(app, operation_id)["data"],
            answers.gates(app, operation_id)["data"],
            answers.events(app, operation_id)["data"],
        )


@group.command("cancel", epilog="Example: mintmark operations cancel op_training_20260301_101502_5d0c1f77")
def cancel(
    operation_id: OperationId,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why, for the record.")] = None,
    as_json: AsJson = False,
) -> None:
    """Cancel an operation, what works for it, and its process."""
    from mintmark.app import CancelRequest, answers, read_request
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_cancelled

    request = read_request(CancelRequest, {"reason": reason})
    with opened() as app:
        give(answers.cancel(app, operation_id, request.reason), as_json, show_cancelled)


@group.command("resume", epilog="Example: mintmark operations resume op_training_20260301_101502_5d0c1f77 --follow")
def resume(operation_id: OperationId, follow: Follow = False, as_json: AsJson = False) -> None:
    """Go on with a failed or cancelled operation from its last checkpoint, under its own id."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.starting import started

    with opened() as app:
        started(app, answers.resume(app, operation_id), follow, as_json)


@group.command("follow", epilog="Example: mintmark operations follow op_agent_research_20260301_101500_9f3a1c2e")
def follow(operation_id: OperationId, as_json: AsJson = False) -> None:
    """Watch an operation until it ends. Ctrl+C cancels it."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.starting import followed

    with opened() as app:
        answers.operation(app, operation_id)
        followed(app, operation_id, {}, as_json)
