"""The tree of commands, and what happens to an error on its way out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

import mintmark
from mintmark.cli import (
    agent,
    crossvalidating,
    data,
    dlq,
    gates,
    keys,
    ledger,
    montecarlo,
    operations,
    packs,
    patterns,
    portfolios,
    rights,
    running,
    serving,
    strategies,
    sweeping,
    walking,
)
from mintmark.domain import EXIT_INTERRUPTED, MintmarkError, outcome_of

# The root of typer's usage errors; typer gives no public name for it.
_CommandError: Any = typer.BadParameter.__mro__[2]
logger = logging.getLogger(__name__)


def program() -> typer.Typer:
    """Return the whole command line."""
    root = typer.Typer(
        name="mintmark",
        help="An agent-run trading house whose every number opens to its data, code and ledger entry.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
    )
    root.callback()(_start)
    research = (agent.group, operations.group, strategies.group, gates.group)
    rooms = (
        data.group,
        packs.group,
        ledger.group,
        dlq.group,
        rights.group,
        keys.group,
        portfolios.group,
        patterns.group,
    )
    for group in (*research, *rooms, serving.workers):
        root.add_typer(group)
    running.add_to(root)
    sweeping.add_to(root)
    montecarlo.add_to(root)
    walking.add_to(root)
    crossvalidating.add_to(root)
    serving.add_to(root)
    return root


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mintmark {mintmark.__version__}")
        raise typer.Exit


def _start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Nothing to do before a command: each loads what it needs."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code.

    An error is told once: as the API's error body on stdout with ``--json``, else
    as a sentence on stderr.
    """
    as_json = "--json" in arguments
    try:
        left = typer.main.get_command(program()).main(args=list(arguments), prog_name="mintmark", standalone_mode=False)
    except MintmarkError as error:
        return _tell(error, as_json)
    except _CommandError as error:
        return _tell_usage(error, as_json)
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has left; the interpreter must not try to flush again.
        sys.stdout = None
        return 0
    except Exception:
        logger.exception("the command broke")
        return _tell(MintmarkError("something broke inside; the lines above say where"), as_json)
    return left if isinstance(left, int) else 0


def _tell(error: MintmarkError, as_json: bool) -> int:
    from mintmark.cli.output import tell_error

    tell_error(error, as_json)
    return outcome_of(error.code).exit


def _tell_usage(error: Any, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.format_message(), err=True)
        return int(error.exit_code)
    hint = f"see {context.command_path} --help" if context else "see mintmark --help"
    _tell(MintmarkError(f"{error.format_message()} ({hint})", code="usage"), as_json)
    return outcome_of("usage").exit
