"""A notebook gets frames and pictures of the one engine, and each of its tries is counted."""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sqlalchemy import text

import mintmark
from mintmark.app import open_app
from mintmark.domain import Bars, MintmarkError, Refused, Timeframe
from mintmark.simulation import Account, run_targets

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def home(sealed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with the sample pack."""
    return Path(shutil.copytree(sealed_home, tmp_path_factory.mktemp("notebook") / "home"))


@pytest.fixture
def _own_home(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The house as the one of the settings, and a folder of this test to write into."""
    monkeypatch.setenv("MINTMARK_HOME", str(home))
    monkeypatch.chdir(tmp_path)


def some_prices(days: int = 60, seed: int = 1) -> pl.DataFrame:
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, days)))
    opened = np.append(100.0, close[:-1])
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    times = pl.date_range(date(2020, 1, 1), date.fromordinal(date(2020, 1, 1).toordinal() + days - 1), eager=True)
    return pl.DataFrame({"date": times, "open": opened, "high": high, "low": low, "close": close})


def tried(home: Path, **given: Any) -> mintmark.Backtest:
    asked = {"bars": some_prices(), "targets": [1.0, 0.0] * 30, "symbol": "MINE", "instrument": "equity", **given}
    return mintmark.backtest(asked.pop("bars"), asked.pop("targets"), home=home, **asked)


def count_of(home: Path) -> int:
    app = open_app(home=home)
    with app.database.read() as connection:
        found = connection.execute(text("SELECT count(*) FROM trials")).scalar_one()
    app.close()
    return int(found)


def test_importing_the_package_loads_nothing():
    code = "import mintmark, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert "mintmark" in loaded
    assert not {"numpy", "polars", "numba", "sqlalchemy"} & set(loaded)
    with pytest.raises(AttributeError):
        _ = mintmark.nothing


@pytest.mark.usefixtures("_own_home")
def test_the_example_of_the_docstring_runs():
    (example,) = doctest.DocTestFinder().find(mintmark.backtest, "backtest")

    outcome = doctest.DocTestRunner().run(example)

    assert outcome.attempted == 4
    assert outcome.failed == 0


@pytest.mark.usefixtures("_own_home")
def test_the_examples_of_the_docs_run():
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "notebook.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}

    for block in blocks:
        exec(compile(block, "notebook.md", "exec"), names)

    assert len(blocks) == 4
    assert Path("sp500.html").read_text().startswith("<!doctype html>")
    assert isinstance(names["mine"].trades, pl.DataFrame)


def test_a_symbol_of_a_pack_gives_what_the_engine_gives(home: Path):
    targets = np.tile([0.5, np.nan, -0.5, np.nan], 2_000)

    found = mintmark.backtest("SP500", lambda bars: targets[: len(bars)], home=home)

    app = open_app(home=home)
    pack = app.data.open(app.data.newest(["SP500"], None))
    bars, instrument = pack.bars("SP500"), pack.instrument("SP500")
    wanted = run_targets([bars], targets[: len(bars)], [instrument], bars_per_year=pack.bars_per_year("SP500", "1d"))
    app.close()
    assert found.equity["equity"].to_list() == wanted.equity.tolist()
    assert dict(found.metrics.select("name", "value").head(-3).iter_rows()) == wanted.metrics
    assert found.trades["net_profit"].to_list() == wanted.trades["net_profit"].tolist()
    assert found.mark["pack_sha256"] == pack.sha256


