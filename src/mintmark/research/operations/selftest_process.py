"""A test of the gates, in its own process: cycle by cycle, real trainings and backtests, kept as they end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from itertools import count
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import Bars, Refused
from mintmark.research.assess import Evidence, judge
from mintmark.research.deflation import deflated
from mintmark.research.gates import Limits, backtest_gate, training_gate
from mintmark.research.operations.bars_file import before, read_bars, write_bars
from mintmark.research.operations.checkpoints import Continued
from mintmark.research.operations.market_file import typical_price
from mintmark.research.operations.table_file import table_of
from mintmark.research.selftest import QUICK, Edge, Kind, Outcome, bars_of, is_sound, rates_of, strategy_of
from mintmark.research.space import Ground
from mintmark.runtime import Task
from mintmark.store import write_atomic
from mintmark.strategy import StrategySpec, folds, periods, to_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

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

    @property
    def size(self) -> float | None:
        """The size of the edge, None for noise."""
        return None if self.kind == "noise" else self.edge.size


def compute(task: Task) -> dict[str, Any]:
    """Run every cycle that has not ended yet, and return the rate of every answer.

    The same state gives the same outcomes, with any number of ``workers`` and after any stop.

    Raises:
        Refused: ``training_data_error`` when the bars are too few for any strategy that is drawn.
    """
    given, kept = task.inputs, Continued(task)
    done = [Outcome(**one) for one in kept.stage.values.get("outcomes", [])]
    restored, known = len(done), {(one.kind, one.size, one.number) for one in done}
    with TemporaryDirectory(dir=task.folder) as folder:
        jobs = list(_jobs(task.folder, given, Path(folder)))
        left = [job for job in jobs if (job.kind, job.size, job.number) not in known]
        _say(task, len(done), len(jobs))
        for outcome in _outcomes(left, given["workers"]):
            done.append(outcome)
            _say(task, len(done), len(jobs))
            kept.keep(len(done), {"outcomes": [asdict(one) for one in done]}, b"")
    order = {(job.kind, job.size, job.number): at for at, job in enumerate(jobs)}
    done.sort(key=lambda one: order[one.kind, one.size, one.number])
    write_atomic(task.folder / "cycles.parquet", table_of(_columns(done)))
    rates = rates_of(done, given["sizes"])
    years = next(iter(given["series"][0]["market"]["years"].values()))
    planted = [_told(Edge(size, given["turning"]), years) for size in given["sizes"]]
    return {
        "edge": planted[0],
        "planted": planted,
        "rates": rates,
        "sound": is_sound(rates, given["sizes"][0]),
        "cycles_restored": restored,
        "cycles_computed": len(done) - restored,
        "selftest_seconds": round(kept.seconds(), 3),
    }


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


def _say(task: Task, done: int, total: int) -> None:
    step = f"Cycle {min(done + 1, total):,}/{total:,}"
    task.progress(99.0 * done / total, step, items_processed=done, items_total=total)


def _told(edge: Edge, years: int) -> dict[str, Any]:
    return {**asdict(edge), "sharpe_ratio": edge.sharpe(years)}


def _columns(outcomes: Sequence[Outcome]) -> dict[str, list[Any]]:
    rows = [asdict(one) for one in outcomes]
    return {name: [row[name] for row in rows] for name in rows[0]}


def _jobs(folder: Path, given: Mapping[str, Any], work: Path) -> Iterator[Job]:
    """Return all cycles: noise first, then each size of the edge, the series taking turns."""
    series = [_series(folder / one["folder"], one, given["timeframe"]) for one in given["series"]]
    noise = Edge(given["sizes"][0], given["turning"])
    wanted: list[tuple[Kind, int, Edge]] = [("noise", given["cycles"], noise)]
    wanted += [("edge", given["edges"], replace(noise, size=size)) for size in given["sizes"]]
    for kind, cycles, edge in wanted:
        for number in range(cycles):
            yield Job(kind, number, given["random_state"], edge, *series[number % len(series)], work)


def _series(
    folder: Path, given: Mapping[str, Any], timeframe: str
) -> tuple[Ground, Bars, Mapping[str, Any], bytes | None]:
    symbol, rates = given["symbol"], folder / "rates.npz"
    ground = Ground((symbol,), timeframe, given["volume_known"], given["shortable"], QUICK)
    bars = read_bars((folder / "bars.npz").read_bytes())[symbol]
    return ground, bars, given["market"], rates.read_bytes() if rates.exists() else None


def _outcomes(jobs: Sequence[Job], workers: int) -> Iterable[Outcome]:
    """Return what each of ``jobs`` comes to, as it ends."""
    if workers == 1 or len(jobs) < 2:
        yield from map(run_job, jobs)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), context, initializer=_end_with_parent) as pool:
        running = [pool.submit(run_job, job) for job in jobs]
        try:
            for future in as_completed(running):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """End this process at once when the one that started it is gone, however that ended."""
    owner = parent_process()
    assert owner is not None
    join: Callable[[], None] = owner.join

    def wait() -> None:
        join()
        os._exit(1)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


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
    return Outcome(job.kind, job.number, trained, tested, verdict == "promising", sharpe, dsr, draws, job.size)
