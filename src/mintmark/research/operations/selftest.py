"""The gates fed with cycles nobody asked for: real trainings and backtests of noise and of a planted edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import Bars, Refused, Timeframe
from mintmark.research.assess import Evidence, judge
from mintmark.research.gates import Limits, backtest_gate, training_gate
from mintmark.research.operations.asking import pack_for
from mintmark.research.operations.backtesting import deflated
from mintmark.research.operations.bars_file import before, write_bars
from mintmark.research.operations.market_file import CAPITAL, typical_price, write_market
from mintmark.research.selftest import QUICK, Edge, Kind, Outcome, bars_of, strategy_of, summary
from mintmark.research.space import Ground
from mintmark.runtime import Task
from mintmark.store import write_atomic
from mintmark.strategy import StrategySpec, folds, periods, to_yaml

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.research.operations.context import Context

Progress = Callable[[int, int], None]

_STREAMS: Mapping[Kind, int] = {"noise": 4, "edge": 5}
_MOST_DRAWS = 50


@dataclass(frozen=True)
class Job:
    """One cycle to run: on which bars, and drawn from which numbers."""

    kind: Kind
    number: int
    random_state: int
    edge: Edge
    ground: Ground
    bars: Bars
    market: Mapping[str, Any]
    rates: bytes | None
    work: Path


def selftest(
    pack: Pack,
    symbols: Sequence[str],
    timeframe: str,
    work: Path,
    *,
    cycles: int,
    edges: int,
    size: float,
    turning: int,
    random_state: int,
    workers: int,
    progress: Progress,
) -> dict[str, Any]:
    """Return the rates of every gate and of ``promising`` over ``cycles`` of noise and ``edges`` with the edge.

    The symbols take turns. Each cycle counts its own nine tries only, the fewest a cycle can have: a house that has
    tried more asks for more. The same state gives the same outcomes, with any number of ``workers``.

    Raises:
        Refused: ``training_data_error`` when the bars are too few for any strategy that is drawn.
    """
    edge = Edge(size, turning)
    wanted_cycles: dict[Kind, int] = {"noise": cycles, "edge": edges}
    grounds = [_ground(pack, symbol, timeframe) for symbol in symbols]
    with TemporaryDirectory(dir=work, prefix="selftest-") as folder:
        markets = [_market(pack, ground, Path(folder) / ground.symbols[0]) for ground in grounds]
        jobs = [
            Job(kind, number, random_state, edge, grounds[at], *markets[at], Path(folder))
            for kind, wanted in wanted_cycles.items()
            for number in range(wanted)
            for at in (number % len(grounds),)
        ]
        outcomes = _all(jobs, workers, progress)
    return {
        "pack_id": pack.id,
        "pack_sha256": pack.sha256,
        "symbols": list(symbols),
        "timeframe": timeframe,
        "random_state": random_state,
        "edge": {**asdict(edge), "sharpe_ratio": edge.sharpe(pack.bars_per_year(symbols[0], timeframe))},
        **summary(outcomes),
    }


def series_of(
    context: Context, symbols: Sequence[str], timeframe: str | None, pack_id: str | None
) -> tuple[Pack, list[str], str]:
    """Return the pack, the symbols and the timeframe to test on; by default all tradable series of its coarsest base.

    Raises:
        Refused: ``no_pack``; ``not_found``.
    """
    pack = pack_for(context, pack_id, symbols, timeframe)
    known = {symbol: found for symbol, found in pack.facts().symbols.items() if found.tradable}
    if not set(symbols) <= set(known):
        missing = ", ".join(sorted(set(symbols) - set(known)))
        message = f"{pack.id} holds no tradable {missing}; it holds {', '.join(sorted(known))}"
        raise Refused(message, code="no_pack", symbols=list(symbols))
    bases = [known[symbol].base_timeframe for symbol in symbols or known]
    chosen = Timeframe(timeframe) if timeframe else max(bases, key=lambda frame: frame.seconds)
    fitting = [
        symbol
        for symbol, found in sorted(known.items())
        if chosen == found.base_timeframe or chosen.is_multiple_of(found.base_timeframe)
    ]
    return pack, list(symbols) or fitting, str(chosen)


def run_job(job: Job) -> Outcome:
    """Return what one cycle comes to; a draw whose bars leave a part or class empty is drawn again."""
    for draw in count():
        seed = np.random.SeedSequence(job.random_state, spawn_key=(_STREAMS[job.kind], job.number, draw))
        generator = np.random.default_rng(seed)
        bars = bars_of(job.kind, job.bars, job.edge, generator)
        spec = strategy_of(job.kind, job.ground, generator)
        try:
            with TemporaryDirectory(dir=job.work) as folder:
                training, backtest = _evidence(job, spec, bars, int(seed.generate_state(1)[0]), Path(folder))
        except Refused as refused:
            if refused.code != "training_data_error" or draw + 1 == _MOST_DRAWS:
                raise
            continue
        return _judged(job, spec, training, backtest, draw + 1)
    raise AssertionError("counting has no end")


def _all(jobs: Sequence[Job], workers: int, progress: Progress) -> list[Outcome]:
    progress(0, len(jobs))
    if workers == 1:
        found = []
        for job in jobs:
            found.append(run_job(job))
            progress(len(found), len(jobs))
        return found
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(run_job, job) for job in jobs]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                future.result()
                progress(done, len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in running]


def _ground(pack: Pack, symbol: str, timeframe: str) -> Ground:
    facts = pack.facts().symbols[symbol]
    return Ground((symbol,), timeframe, facts.volume_known, facts.shortable, QUICK)


def _market(pack: Pack, ground: Ground, folder: Path) -> tuple[Bars, dict[str, Any], bytes | None]:
    """Return bars, terms and rates of the symbol; paths keep its stamps, so its rates are theirs."""
    symbol = ground.symbols[0]
    bars = pack.bars(symbol, ground.timeframe)
    folder.mkdir()
    first, stop = int(bars.stamps[0]), int(bars.stamps[-1]) + 1
    terms = write_market(
        folder, pack, {symbol: bars}, ground.timeframe, CAPITAL.as_json(), start=first, stop=stop, priced_before=stop
    )
    rates = folder / "rates.npz"
    return bars, terms, rates.read_bytes() if rates.exists() else None


def _evidence(
    job: Job, spec: StrategySpec, bars: Bars, state: int, folder: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train and backtest as a cycle does, by the same processes' code; return both results."""
    from mintmark.research.operations import backtest_process, training_process

    symbol = job.ground.symbols[0]
    stamps = {symbol: bars.stamps}
    cut = periods(spec, stamps)
    given = {
        "text": to_yaml(spec), "random_state": state, "start": cut.start, "training_end": cut.training_end,
        "holdout_start": cut.holdout_start, "identity": {},
    }  # fmt: skip
    write_atomic(folder / "bars.npz", write_bars({symbol: before(bars, cut.holdout_start)}))
    training = training_process.compute(Task.alone(folder, given))
    write_atomic(folder / "bars.npz", write_bars({symbol: before(bars, cut.stop)}))
    if job.rates is not None:
        write_atomic(folder / "rates.npz", job.rates)
    tested = {
        "kind": "holdout", "values": {}, "window_start": cut.holdout_from, "window_stop": cut.stop,
        "folds": [asdict(fold) for fold in folds(cut, stamps)],
        "market": {**job.market, "typical_prices": {symbol: typical_price(bars, cut.holdout_start)}},
    }  # fmt: skip
    (folder / "checkpoint").unlink(missing_ok=True)
    return training, backtest_process.compute(Task.alone(folder, {**given, **tested}))


def _judged(
    job: Job, spec: StrategySpec, training: Mapping[str, Any], backtest: Mapping[str, Any], draws: int
) -> Outcome:
    limits = Limits()
    tried = [float(trial["sharpe_per_bar"] or 0.0) for trial in backtest["trials"]]
    dsr, _, _ = deflated(tried, backtest["moments"])
    trained = training_gate(training, limits).passed
    tested = backtest_gate(backtest, limits, spec.model.output).passed
    rejection = None if trained and tested else {"gate": "backtest" if trained else "training"}
    found = {**backtest, "dsr": dsr, "out_of_sample": True}
    verdict = judge(Evidence(training, found, rejection, limits)).verdict
    sharpe = backtest["sharpe_ratio"]
    return Outcome(job.kind, job.number, trained, tested, verdict == "promising", sharpe, dsr, draws)
