"""``mintmark train`` and ``mintmark backtest``: one part of a cycle by itself."""

from __future__ import annotations

import typer

from mintmark.cli.options import AsJson, Follow, Pack, Seed, SimulationNames, StrategyName, Values
from mintmark.cli.simulating import Shared, with_shared


def add_to(root: typer.Typer) -> None:
    """Put the commands of this file at the top of the tree."""
    root.command("train", epilog="Example: mintmark train starting_1 --follow")(train)
    root.command("backtest", epilog="Example: mintmark backtest starting_1 --capital 50000 --follow")(backtest)


def train(
    name: StrategyName, pack: Pack = None, seed: Seed = None, follow: Follow = False, as_json: AsJson = False
) -> None:
    """Train a saved strategy on the span before its holdout."""
    from mintmark.app import TrainRequest, answers, read_request
    from mintmark.cli.opened import opened
    from mintmark.cli.starting import started

    request = read_request(TrainRequest, {"strategy": name, "pack_id": pack, "random_state": seed})
    with opened() as app:
        started(app, answers.train(app, request), follow, as_json)


@with_shared
def backtest(
    names: SimulationNames,
    values: Values = None,
    *,
    shared: Shared,
) -> None:
    """Backtest trained strategies, on their holdout unless told otherwise, or the rule sma_cross."""
    from mintmark.app import BacktestRequest, answers

    shared.simulate(names, BacktestRequest, answers.backtest, set=values)
