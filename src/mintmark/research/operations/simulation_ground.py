"""The ground of a simulation: prepared by the worker, read back in the computing process, told in the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.research.operations.market_file import (
    first_unseen,
    read_market,
    read_model,
    window_of,
    write_market,
    write_model,
)
from mintmark.research.terms import told_terms
from mintmark.strategy import Periods, StrategySpec, periods, read_spec, stamps_between

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.domain import Bars
    from mintmark.research.operations.context import Context
    from mintmark.research.operations.library import Library
    from mintmark.research.redrawing import Decider
    from mintmark.research.walking import Market
    from mintmark.runtime import Run, Task
    from mintmark.strategy import Model

_SLIPPAGE_STREAM = 2


@dataclass(frozen=True)
class Ground:
    """What a simulation runs on; ``spec`` and ``model`` are None for the built-in rule, whose averages are ``values``.

    The window is ``start`` <= stamp < ``stop`` (ns); the market holds the bars before it too, to warm up on.
    """

    market: Market
    spec: StrategySpec | None
    model: Model | None
    start: int
    stop: int
    random_state: int
    values: Mapping[str, int | float | bool]

    def decider(self) -> Decider:
        """Return what decides in the window."""
        from mintmark.research.redrawing import Decider

        return Decider(self.spec, self.model, self.start, self.stop, self.values)

    def slippage(self, number: int) -> np.random.Generator:
        """Return the generator of run ``number``'s slippage."""
        seed = np.random.SeedSequence(self.random_state, spawn_key=(_SLIPPAGE_STREAM, number))
        return np.random.default_rng(seed)


@dataclass(frozen=True)
class Span:
    """The bars of a simulation: ``start`` <= stamp < ``stop`` (ns) is simulated, what lies before warms up.

    ``cut``: the periods of the strategy; None for the built-in rule, whose window by default is all bars.
    """

    bars: Mapping[str, Bars]
    cut: Periods | None
    start: int
    stop: int

    def __len__(self) -> int:
        """How many stamps are simulated, those of all symbols together."""
        return len(stamps_between({symbol: found.stamps for symbol, found in self.bars.items()}, self.start, self.stop))


def span_of(
    pack: Pack, spec: StrategySpec | None, symbols: Sequence[str], timeframe: str, window: Mapping[str, Any]
) -> Span:
    """Return the bars that are simulated: the days of ``window``, else the holdout of ``spec``, else all.

    Raises:
        Refused: ``not_enough_bars`` for fewer than two, ``training_data_error``, and those of the pack.
    """
    bars = {symbol: pack.bars(symbol, timeframe) for symbol in symbols}
    if spec is None:
        return Span(bars, None, *window_of(window, min(int(found.stamps[0]) for found in bars.values()), bars))
    cut = periods(spec, {symbol: found.stamps for symbol, found in bars.items()})
    return Span(bars, cut, *window_of(window, cut.holdout_from, bars))


def prepare_ground(context: Context, library: Library, run: Run) -> dict[str, Any]:
    """Write bars, rates and model into the folder of ``run``; return the inputs ``read_ground`` needs, as JSON.

    Without days in the parameters the window is the strategy's holdout, for the built-in rule all bars.

    Raises:
        Refused: ``not_enough_bars``, ``missing_rate``, ``model_missing`` and those of the pack.
    """
    given = run.parameters
    pack = context.data.open(run.metadata["pack_id"])
    timeframe = run.metadata["timeframes"][0]
    spec = None if given["text"] is None else read_spec(given["text"], pack.facts()).require()
    span = span_of(pack, spec, run.metadata["symbols"], timeframe, given["window"])
    start, stop, cut = span.start, span.stop, span.cut
    note = None if cut is None else write_model(run.folder, library, given["model_path"])
    market = write_market(
        run.folder, pack, span.bars, timeframe, given["initial_capital"], terms=given.get("terms", {}), start=start,
        stop=stop, priced_before=start if cut is None else min(start, cut.holdout_start),
    )  # fmt: skip
    return {
        "text": given["text"],
        "values": given["values"],
        "random_state": given["random_state"],
        "window_start": start,
        "window_stop": stop,
        "out_of_sample": None if cut is None else start >= first_unseen(span.bars, note or {}, cut.embargo_bars),
        "market": market,
        "identity": {
            "strategy": given["strategy_hash"],
            "values": str(given["values"]),
            "model": str(given["model_path"]),
            "pack": pack.sha256,
            "code": context.code_version,
            "random_state": str(given["random_state"]),
            "window": f"{start} {stop}",
            "capital": str(given["initial_capital"]),
            "terms": str(given.get("terms", {})),
        },
    }


def read_ground(task: Task) -> Ground:
    """Return the ground ``prepare_ground`` wrote, in the computing process."""
    return ground_in(task.folder, task.inputs)


def ground_in(folder: Path, given: Mapping[str, Any]) -> Ground:
    """Return the ground in ``folder``; ``given`` is what ``prepare_ground`` returned."""
    market = read_market(folder, given["market"])
    text = given["text"]
    spec = None if text is None else read_spec(text).require()
    model = None if text is None else read_model(folder)
    return Ground(
        market, spec, model, given["window_start"], given["window_stop"], given["random_state"], given["values"]
    )


def told_of(context: Context, pack: Pack, run: Run) -> dict[str, Any]:
    """Return what every result of a simulation says of its strategy, its data and its mark."""
    symbols, terms = list(run.metadata["symbols"]), run.parameters.get("terms", {})
    return {
        "strategy_name": run.parameters["strategy_name"],
        "strategy_hash": run.parameters["strategy_hash"],
        "model_path": run.parameters["model_path"],
        # What was set of the strategy, or of the rule; in a cycle nothing is.
        "parameters": run.parameters.get("values", {}),
        "symbols": symbols,
        "timeframe": run.metadata["timeframes"][0],
        "cost_profile": ", ".join([*sorted({pack.cost_profile(symbol) for symbol in symbols}), *told_terms(terms)]),
        "mark": context.mark(pack, run.operation_id),
    }


def partitions_of(pack: Pack, symbols: list[str]) -> list[str]:
    """Return the hashes of the partitions that hold bars of ``symbols``: what the count of tries knows data by."""
    return [digest for symbol in symbols for digest in sorted(pack.partition_hashes(symbol))]
