"""What follows an accepted request: a sentence, or a view until the work ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mintmark.cli.output import line, stderr, warn, write_json
from mintmark.domain import EXIT_FOLLOWED_CANCELLED, EXIT_FOLLOWED_FAILED, Refused

if TYPE_CHECKING:
    from mintmark.app import App

_EXITS = {"completed": 0, "failed": EXIT_FOLLOWED_FAILED, "cancelled": EXIT_FOLLOWED_CANCELLED}


def started(app: App, answer: Mapping[str, Any], follow: bool, as_json: bool, out: Path | None = None) -> None:
    """Tell what was started, or stay with it; leaves with the exit code of its end.

    ``out``: the folder its result is saved below, once it is there.
    """
    operation_id = _id_of(answer)
    if follow:
        followed(app, operation_id, answer, as_json, out)
        return
    _warn_when_nobody_works(app)
    if as_json:
        write_json(answer)
    else:
        line(f"{operation_id}  {_words(answer)}")


def started_each(
    app: App,
    starts: Sequence[Callable[[], Mapping[str, Any]]],
    follow: bool,
    as_json: bool,
    out: Path | None = None,
) -> None:
    """Start one after the other; with ``follow`` each ends, and is saved below ``out``, before the next begins.

    Raises:
        Refused: ``usage`` for ``out`` without ``follow``: nobody would be there to save.
    """
    if out is not None and not follow:
        raise Refused("--out goes with --follow: the result is saved when it is there", code="usage")
    if len(starts) == 1:
        started(app, starts[0](), follow, as_json, out)
        return
    documents: list[Mapping[str, Any]] = []
    exits = [0]
    for start in starts:
        answer = start()
        if follow:
            document, code = to_the_end(app, _id_of(answer), answer, as_json, out)
            documents.append(document)
            exits.append(code)
        else:
            documents.append(answer)
            if not as_json:
                line(f"{_id_of(answer)}  accepted")
    if as_json:
        write_json({"success": not any(exits), "data": documents})
    raise typer.Exit(max(exits))


def followed(app: App, operation_id: str, answer: Mapping[str, Any], as_json: bool, out: Path | None = None) -> None:
    """Show an operation until it ends, then what came of it; ``answer`` joins the JSON document."""
    document, code = to_the_end(app, operation_id, answer, as_json, out)
    if as_json:
        write_json(document)
    raise typer.Exit(code)


def to_the_end(
    app: App, operation_id: str, answer: Mapping[str, Any], as_json: bool, out: Path | None = None
) -> tuple[dict[str, Any], int]:
    """Show an operation until it ends, then what came of it; return the JSON document and the exit code of its end."""
    from mintmark.cli.ended import show_end
    from mintmark.cli.follow import Interrupted, interruptible, watch
    from mintmark.cli.workers import working

    try:
        with interruptible(), working(app, operation_id):
            try:
                operation = watch(app, operation_id)
            except Interrupted:
                # While the worker is still there to end the process at once.
                _cancel(app, operation_id)
                raise
    except Interrupted as interrupted:
        _cancel(app, operation_id)
        _tell_the_way_on(app, operation_id, answer, as_json)
        raise typer.Exit(interrupted.exit) from None
    if not as_json:
        show_end(app, operation)
    document = {**answer, "success": True, "data": operation}
    if out is not None and operation["status"] == "completed":
        document["saved"] = _saved(app, operation_id, out, as_json)
    return document, _EXITS[operation["status"]]


def _saved(app: App, operation_id: str, out: Path, as_json: bool) -> Mapping[str, Any]:
    from mintmark.app import answers

    saved: Mapping[str, Any] = answers.save_results(app, operation_id, out)["data"]
    if not as_json:
        line(f"saved to {saved['folder']}: {', '.join(saved['files'])}")
    return saved


def _cancel(app: App, operation_id: str) -> None:
    from mintmark.app import answers

    try:
        answers.cancel(app, operation_id, "Interrupted in a follow view")
    except Refused as refused:
        if refused.code != "not_cancellable":
            raise


def _tell_the_way_on(app: App, operation_id: str, answer: Mapping[str, Any], as_json: bool) -> None:
    """Say how it ended; the last line is the command that goes on with it."""
    from mintmark.app import answers

    body = answers.operation(app, operation_id)
    if as_json:
        write_json({**answer, **body})
    console = stderr()
    console.print(f"{body['data']['status']}; to go on:", markup=False)
    console.print(f"mintmark operations resume {operation_id}", markup=False)


def _id_of(answer: Mapping[str, Any]) -> str:
    return str(answer.get("operation_id") or answer["data"]["operation_id"])


def _words(answer: Mapping[str, Any]) -> str:
    """Return what was accepted, in a few words."""
    resumed = answer.get("data", {}).get("resumed_from")
    if resumed:
        return f"resuming from {resumed['phase'] or 'the start'}, round {resumed['round']}"
    return str(answer.get("message", "accepted"))


def _warn_when_nobody_works(app: App) -> None:
    from mintmark.app import answers

    if not any(worker["live"] for worker in answers.workers(app)["data"]):
        warn("no worker is live, so this waits; start one with: mintmark worker")
