"""What reaches the terminal: one JSON document, or text for a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mintmark.domain import MintmarkError, SystemClock, iso

if TYPE_CHECKING:
    from rich.console import Console

# A pipe has no width: an id is never cut there.
_PIPE_WIDTH = 400


def give(body: Mapping[str, Any], as_json: bool, show: Callable[[Mapping[str, Any]], None]) -> None:
    """Print ``body`` as the one JSON document, or let ``show`` print it for a person."""
    if as_json:
        write_json(body)
    else:
        show(body)


def write_json(body: Mapping[str, Any]) -> None:
    """Print one JSON document on stdout; NaN is a fault, not a value."""
    print(json.dumps(body, indent=2, ensure_ascii=False, allow_nan=False), flush=True)


def error_body(error: MintmarkError) -> dict[str, Any]:
    """Return the error body of the API for a command, whose request id is its own."""
    import uuid

    return {
        "error": error.code,
        "message": error.message,
        "details": error.details,
        "request_id": str(uuid.uuid4()),
        "timestamp": iso(SystemClock().now()),
    }


def tell_error(error: MintmarkError, as_json: bool) -> None:
    """Tell ``error`` once: its body on stdout, or a sentence and its details on stderr."""
    if as_json:
        write_json(error_body(error))
        return
    console = stderr()
    console.print(f"[bold red]{error.code}[/]", _safe(error.message), sep="  ")
    for name, value in error.details.items():
        # These messages tell their problems one by one already.
        if name == "problems" and error.code in ("usage", "invalid_request"):
            continue
        for line in _lines(value):
            console.print(f"  [dim]{name}[/]", _safe(line), sep="  ")


def warn(message: str) -> None:
    """Say on stderr what a person should know although nothing failed."""
    stderr().print("[yellow]note[/]", _safe(message), sep="  ")


def stdout() -> Console:
    """Return a console on stdout: colour in a terminal, plain and uncut in a pipe."""
    return _console(error=False)


def stderr() -> Console:
    """Return a console on stderr; it is plain too when stdout is no terminal."""
    return _console(error=True)


def lively() -> bool:
    """Return whether bars and colours may be shown: both streams are a terminal."""
    return sys.stdout.isatty() and sys.stderr.isatty()


def _console(*, error: bool) -> Console:
    from rich.console import Console

    plain = not (lively() if error else sys.stdout.isatty())
    return Console(
        stderr=error,
        highlight=False,
        soft_wrap=True,
        emoji=False,
        width=_PIPE_WIDTH if plain else None,
        force_terminal=False if plain else None,
        no_color=True if plain else None,
    )


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    right: Iterable[str] = (),
    styles: Sequence[str | None] | None = None,
) -> None:
    """Print rows under ``columns``; no cell is ever cut, those in ``right`` end at one edge.

    ``styles``: one for each row, where it should stand out.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(one) for one in column) for column in zip(columns, *cells, strict=True)]
    ending = set(right)
    edges = [column in ending for column in columns]
    console = stdout()

    def show(row: Sequence[str], style: str | None) -> None:
        filled = [
            one.rjust(width) if edge else one.ljust(width) for one, width, edge in zip(row, widths, edges, strict=True)
        ]
        console.print(_safe("  ".join(filled).rstrip()), style=style)

    show(columns, "bold")
    if console.is_terminal:
        show(["─" * width for width in widths], "dim")
    for row, style in zip(cells, styles or [None] * len(cells), strict=True):
        show(row, style)


def pairs(rows: Iterable[tuple[str, Any]]) -> None:
    """Print named values, one a line, the names in one column and each name once."""
    found = [(name, _cell(value).rstrip() or "none") for name, value in rows]
    width = max((len(name) for name, _ in found), default=0)
    console, last = stdout(), None
    for name, value in found:
        shown = "" if name == last else name
        console.print(f"[dim]{_safe(f'{shown:<{width}}')}[/]", _safe(value), sep="  ")
        last = name


def line(text: str, style: str = "") -> None:
    """Print one line on stdout."""
    stdout().print(_safe(text), style=style or None)


def _cell(value: Any) -> str:
    from mintmark.domain import figures

    return value if isinstance(value, str) else figures.plain(value)


def _lines(value: Any) -> list[str]:
    if isinstance(value, list):
        return [json.dumps(item, ensure_ascii=False) if isinstance(item, Mapping) else str(item) for item in value]
    return [json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)]


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)
