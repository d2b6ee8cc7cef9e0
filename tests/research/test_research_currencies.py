"""A strategy on a pair that is not quoted in the account's currency, on real bars."""

from datetime import date

import pytest

from mintmark.research.operations.backtesting import Backtesting
from mintmark.research.operations.training import Training

YEN = """
grammar: 1
name: yen_swing
universe: {symbols: [USDJPY], timeframe: 1d}
indicators:
  rsi: {type: rsi}
  mean: {type: distance_from_ma}
features:
  - {indicator: rsi, transform: zscore}
  - {indicator: mean, transform: zscore}
labels: {kind: zigzag, threshold: 0.01}
model: {kind: logistic}
decisions: {enter_at: 0.5, exit_at: 0.5}
risk: {sizing: {method: fixed_fraction, fraction: 1.0}}
"""


def test_profits_in_yen_are_told_in_dollars(bench, shared_data):
    bench.context.data.import_file(
        shared_data / "bars" / "USDJPY_1d.parquet",
        symbol="USDJPY",
        timeframe="1d",
        asset_class="fx",
        source="ejtrader",
        currency="JPY",
    )
    pack_id = bench.context.data.seal(date(2022, 3, 31), "FX")["pack_id"]
    bench.save(YEN, "yen_swing")
    run, result, _ = bench.trained("yen_swing", symbols=["USDJPY"], pack_id=pack_id)
    stored = Training(bench.context).store_files(run, result)
    path = stored["summary"]["model_path"]

    tested, figures, _ = bench.tested(path, "yen_swing", symbols=["USDJPY"], pack_id=pack_id)
    room = Backtesting(bench.context)
    with bench.context.database.write() as connection:
        summary = room.finish(connection, tested, room.store_files(tested, figures))

    assert (tested.folder / "rates.npz").exists()
    assert summary["total_trades"] > 0
    assert summary["net_profit"]["currency"] == "USD"
    # Unconverted, a yen account would gain or lose a hundred times as much as its own capital could.
    assert abs(summary["total_return"]) < 1.0
    assert float(summary["fees"]["amount"]) == pytest.approx(-summary["turnover"] * 100_000 * 0.35e-4, rel=0.25)
