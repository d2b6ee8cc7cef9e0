"""``mintmark gates``: what the gates let through that they should not, and hold back that they should not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from mintmark.cli.options import AsJson, Pack, Seed

group = typer.Typer(name="gates", help="Gates: what they answer to noise and to a planted edge.", no_args_is_help=True)

MOST_FALSE = 0.05
LEAST_POWER = 0.80
COLUMNS = ("cycles of", "passed by", "passed", "of", "rate", "95 % interval")
_PAGE = """# The gates, tested

`mintmark gates selftest` feeds the gates with cycles nobody asked for and counts what passes. A cycle here is the
real one: the same training, walk-forward, backtest, gates and rubric, on bars made for the purpose.

- **Noise.** {symbols}, {series}, with their moves in another order: distribution and drift stay, any
  pattern goes. On each path a strategy drawn at random from the designer's space. Whatever passes is luck.
- **The edge.** The same paths with a drift of {size} deviations of a bar's move added, up or down, that turns
  every {turning} bars on average, and one strategy that can read it. Who knew the drift would have a yearly
  Sharpe ratio of {sharpe} before costs.

{table}

Both gates are asked whatever the other says; `promising` needs both, and the rubric. Each cycle counts its own
nine tries only, the fewest a cycle can have: where more was tried the deflated Sharpe ratio asks for more. The
intervals are exact (Clopper and Pearson). Noise may be promising in at most 5 % of the cycles, the edge must be
in at least 80 %; the command leaves 8 otherwise, and `make test-long` fails. With seed {seed}: {answer}.

This page is written by `mintmark gates selftest --page docs/gates.md`.
"""
_WORDS = {"training_gate": "training gate", "backtest_gate": "backtest gate", "promising": "verdict promising"}


@group.command("selftest", epilog="Example: mintmark gates selftest --cycles 200 --edges 50 --workers 2")
def selftest(
    cycles: Annotated[int, typer.Option(min=1, max=100_000, help="Cycles of random strategies on noise.")] = 200,
    edges: Annotated[int, typer.Option(min=1, max=100_000, help="Cycles with the planted edge.")] = 50,
    size: Annotated[
        float, typer.Option(min=0.0, max=5.0, help="Drift of the edge, in deviations of a bar's move.")
    ] = 0.8,
    turning: Annotated[int, typer.Option(min=2, help="Bars until the drift turns, on average.")] = 10,
    symbol: Annotated[list[str] | None, typer.Option(metavar="SYMBOL", help="Series to redraw, one or more.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="Timeframe. Default: the coarsest base of the pack.")] = None,
    pack: Pack = None,
    seed: Seed = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the cycles.")] = 1,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the answer as a page of the docs, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Feed the gates with noise and with an edge of known size; leave 8 when they fail.

    Random strategies on permuted real bars must end promising in at most 5 % of the cycles, the
    strategy that reads the planted edge in at least 80 %.
    """
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.store import write_atomic

    chosen = {"cycles": cycles, "edges": edges, "size": size, "turning": turning, "workers": workers}
    given = {"symbols": tuple(symbol or ()), "timeframe": timeframe, "pack_id": pack, "random_state": seed}
    with opened() as app, _bar() as progress:
        answer = answers.selftest(app, progress, **chosen, **given)
    answer = {**answer, "sound": is_sound(answer)}
    if page is not None:
        write_atomic(page, page_of(answer).encode())
    give(answer, as_json, show)
    if not answer["sound"]:
        raise typer.Exit(8)


def is_sound(answer: Mapping[str, Any]) -> bool:
    """Return whether noise is promising seldom enough, and the edge often enough."""
    rates = {row["of"]: row["rate"] for row in answer["rates"] if row["question"] == "promising"}
    return bool(rates["noise"] <= MOST_FALSE and rates["edge"] >= LEAST_POWER)


def rows_of(answer: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return one row for each rate, under ``COLUMNS``."""
    return [
        (
            "noise" if row["of"] == "noise" else "the edge",
            _WORDS[row["question"]],
            row["passed"],
            row["cycles"],
            f"{row['rate']:.1%}",
            f"{row['low']:.1%} to {row['high']:.1%}",
        )
        for row in answer["rates"]
    ]


def page_of(answer: Mapping[str, Any]) -> str:
    """Return the page of the docs that shows ``answer``."""
    lines = [" | ".join(map(str, row)) for row in (COLUMNS, ["---"] * len(COLUMNS), *rows_of(answer))]
    edge = answer["edge"]
    return _PAGE.format(
        table="\n".join(f"| {line} |" for line in lines),
        symbols=" and ".join(answer["symbols"]),
        series=f"{answer['timeframe']} of {answer['pack_id']}",
        size=f"{edge['size']:g}",
        turning=edge["bars"],
        sharpe=f"{edge['sharpe_ratio']:.1f}",
        seed=answer["random_state"],
        answer="sound" if answer["sound"] else "not sound",
    )


def show(answer: Mapping[str, Any]) -> None:
    """Print the rates, and what they were measured on."""
    from mintmark.cli.output import line, pairs, table

    edge = answer["edge"]
    table(COLUMNS, rows_of(answer), right=("passed", "of", "rate"))
    line("")
    pairs(
        [
            ("edge", f"{edge['size']:g} deviations a bar, turning every {edge['bars']} bars"),
            ("", f"yearly Sharpe ratio of one who knows it: {edge['sharpe_ratio']:.1f}"),
            ("bars", f"{', '.join(answer['symbols'])} {answer['timeframe']} of {answer['pack_id']}, permuted"),
            ("seed", answer["random_state"]),
            ("asked", f"noise promising at most {MOST_FALSE:.0%}, the edge at least {LEAST_POWER:.0%}"),
            ("answer", "sound" if answer["sound"] else "NOT SOUND"),
        ]
    )


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Give what shows the cycles done, on stderr."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from mintmark.cli.output import stderr

    columns = (TextColumn("cycles"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr()) as shown:
        task = shown.add_task("cycles", total=None)

        def progress(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        yield progress
