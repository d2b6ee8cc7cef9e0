"""How long whole cycles take, with real processes on real bars."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from story_cycles import ended, trigger
from story_house import House, opened
from story_samples import WIDE

from figures import Figure, below, seen

ROOT = Path(__file__).resolve().parents[1]
HOURLY = ROOT.parent / "shared" / "data" / "bars" / "EURUSD_1h.parquet"
RUNS = 5
MIB = 1024 * 1024

TWENTY_FEATURES = """\
grammar: 1
name: {name}
universe: {{symbols: [{symbol}], timeframe: {timeframe}}}
indicators:
  rsi_fast: {{type: rsi, period: 7}}
  natr_slow: {{type: natr, period: 20}}
  roc_slow: {{type: roc, period: 20}}
  far: {{type: distance_from_ma, period: 50}}
features:
  - {{indicator: rsi_fast, lags: [0, 1, 2, 3, 4]}}
  - {{indicator: natr_slow, lags: [0, 1, 2, 3, 4]}}
  - {{indicator: roc_slow, lags: [0, 1, 2, 3, 4]}}
  - {{indicator: far, lags: [0, 1, 2, 3, 4]}}
labels: {{kind: zigzag, threshold: {threshold}}}
model: {{kind: gbdt, params: {{rounds: 200}}}}
training: {{patience: 200}}
"""


@contextmanager
def a_worker_at_home() -> Iterator[House]:
    """Give a house with the sample data and one worker, gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        opened(House(Path(folder) / "home", None, WIDE)) as house,
    ):
        house.ask("data", "sample")
        (house.home / "strategies").mkdir(exist_ok=True)
        yield house


def write_strategy(house: House, name: str, symbol: str, timeframe: str, threshold: float) -> None:
    """Put a strategy with twenty columns and 200 rounds into the home."""
    text = TWENTY_FEATURES.format(name=name, symbol=symbol, timeframe=timeframe, threshold=threshold)
    (house.home / "strategies" / f"{name}.yaml").write_text(text)


def cycle_seconds(house: House, strategy: str) -> float:
    """Return the seconds from the trigger's row to the end of one cycle, by the database's clock."""
    cycle = trigger(house, strategy)
    found = ended(house, cycle, 900)
    assert found["status"] == "completed", found["error_message"]
    return float(found["completed_at"]) - float(found["created_at"])


class Peak:
    """The most memory any process tree of a house held while this was open, in MiB."""

    def __init__(self, house: House) -> None:
        self.house, self.most = house, 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            held = [process.memory_info().rss for process in self.house.processes() if process.is_running()]
            self.most = max([self.most, *(one / MIB for one in held)])


def daily(house: House) -> list[Figure]:
    """Measure cycles over 5,031 daily bars."""
    write_strategy(house, "daily_bench", "NASDAQ", "1d", 0.03)
    cycle_seconds(house, "daily_bench")
    taken = [cycle_seconds(house, "daily_bench") for _ in range(RUNS)]
    name = f"cycle, gbdt 200 rounds, 5,031 daily bars, 20 features (of {RUNS})"
    return [below(name, statistics.median(taken), "s", 20)]


def hourly(house: House) -> list[Figure]:
    """Measure one cycle over 74,439 hourly bars, where they are at hand."""
    if not HOURLY.exists():
        return []
    words = ("--symbol", "EURUSD", "--timeframe", "1h", "--asset-class", "fx", "--source", "OANDA")
    house.ask("data", "import", str(HOURLY), *words)
    house.ask("pack", "seal", "--as-of", "2018-12-31", "--policy", "HOURLY")
    write_strategy(house, "hourly_bench", "EURUSD", "1h", 0.01)
    with Peak(house) as peak:
        taken = cycle_seconds(house, "hourly_bench")
    return [
        below("cycle, gbdt 200 rounds, 74,439 hourly bars, 20 features (once)", taken, "s", 120),
        seen("the largest process of that cycle", peak.most, "MiB"),
    ]


def followed() -> Figure:
    """Measure what ``make demo`` runs after the installation."""
    with a_worker_at_home() as house:
        began = time.perf_counter()
        answer = house.run("agent", "trigger", "--follow", "--gate-policy", "assess", "--json", seconds=600)
        assert answer.code == 0, answer.stderr
        return below("trigger --follow --gate-policy assess, to its verdict", time.perf_counter() - began, "s", 60)


def measure() -> list[Figure]:
    """Run the cycles and return their figures."""
    with a_worker_at_home() as house:
        house.worker()
        found = [*daily(house), *hourly(house)]
    return [*found, followed()]
