"""``mintmark.sweep`` and the other simulations: the operations' own code, run here; each try is counted."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

import polars as pl

from mintmark.app import open_app
from mintmark.domain import Bars, CostProfile, Instrument, Refused
from mintmark.notebook.backtesting import Targets, Values
from mintmark.notebook.functions import Function, FunctionDecider, Terms, choice_among, grid_of, terms_of
from mintmark.notebook.ground import account_asked, hashed, refuse_own, refuse_values, symbol_named, values_text
from mintmark.notebook.simulated import CrossValidation, MonteCarlo, Sweep, WalkForward
from mintmark.research import Draw, Simulated, Tries, compute_here, redraw_on, sweep_on, validate_on, walk_on
from mintmark.simulation import Account, PathPlan, Protection, WalkPlan
from mintmark.simulation import sweep as rows_of

Chooses = Callable[..., Any]
"""Given the frame of bars and the parameters by name: one weight a bar, as the targets of ``backtest``."""

Grid = str | Mapping[str, Sequence[int | float | bool]]


class OnWhat(TypedDict, total=False):
    """On what is tried, and on which terms: as for ``backtest``."""

    symbol: str | None
    timeframe: str | None
    pack: str | None
    instrument: Instrument | str | None
    costs: CostProfile | Mapping[str, Any] | None
    account: Account | None
    protection: Protection | None
    bars_per_year: float | None
    start: str | None
    end: str | None
    seed: int | None
    home: Path | None


def sweep(
    bars: pl.DataFrame | Bars | str | None,
    decide: Chooses | str,
    grid: Grid,
    *,
    workers: int | None = None,
    **on: Unpack[OnWhat],
) -> Sweep:
    """Return what every combination of ``grid`` comes to; each is a counted try.

    ``decide``: a function of the frame of bars and the parameters by name; or the name of a trained strategy or of the
    rule ``sma_cross``, run on a pack as ``mintmark sweep`` does. ``grid``: ``"fast=5:30,slow=40|60"`` or values by
    name. ``workers``: threads; a function runs in one unless told. The rest: as for ``backtest``.

    >>> import mintmark, polars as pl
    >>> days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 3, 9), eager=True)
    >>> close = [100.0 + day % 10 for day in range(len(days))]
    >>> prices = pl.DataFrame({"date": days, "open": close, "high": close, "low": close, "close": close})
    >>> def dips(bars, low, high):
    ...     return [1.0 if one <= low else 0.0 if one >= high else None for one in bars["close"]]
    >>> tried = mintmark.sweep(prices, dips, {"low": [101, 102], "high": [107, 108, 109]}, symbol="ACME",
    ...     instrument="equity")
    >>> tried.table.height, tried.result["combinations"], tried.best.select("low", "high").row(0)
    (6, 6, (101, 108))

    Raises:
        Refused: ``unknown_name``, ``grid_too_large``, ``too_many_failures``, and as ``backtest``.
    """
    with _tries(on) as (tries, state):
        if isinstance(decide, str):
            found = tries.simulate(
                "sweeping", {"grid": _text(grid), "workers": workers}, **_named(bars, decide, on, state)
            )
            return Sweep(*_counted(tries, found, _rows(found)))
        given = terms_of(tries, bars, on, state)
        function = Function(decide, given)
        every = grid_of(grid, decide)
        inputs = {"grid": _text(grid), "workers": workers or 1, "identity": {}}
        run = partial(rows_of, every, function.run)
        found = compute_here(
            "sweeping", inputs, given.told(function.name), lambda task: sweep_on(task, given.ground, every, run)
        )
        runs = {function.run_hash(every[number]): sharpe for number, sharpe in _rows(found).items()}
        return Sweep(*_counted_here(tries, given, function, found, runs))


def montecarlo(
    bars: pl.DataFrame | Bars | str | None,
    targets: Targets,
    *,
    method: Literal["trade_shuffle", "block_bootstrap", "path_permutation", "cost_stress"] = "path_permutation",
    runs: int = 1_000,
    metric: str = "sharpe_ratio",
    values: Values | None = None,
    workers: int | None = None,
    **on: Unpack[OnWhat],
) -> MonteCarlo:
    """Return how much of what ``targets`` come to chance would show as well; the real run is a counted try.

    ``targets``: as for ``backtest``. ``path_permutation`` makes signals anew on every path, so it takes a function, or
    the name of a trained strategy or of the rule ``sma_cross``, with ``values`` as for ``backtest``. ``metric``: what
    a permuted path is judged by.

    >>> import mintmark, polars as pl
    >>> days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 3, 9), eager=True)
    >>> close = [100.0 + day % 2 for day in range(len(days))]
    >>> prices = pl.DataFrame({"date": days, "open": close, "high": close, "low": close, "close": close})
    >>> def after_a_rise(bars):
    ...     return (bars["close"].diff() > 0).cast(pl.Float64)
    >>> drawn = mintmark.montecarlo(prices, after_a_rise, runs=100, symbol="ACME", instrument="equity")
    >>> drawn.runs.height, drawn.p_value == 1 / 101
    (100, True)

    Raises:
        Refused: ``bad_value`` for fewer than 100 runs; ``unknown_name``; ``wrong_type`` for fixed targets on permuted
            paths; and as ``backtest``.
    """
    own = asdict(Draw.read({"method": method, "runs": runs, "metric": metric, "workers": workers}))
    with _tries(on) as (tries, state):
        if isinstance(targets, str):
            asked = {**_named(bars, targets, on, state), "set": values_text(values)}
            found = tries.simulate("montecarlo", own, **asked)
            return MonteCarlo(*_counted(tries, found, _trials(found)))
        refuse_values(values)
        if method == "path_permutation" and not callable(targets):
            message = "signals are made anew on every path: hand in a function of the frame of bars"
            raise Refused(message, code="wrong_type", field="targets")
        given = terms_of(tries, bars, on, state)
        function = Function(targets, given)
        decider = FunctionDecider.of(function)
        inputs = {**own, "workers": workers or 1, "identity": {}, "out_of_sample": None}
        found = compute_here(
            "montecarlo", inputs, given.told(function.name), lambda task: redraw_on(task, given.ground, decider)
        )
        tried = {function.run_hash({}): sharpe for sharpe in _trials(found).values()}
        return MonteCarlo(*_counted_here(tries, given, function, found, tried))


def walkforward(
    bars: pl.DataFrame | Bars | str | None,
    decide: Chooses | str,
    grid: Grid,
    *,
    mode: Literal["rolling", "anchored"] = "rolling",
    is_bars: int = 500,
    oos_bars: int = 100,
    purge: int = 0,
    metric: str = "sharpe_ratio",
    workers: int | None = None,
    **on: Unpack[OnWhat],
) -> WalkForward:
    """Return what choosing from ``grid`` on each window and trading the next comes to; each combination is a try.

    ``decide`` and ``grid``: as for ``sweep``. A function is handed the bars before the end of the part it decides
    for, and none after.

    >>> import mintmark, polars as pl
    >>> days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 3, 9), eager=True)
    >>> close = [100.0 + day % 10 for day in range(len(days))]
    >>> prices = pl.DataFrame({"date": days, "open": close, "high": close, "low": close, "close": close})
    >>> def dips(bars, low):
    ...     return [1.0 if one <= low else 0.0 if one >= 109 else None for one in bars["close"]]
    >>> walked = mintmark.walkforward(prices, dips, "low=101:104", is_bars=20, oos_bars=10, symbol="ACME",
    ...     instrument="equity")
    >>> walked.windows.height, walked.result["profitable_windows"]
    (4, 1.0)

    Raises:
        Refused: ``not_enough_bars``; and as ``sweep``.
    """
    plan = WalkPlan(mode, is_bars, oos_bars, purge, metric)
    with _tries(on) as (tries, state):
        if isinstance(decide, str):
            own = {"grid": _text(grid), "plan": asdict(plan), "workers": workers}
            found = tries.simulate("walkforward", own, **_named(bars, decide, on, state))
            return WalkForward(*_counted(tries, found, _trials(found)))
        given = terms_of(tries, bars, on, state)
        function = Function(decide, given)
        every = grid_of(grid, decide)
        choice = choice_among(function, every)
        inputs = {"grid": _text(grid), "plan": asdict(plan), "workers": workers or 1, "identity": {}}
        found = compute_here(
            "walkforward", inputs, given.told(function.name),
            lambda task: walk_on(task, given.ground, plan, choice, len(every)),
        )  # fmt: skip
        walk = hashed(given.run_key, repr(plan), *sorted(function.seen))
        runs = {f"{walk[:32]}_{name}": sharpe for name, sharpe in _trials(found).items()}
        return WalkForward(*_counted_here(tries, given, function, found, runs))


def crossvalidate(
    bars: pl.DataFrame | Bars | str | None,
    decide: Chooses | str,
    grid: Grid,
    *,
    folds: int = 10,
    test_folds: int = 2,
    purge: int = 0,
    embargo: int | None = None,
    metric: str = "sharpe_ratio",
    workers: int | None = None,
    **on: Unpack[OnWhat],
) -> CrossValidation:
    """Return how what is chosen from ``grid`` on most folds lies over the paths that test the others.

    ``decide`` and ``grid``: as for ``walkforward``. Each combination, and the choosing, is a counted try; many paths
    have no one Sharpe ratio to deflate.

    >>> import mintmark, polars as pl
    >>> days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 3, 9), eager=True)
    >>> close = [100.0 + day % 10 for day in range(len(days))]
    >>> prices = pl.DataFrame({"date": days, "open": close, "high": close, "low": close, "close": close})
    >>> def dips(bars, low):
    ...     return [1.0 if one <= low else 0.0 if one >= 109 else None for one in bars["close"]]
    >>> tested = mintmark.crossvalidate(prices, dips, "low=101:104", folds=5, symbol="ACME", instrument="equity")
    >>> tested.paths.height, tested.result["splits"], tested.result["profitable_paths"]
    (4, 10, 1.0)

    Raises:
        Refused: ``not_enough_bars``; and as ``sweep``.
    """
    plan = PathPlan(folds, test_folds, purge, embargo, metric)
    with _tries(on) as (tries, state):
        if isinstance(decide, str):
            own = {"grid": _text(grid), "plan": asdict(plan), "workers": workers}
            found = tries.simulate("crossvalidation", own, **_named(bars, decide, on, state))
            return CrossValidation(*_counted(tries, found, _trials(found)))
        given = terms_of(tries, bars, on, state)
        function = Function(decide, given)
        every = grid_of(grid, decide)
        choice = choice_among(function, every)
        inputs = {"grid": _text(grid), "plan": asdict(plan), "workers": workers or 1, "identity": {}}
        found = compute_here(
            "crossvalidation", inputs, given.told(function.name),
            lambda task: validate_on(task, given.ground, plan, choice, len(every)),
        )  # fmt: skip
        choosing = hashed(given.run_key, repr(plan), *sorted(function.seen))
        runs = {f"{choosing[:32]}_{name}": sharpe for name, sharpe in _trials(found).items()}
        return CrossValidation(*_counted_here(tries, given, function, found, runs))


@contextmanager
def _tries(on: OnWhat) -> Iterator[tuple[Tries, int]]:
    app = open_app(home=on.get("home"))
    try:
        seed = on.get("seed")
        yield Tries(app.research_context), app.settings.research.random_state if seed is None else seed
    finally:
        app.close()


def _named(bars: Any, name: str, on: OnWhat, state: int) -> dict[str, Any]:
    """Return what a strategy or the rule is asked to run on."""
    refuse_own(**{one: on.get(one) for one in ("instrument", "costs", "protection", "bars_per_year")})
    return {
        "strategy": name,
        "pack_id": on.get("pack"),
        "symbol": symbol_named(bars, on.get("symbol")),
        **{one: on.get(one) for one in ("timeframe", "start", "end")},
        **account_asked(on.get("account")),
        "random_state": state,
    }


def _text(grid: Grid) -> str:
    if isinstance(grid, str):
        return grid
    return ",".join(f"{name}={'|'.join(map(str, values))}" for name, values in grid.items())


def _rows(found: Simulated) -> dict[Any, float | None]:
    frame = pl.read_parquet(io.BytesIO(found.tables["sweep"]), columns=["number", "sharpe_per_bar"])
    return dict(frame.iter_rows())


def _trials(found: Simulated) -> dict[Any, float | None]:
    return {trial["run"]: trial["sharpe_per_bar"] for trial in found.told["trials"]}


def _counted(tries: Tries, found: Simulated, runs: Mapping[Any, float | None]) -> tuple[Any, ...]:
    """Count the tries of a strategy or the rule, and return what a result is made of."""
    order = found.order
    assert order is not None
    given = order.parameters
    asked = hashed(*(str(given[one]) for one in sorted(given)))
    told, pack = found.told, order.pack
    # The real run of a Monte Carlo test is the run a backtest of the same would be.
    hashes = {asked if name == "real" else hashed(asked, told.get("grid", ""), str(name)): runs[name] for name in runs}
    partitions = [digest for symbol in order.symbols for digest in sorted(pack.partition_hashes(symbol))]
    evidence = tries.count_all(
        pack.sha256, given["strategy_hash"], hashes, symbols=order.symbols, partitions=partitions,
        moments=_moments(told),
    )  # fmt: skip
    bars = [pack.bars(symbol, order.timeframe) for symbol in order.symbols]
    return {**told, "mark": tries.mark(pack.sha256, pack)}, found.tables, _reasoned(told, evidence), bars


def _counted_here(
    tries: Tries, given: Terms, function: Function, found: Simulated, runs: Mapping[str, float | None]
) -> tuple[Any, ...]:
    evidence = tries.count_all(
        given.data, hashed(function.name), runs, symbols=[given.bars.symbol], partitions=given.partitions,
        moments=_moments(found.told),
    )  # fmt: skip
    return found.told, found.tables, _reasoned(found.told, evidence), [given.bars]


def _reasoned(told: Mapping[str, Any], evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``evidence``, where there are many paths with the reason that none of them is deflated."""
    return {**evidence, "undefined": {"dsr": "several_paths"}} if "distribution" in told else evidence


def _moments(told: Mapping[str, Any]) -> Mapping[str, Any]:
    if "moments" in told:
        moments: Mapping[str, Any] = told["moments"]
        return moments
    if "distribution" in told:
        # Of many paths no one is the best of the tries.
        return {"sharpe_per_bar": None, "skewness": None, "excess_kurtosis": None, "n": told["bars"]}
    real = told["real"]
    names = {"skewness": real.get("skewness"), "excess_kurtosis": real.get("excess_kurtosis")}
    return {"sharpe_per_bar": told["trials"][0]["sharpe_per_bar"], **names, "n": told["bars"]}
