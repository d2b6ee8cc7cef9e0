"""A result saved into a folder of somebody's own: whole, and never over an old one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mintmark.app.saving import save_results
from mintmark.domain import Refused

KEPT = {
    "results/op_x/1/equity.parquet": b"equity",
    "results/op_x/1/sheet.html": b"<html>",
    "results/op_x/1/sheet_equity.png": b"png",
}


class _House:
    """What saving asks of a house: one ended operation and the files of its result."""

    def __init__(self, result: dict[str, Any] | None) -> None:
        self.operations = self.research = self
        self._result = result

    def get(self, _operation_id: str) -> dict[str, Any]:
        return {"result_summary": self._result}

    def file(self, path: str) -> bytes:
        return KEPT[path]

    def files(self, folder: str) -> list[str]:
        return [path for path in KEPT if path.startswith(f"{folder}/")]


def a_backtest() -> _House:
    named = {"equity_path": "results/op_x/1/equity.parquet", "sheet_path": "results/op_x/1/sheet.html"}
    return _House({**named, "model_path": "models/m_1", "total_trades": 3})


def test_a_saved_backtest_has_its_sheet_and_its_pictures(tmp_path: Path):
    saved = save_results(a_backtest(), "op_x", tmp_path)  # type: ignore[arg-type]

    place = tmp_path / "op_x"
    assert saved["files"] == ["equity.parquet", "result.json", "sheet.html", "sheet_equity.png"]
    assert sorted(path.name for path in place.iterdir()) == saved["files"]
    assert (place / "sheet.html").read_bytes() == b"<html>"
    assert json.loads((place / "result.json").read_text())["total_trades"] == 3


def test_a_result_is_never_saved_over_another(tmp_path: Path):
    save_results(a_backtest(), "op_x", tmp_path)  # type: ignore[arg-type]
    (tmp_path / "op_x" / "sheet.html").write_text("mine")

    with pytest.raises(Refused) as refused:
        save_results(a_backtest(), "op_x", tmp_path)  # type: ignore[arg-type]

    assert refused.value.code == "already_exists"
    assert (tmp_path / "op_x" / "sheet.html").read_text() == "mine"


def test_an_operation_without_result_has_nothing_to_save(tmp_path: Path):
    with pytest.raises(Refused) as refused:
        save_results(_House(None), "op_x", tmp_path)  # type: ignore[arg-type]

    assert refused.value.code == "not_found"
    assert list(tmp_path.iterdir()) == []
