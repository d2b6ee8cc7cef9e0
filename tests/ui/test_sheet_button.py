"""The page of a backtest leads to its tear sheet, where there is one."""

from __future__ import annotations

from typing import Any

import pytest

from mintmark.ui import operation
from mintmark.ui.parts import report_button

BACKTEST = "op_backtesting_20260301_101500_9f3a1c2e"


@pytest.mark.parametrize("result", [None, {}, {"sheet_path": None}])
def test_a_page_without_a_sheet_has_no_button(result: dict[str, Any] | None):
    assert operation._sheet({"operation_id": BACKTEST, "result_summary": result}) == ""


def test_the_button_opens_the_sheet_the_api_serves():
    held = {"sheet_path": f"results/{BACKTEST}/1/sheet.html"}

    button = operation._sheet({"operation_id": BACKTEST, "result_summary": held})

    assert button == report_button(BACKTEST, "Tear sheet")
    assert f'href="/api/v1/operations/{BACKTEST}/report"' in button
    assert 'target="_blank"' in button
