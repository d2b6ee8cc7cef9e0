"""What a person sees of a cross-validation that ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintmark.cli.crossvalidating import show_paths

SPREAD = {"count": 9, "mean": 0.55, "deviation": 0.04, "lowest": 0.48, "median": 0.57, "highest": 0.58}
RESULT = {
    "strategy_name": "sma_cross", "symbols": ["NASDAQ"], "timeframe": "1d", "folds": 10, "test_folds": 2, "purge": 20,
    "embargo": 51, "splits": 45, "path_count": 9, "profitable_paths": 1.0, "combinations": 20, "failed": 0,
    "distribution": {"sharpe_ratio": SPREAD, "total_return": {**SPREAD, "count": 1, "deviation": None}},
    "chosen": [{"parameters": {"fast": 10, "slow": 70}, "splits": 41}, {"parameters": None, "splits": 4}],
    "bars": 5_031, "start": "1999-01-04T00:00:00Z", "end": "2018-12-31T00:00:00Z",
    "paths_path": "results/x/1/paths.parquet", "sheet_path": "results/x/1/sheet.html",
    "mark": {"pack_id": "PP_2018-12-31_SAMPLE_v1"},
}  # fmt: skip


def test_paths_are_told_in_25_lines_with_their_spread_and_what_was_chosen_how_often(
    capsys: pytest.CaptureFixture[str],
):
    operation = {"operation_id": "op_x", "status": "completed", "duration_seconds": 3.0, "result_summary": RESULT}

    show_paths(operation, Path("place"))

    told = capsys.readouterr().out
    words = " ".join(told.split())
    assert len(told.splitlines()) <= 25
    assert "9 of 45 splits, 100% profitable" in words
    assert "Sharpe ratio, a year +0.48 +0.57 +0.58 +0.55 +0.04" in words
    assert "fast=10 slow=70 41 times, nothing 4 times" in words
    assert "paths.parquet" in words
    assert "sheet.html" in words
