"""A person brings hourly bars of their own, and follows a cycle on them to its verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from story_house import House, opened

SERIES = {"EURUSD": ("fx", "oanda", 74_439), "BTCUSDT": ("crypto", "binance", 45_024)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """A home whose pack holds both series, brought in by the command line."""
    folder = tmp_path_factory.mktemp("hours") / "home"
    with opened(House(folder)) as house:
        for symbol, (asset_class, source, _) in SERIES.items():
            file = str(shared_data / "bars" / f"{symbol}_1h.parquet")
            names = ["--symbol", symbol, "--timeframe", "1h", "--asset-class", asset_class, "--source", source]
            house.ask("data", "import", file, *names)
        house.ask("pack", "seal", "--as-of", "2022-10-11", "--policy", "HOURS")
    return folder


def quality(house: House, symbol: str) -> dict[str, Any]:
    found: dict[str, Any] = house.ask("data", "quality", symbol, "1h")
    return found.get("data", found)


def test_the_quality_of_hourly_bars_reads_as_their_source_says(home: Path):
    with opened(House(home)) as house:
        euro, coin = quality(house, "EURUSD"), quality(house, "BTCUSDT")

    names = ("rows", "gaps_total", "gaps_under_30h", "missing_bars_under_30h", "longest_gap_hours", "flat_bars")
    assert [euro[name] for name in names] == [74_439, 641, 12, 205, 152, 1]
    assert [coin[name] for name in names] == [45_024, 27, 26, 94, 34, 3]
    assert euro["zero_volume"] == 74_439
    assert coin["zero_volume"] == 3
    assert euro["max_abs_log_return_at"] == "2009-03-18T18:00:00Z"
    assert coin["max_abs_log_return_at"] == "2020-03-12T10:00:00Z"


@pytest.mark.long
@pytest.mark.parametrize("symbol", SERIES)
def test_a_cycle_on_real_hours_is_assessed_whether_the_gates_pass_it_or_not(home: Path, symbol: str):
    with opened(House(home)) as house:
        options = ("--symbols", symbol, "--timeframe", "1h", "--gate-policy", "assess", "--follow", "--json")
        answer = house.run("agent", "trigger", *options, seconds=600)

        operation = answer.body.get("data", answer.body)
        children = house.ask("operations", "list", "--limit", "50")["data"]

    assert answer.code == 0, answer.stderr[-2000:]
    assert operation["result_summary"]["verdict"] in ("promising", "mediocre", "poor")
    assert operation["metadata"]["parameters"]["training_result"]["symbols"] == [symbol]
    assert operation["metadata"]["parameters"]["training_result"]["timeframes"] == ["1h"]
    types = {child["operation_type"] for child in children if child["parent_operation_id"] == operation["operation_id"]}
    assert {"agent_design", "training", "agent_assessment"} <= types
    assert (home / operation["result_summary"]["report_path"]).read_text().startswith("<!doctype html>")
