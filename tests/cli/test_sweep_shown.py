"""What a person sees of a sweep that ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintmark.cli.sweeping import show_sweep

ROW = {
    "fast": 10, "slow": 71, "total_return": 6.5, "sharpe_ratio": 0.58, "max_drawdown": 0.3, "total_trades": 84,
    "win_rate": 0.5, "net_profit": 650_000.0,
}  # fmt: skip
RESULT = {
    "strategy_name": "sma_cross", "symbols": ["NASDAQ"], "timeframe": "1d", "grid": "fast=5:30,slow=40:80",
    "best": [{**ROW, "slow": slow} for slow in range(71, 81)], "combinations": 1_000, "profitable": 937, "failed": 3,
    "dsr": None, "dsr_trials": 1_000, "pbo": 0.301, "undefined": {"dsr": "no_variation"}, "bars": 5_031,
    "start": "1999-01-04T00:00:00Z", "end": "2018-12-31T00:00:00Z", "table_path": "results/x/1/sweep.parquet",
    "mark": {"pack_id": "PP_2018-12-31_SAMPLE_v1"},
}  # fmt: skip


def test_a_sweep_is_told_in_25_lines_with_the_count_of_tries_and_why_a_figure_is_missing(
    capsys: pytest.CaptureFixture[str],
):
    operation = {"operation_id": "op_x", "status": "completed", "duration_seconds": 3.0, "result_summary": RESULT}

    show_sweep(operation, Path("place"))

    told = capsys.readouterr().out
    words = " ".join(told.split())
    assert len(told.splitlines()) <= 25
    assert "combinations 1,000, 937 profitable, 3 failed" in words
    assert "tries counted 1,000" in words
    assert "no dsr no_variation" in words
    assert "10 71 +0.58" in words
    assert "sweep.parquet" in words
