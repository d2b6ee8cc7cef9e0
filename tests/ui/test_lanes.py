"""A lane shows how far a cycle came, in words as well as in colour."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from mintmark.ui.charts import candles, equity
from mintmark.ui.lanes import cycle_name, lane, progress_card, progress_line
from mintmark.ui.parts import age, stamp


def a_cycle(status: str, phase: str, percentage: float = 0.0, **facts: Any) -> dict[str, Any]:
    return {
        "operation_id": "op_agent_research_20260301_101500_9f3a1c2e",
        "status": status,
        "duration_seconds": 10.0,
        "progress": {"percentage": percentage, "current_step": None},
        "metadata": {"parameters": {"phase": phase, "design_op_id": "op", **facts}},
    }


def states(cycle: dict[str, Any]) -> list[str]:
    return re.findall(r'class="phase (\w+)"', lane(cycle))


@pytest.mark.parametrize(
    "cycle, expected",
    [
        (a_cycle("pending", "idle"), ["waiting"] * 4),
        (a_cycle("running", "training", 21.0), ["completed", "running", "waiting", "waiting"]),
        (a_cycle("failed", "backtesting", 45.0, backtest_op_id="op"), ["completed", "completed", "failed", "waiting"]),
        (a_cycle("cancelled", "training", 10.0), ["completed", "cancelled", "waiting", "waiting"]),
        (a_cycle("completed", "assessing", 100.0, backtest_op_id="op"), ["completed"] * 4),
        (a_cycle("running", "training", 21.0, design_op_id=None), ["skipped", "running", "waiting", "waiting"]),
        (a_cycle("completed", "assessing", 100.0), ["completed", "completed", "skipped", "completed"]),
    ],
)
def test_each_phase_has_its_state(cycle: dict[str, Any], expected: list[str]):
    assert states(cycle) == expected


def test_a_running_phase_is_filled_by_its_own_share():
    shown = lane(a_cycle("running", "training", 25.0))

    assert "--done:50.0%" in shown


def test_a_refused_gate_is_named_on_the_lane():
    refusal = {"gate": "training", "reason": "accuracy_below_threshold (40.0% < 45%)"}

    assert "gate refused" in lane(a_cycle("failed", "training", 45.0, gate_rejection=refusal))


def test_time_left_is_told_only_when_enough_is_done():
    assert "about 10.0 s left" in progress_line(a_cycle("running", "training", 50.0))
    assert "left" not in progress_line(a_cycle("running", "designing", 2.0))
    assert progress_line(a_cycle("completed", "assessing", 100.0)) == ""
    assert progress_card(a_cycle("completed", "assessing", 100.0)) == ""
    assert progress_card(a_cycle("running", "training", 50.0)).startswith('<section class="card">')


def test_a_cycle_is_called_by_its_strategy_else_by_its_brief():
    assert cycle_name(a_cycle("running", "training", strategy_name="starting_1", brief="trend")) == "starting_1"
    assert cycle_name(a_cycle("running", "designing", brief="trend")) == "trend"
    assert cycle_name(a_cycle("running", "designing")) == "New strategy"


def test_a_time_of_today_is_short_and_another_is_a_date():
    now = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)

    assert ">14:05 UTC<" in stamp("2026-03-01T14:05:09Z", now)
    assert ">2026-02-28<" in stamp("2026-02-28T14:05:09Z", now)
    assert 'title="2026-02-28 14:05:09 UTC"' in stamp("2026-02-28T14:05:09Z", now)


def test_the_age_of_a_pack_is_in_its_largest_unit():
    now = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)

    assert age("2026-03-03T05:00:00Z", now) == "1 hour old"
    assert age("2026-03-01", now) == "2 days old"
    assert age(None, now) == ""


def some_bars(downsampled: bool, volume: list[float] | None) -> dict[str, Any]:
    columns = {name: [1.0, 2.0] for name in ("open", "high", "low", "close")}
    stamps = ["2018-12-28T00:00:00Z", "2018-12-31T00:00:00Z"]
    return {"stamps": stamps, **columns, "volume": volume, "downsampled": downsampled, "currency": "USD"}


def test_thinned_bars_are_a_line_and_whole_ones_candles():
    assert candles(some_bars(True, [5.0, 6.0]))["series"][0]["type"] == "line"
    assert candles(some_bars(False, [5.0, 6.0]))["series"][0]["type"] == "candlestick"


def test_without_volume_no_volume_is_drawn():
    assert [series["name"] for series in candles(some_bars(False, None))["series"]] == ["Price"]


def test_drawdown_is_drawn_in_percent_below_zero():
    stamps = ["2018-12-28T00:00:00Z", "2018-12-31T00:00:00Z"]
    curve = {"stamps": stamps, "equity": [100.0, 90.0], "benchmark": None, "drawdown": [0.0, -0.1], "currency": "USD"}

    below = equity(curve)["series"][-1]

    assert [point[1] for point in below["data"]] == [0.0, -10.0]
