"""``mintmark montecarlo``: how much of a strategy's result chance would show as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from mintmark.cli.options import Values, Workers
from mintmark.cli.simulating import Shared, bars_of, origin_of, show_head, with_shared
from mintmark.domain import EXIT_FOLLOWED_FAILED

_CHECK_SEED = 7
_CHECKED = ("what", "found", "p", "asked")
_PAGE = """# The Monte Carlo test, tested

`mintmark montecarlo --self-check` runs the test on itself with bars made for the purpose. An edge is planted, moves
that go on as the one before them did, and a strategy that follows them must be told from its own permuted paths. Then
strategies that enter at random, each on bars of its own without any pattern, are judged the same way: of a sound test
their p-values are uniform. The command leaves 8 where either fails.

{table}

Random p-values by tenths: {deciles}. With seed {seed}: {answer}.

This page is written by `mintmark montecarlo --self-check --page docs/montecarlo.md`.
"""
_SHOWN = ("total_return", "sharpe_ratio", "max_drawdown", "cvar_95")
_STRESSED = ("net_profit", "total_return", "sharpe_ratio", "max_drawdown")


def add_to(root: typer.Typer) -> None:
    """Put the command of this file at the top of the tree."""
    example = "Example: mintmark montecarlo sma_cross --symbol NASDAQ --method path_permutation --runs 1000 --follow"
    root.command("montecarlo", epilog=example)(montecarlo)


@with_shared
def montecarlo(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME...]", help="Trained strategies or the rule sma_cross, one after the other."),
    ] = None,
    method: Annotated[
        str,
        typer.Option(metavar="METHOD", help="trade_shuffle, block_bootstrap, path_permutation or cost_stress."),
    ] = "path_permutation",
    runs: Annotated[int, typer.Option(metavar="N", help="How often the past is redrawn, at least 100.")] = 1_000,
    metric: Annotated[str, typer.Option(metavar="METRIC", help="What a permuted path is judged by.")] = "sharpe_ratio",
    values: Values = None,
    workers: Workers = None,
    self_check: Annotated[
        bool, typer.Option("--self-check", help="Try the test itself: a planted edge and 200 random strategies.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --self-check: write it as a page of the docs, too.")
    ] = None,
    *,
    shared: Shared,
) -> None:
    """Redraw the past of a strategy, and say how much of its result is luck."""
    from mintmark.app import MonteCarloRequest, answers

    if self_check:
        _self_check(shared.seed, page, shared.as_json)
        return
    if not names:
        raise typer.BadParameter("name a strategy or the rule sma_cross, or ask for --self-check")
    drawn = {"method": method, "runs": runs, "metric": metric, "workers": workers, "set": values}
    shared.simulate(names, MonteCarloRequest, answers.montecarlo, **drawn)


def _self_check(seed: int | None, page: Path | None, as_json: bool) -> None:
    """Print what the test says of itself; leave 8 where it fails."""
    from mintmark.app import answers
    from mintmark.cli.output import give
    from mintmark.store import write_atomic

    with _bar() as progress:
        answer = answers.check_montecarlo(_CHECK_SEED if seed is None else seed, progress)
    if page is not None:
        write_atomic(page, page_of(answer["data"]).encode())
    give(answer, as_json, _show_check)
    if not answer["data"]["passed"]:
        raise typer.Exit(EXIT_FOLLOWED_FAILED)


def page_of(found: Mapping[str, Any]) -> str:
    """Return the page of the docs that shows a self-check."""
    lines = [" | ".join(row) for row in (_CHECKED, ["---"] * len(_CHECKED), *_checked(found))]
    return _PAGE.format(
        table="\n".join(f"| {line} |" for line in lines), deciles=_deciles(found), seed=found["random_state"],
        answer=_answer(found),
    )  # fmt: skip


def _checked(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    planted, random = found["planted"], found["random"]
    drawn = f"best of {planted['runs']} permuted paths {planted['best_drawn']:.2f}"
    edge = f"Sharpe ratio {planted['sharpe_ratio']:.2f}, {drawn}"
    uniform = "p-values uniform (Kolmogorov and Smirnov)"
    return [
        ("planted edge", edge, f"{planted['p_value']:.4f}", f"< {planted['below']:g}"),
        (f"{random['strategies']} random strategies", uniform, f"{random['uniform_p']:.4f}", f"> {random['above']:g}"),
    ]


def _deciles(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{share:.1%}" for share in found["random"]["deciles"])


def _answer(found: Mapping[str, Any]) -> str:
    return "passed" if found["passed"] else "FAILED"


def _show_check(answer: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line, pairs, table

    found = answer["data"]
    table(_CHECKED, _checked(found), right=("p",))
    line("")
    pairs([("random p by tenths", _deciles(found)), ("seed", found["random_state"]), ("answer", _answer(found))])


def show_montecarlo(operation: Mapping[str, Any], home: Path) -> None:
    """Show the real figures beside what was drawn, the p-value, and where the table lies."""
    from mintmark.cli.output import line, pairs

    found: Mapping[str, Any] = operation["result_summary"]
    show_head(operation, found["parameters"])
    line("")
    if found["stress"]:
        _show_stress(found)
    else:
        _show_drawn(found)
    undefined = found["undefined"]
    judged = f" of {found['metric']}" if found["metric"] else ""
    pairs(
        [
            ("method", f"{found['method']}, {found['runs']:,} runs, seed {found['random_state']}"),
            *((f"p{judged}", f"{found[name]:.4f}") for name in ("p_value",) if found[name] is not None),
            *(("break-even factor", f"{found[name]:.6f}") for name in ("break_even",) if found[name] is not None),
            *((f"no {name}", undefined[name]) for name in ("p_value", "break_even") if name in undefined),
            bars_of(found),
            *origin_of(operation, "table", home / found["runs_path"]),
        ]
    )


def _show_drawn(found: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line, table
    from mintmark.domain import label_of, written

    heads = ("", "real", "5 %", "25 %", "50 %", "75 %", "95 %")
    rows = [
        (
            label_of(name),
            written(name, found["real"][name]),
            *(written(name, value) for value in found["quantiles"][name]),
        )
        for name in _SHOWN
        if found["quantiles"].get(name)
    ]
    table(heads, rows, right=heads[1:])
    line("")


def _show_stress(found: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line, table
    from mintmark.domain import label_of, written

    heads = ("costs times", *(label_of(name) for name in _STRESSED))
    rows = [
        (f"{row['factor']:g}", *(_amount(name, row[name], written) for name in _STRESSED)) for row in found["stress"]
    ]
    table(heads, rows, right=heads)
    line("")


def _amount(name: str, value: float | None, written: Callable[[str, Any], str]) -> str:
    if name == "net_profit" and value is not None:
        return f"{value:+,.2f}"
    return written(name, value)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Give what shows the random strategies done, on stderr."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from mintmark.cli.output import stderr

    columns = (TextColumn("strategies"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr()) as shown:
        task = shown.add_task("strategies", total=None)

        def progress(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        yield progress