def test_a_frame_bars_and_a_list_a_series_a_function_are_the_same(home: Path):
    frame, weights = some_prices(), [0.5, None] * 30
    stamps = frame["date"].cast(pl.Datetime("ns")).cast(pl.Int64).to_numpy()
    bars = Bars("MINE", Timeframe.D1, stamps, *(frame[name].to_numpy() for name in ("open", "high", "low", "close")))

    runs = [
        tried(home, targets=weights),
        tried(home, targets=pl.Series(weights)),
        tried(home, targets=lambda given: [0.5, None] * (len(given) // 2)),
        tried(home, bars=bars, targets=np.array([0.5, np.nan] * 30)),
    ]

    assert all(run.equity.equals(runs[0].equity) for run in runs)
    assert len({run.evidence["dsr_trials"] for run in runs}) == 1


def test_each_new_try_is_counted_and_the_same_again_is_not(home: Path):
    before = count_of(home)

    first = tried(home, symbol="COUNTED")
    again = tried(home, symbol="COUNTED")
    other = tried(home, symbol="COUNTED", costs={"fee_bps": 50})
    later = tried(home, symbol="COUNTED", bars=some_prices(seed=2))

    assert count_of(home) - before == 3
    assert [run.evidence["dsr_trials"] for run in (first, again, other, later)] == [1, 1, 2, 3]
    assert first.evidence["undefined"]["dsr"] == "too_few_trials"
    assert other.evidence["dsr"] is not None


def test_costs_account_and_protection_reach_the_engine(home: Path):
    account = Account(capital=mintmark.Account().capital * 2)

    free = tried(home, costs={"fee_bps": 0}, account=account)
    stopped = tried(home, protection=mintmark.Protection(stop_loss=0.001))

    assert free.result.metrics["fees"] == 0.0
    assert float(free.result.capital) == 200_000.0
    assert "stop" in stopped.trades["exit_reason"].to_list()
    assert set(free.trades["side"]) == {"long"}


def test_days_cut_the_bars(home: Path):
    found = tried(home, targets=lambda bars: [1.0] * len(bars), start="2020-01-10", end="2020-01-19")

    assert len(found.equity) == 10
    assert str(found.equity["time"][0]) == "2020-01-10 00:00:00+00:00"


def test_a_cell_shows_the_picture_and_the_figures(home: Path):
    html = tried(home)._repr_html_()

    assert html.count("<svg") == 1
    assert "Maximum drawdown" in html
    assert "<style" not in html
    assert repr(tried(home)).startswith("<Backtest targets on MINE: total_return ")


def test_a_sheet_is_never_written_over_another(home: Path, tmp_path: Path):
    place = tried(home).sheet(tmp_path / "new" / "mine.html")
    kept = place.read_text()

    with pytest.raises(Refused) as refused:
        tried(home, targets=[0.0, 1.0] * 30).sheet(place)

    assert refused.value.code == "already_exists"
    assert place.read_text() == kept
    assert "Tear sheet" not in kept
    assert "Mintmark tear sheet" in kept


@pytest.mark.parametrize(
    "given, code",
    [
        ({"symbol": None}, "symbol_required"),
        ({"instrument": None}, "instrument_incomplete"),
        ({"instrument": "bond"}, "invalid_request"),
        ({"bars": some_prices().drop("low")}, "unknown_name"),
        ({"bars": some_prices().drop("date")}, "unknown_name"),
        ({"bars": some_prices().with_columns(pl.lit("x").alias("open"))}, "wrong_type"),
        ({"bars": some_prices().reverse()}, "timeframe_unknown"),
        ({"bars": some_prices().reverse(), "timeframe": "1d"}, "not_monotonic"),
        ({"bars": 7}, "wrong_type"),
        ({"timeframe": "7m"}, "timeframe_unknown"),
        ({"targets": [1.0]}, "bad_value"),
        ({"targets": [2.0] * 60}, "bad_value"),
        ({"targets": ["up"] * 60}, "wrong_type"),
        ({"costs": {"fee": 1}}, "invalid_request"),
        ({"bars": "NOWHERE"}, "no_pack"),
        ({"targets": "no_such_strategy", "bars": None, "instrument": None}, "not_found"),
        ({"targets": "starting_1", "bars": None, "instrument": None}, "model_missing"),
        ({"targets": "starting_1", "bars": None}, "conflicting_fields"),
        ({"values": {"fast": 5}}, "conflicting_fields"),
        ({"targets": "sma_cross", "bars": "NASDAQ", "instrument": None, "values": {"speed": 5}}, "unknown_name"),
        (
            {"targets": "sma_cross", "bars": "NASDAQ", "instrument": None, "values": "fast=9,slow=99999"},
            "not_enough_bars",
        ),
        ({"targets": "sma_cross", "bars": None, "instrument": None, "symbol": None}, "symbol_required"),
        ({"targets": "starting_1", "instrument": None}, "wrong_type"),
    ],
)
def test_what_cannot_be_run_is_refused_and_counts_nothing(home: Path, given: dict[str, Any], code: str):
    before = count_of(home)

    with pytest.raises(MintmarkError) as refused:
        tried(home, **given)

    assert refused.value.code == code
    assert count_of(home) == before
