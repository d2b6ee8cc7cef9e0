"""A report tells a cycle's story with what there is, in bytes that depend on nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mintmark.research.report import EquityCurve, ReportInput, equity_picture, render

DAY = 86_400 * 1_000_000_000
CYCLE = "op_agent_research_20260301_101500_9f3a1c2e"
PACK_HASH = "4be1" * 16


def an_operation(kind: str, status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {
        "operation_id": f"op_{kind}_20260301_101500_9f3a1c2e",
        "operation_type": kind,
        "status": status,
        "started_at": "2026-03-01T10:15:00Z",
        "duration_seconds": 3.4,
        "warnings": [],
        "error": None,
        "result_summary": None,
        **fields,
    }


def a_training_result() -> dict[str, Any]:
    return {
        "model_kind": "gbdt",
        "accuracy": 0.6123,
        "majority_accuracy": 0.58,
        "shuffled_accuracy": 0.71,
        "directional_accuracy": None,
        "validation_accuracy": 0.64,
        "initial_loss": 0.693,
        "final_loss": 0.412,
        "loss_decrease": 0.4055,
        "validation_loss": 0.6,
        "test_loss": 0.655,
        "prior_loss": 0.68,
        "rounds_trained": 3,
        "best_round": 2,
        "feature_count": 6,
        "samples": {"train": 2400, "validation": 510, "test": 508, "purged": 41, "warmup": 30},
        "training_start": "1999-01-04",
        "training_end": "2013-12-31",
        "history": {
            "train_loss": [0.693, 0.6, 0.5, 0.412],
            "validation_loss": [0.693, 0.66, 0.61, 0.6],
            "train_accuracy": [0.5, 0.6, 0.66, 0.7],
            "validation_accuracy": [0.5, 0.6, 0.62, 0.64],
        },
        "undefined": {"directional_accuracy": "classification"},
    }


def a_backtest_result() -> dict[str, Any]:
    return {
        "start": "2014-01-20",
        "end": "2018-12-31",
        "out_of_sample": True,
        "bars": 1247,
        "bars_per_year": 252,
        "total_trades": 31,
        "win_rate": 0.5161,
        "sharpe_ratio": 1.24,
        "sharpe_per_bar": 0.078,
        "total_return": 0.412,
        "benchmark_return": 0.601,
        "max_drawdown": 0.118,
        "profit_factor": None,
        "net_profit": {"amount": "41200.00", "currency": "USD"},
        "psr": 0.97,
        "dsr": 0.71,
        "dsr_trials": 9,
        "pbo": 0.38,
        "pbo_splits": 12870,
        "cost_profile": "index",
        "walk_forward": {
            "folds": [{"fold": 1, "sharpe_ratio": 0.8, "total_return": 0.1}],
            "configurations": [{"enter_at": 0.55, "allow_short": False, "sharpe_ratio": -0.31}],
        },
        "signals": {"long": 700, "short": 0, "flat": 300, "below_threshold": 247},
        "undefined": {"profit_factor": "no_losses"},
    }


def an_assessment() -> dict[str, Any]:
    return {
        "verdict": "mediocre",
        "capped_by": ["dsr"],
        "assessor": "rubric",
        "strengths": ["Sharpe 1.24 out of sample", "drawdown 11.8%"],
        "weaknesses": ["accuracy 61.2% is not above shuffled_accuracy 71.0%", "9 tries"],
        "suggestions": ["try a longer <horizon>", "fewer features"],
        "knowledge_overlap": False,
    }


def an_answer(
    gate: str, position: int, code: str, observed: float | None, limit: float, passed: bool
) -> dict[str, Any]:
    reason = f"{code} (observed against limit)"
    answer = {"gate": gate, "position": position, "code": code, "observed": observed, "limit": limit, "reason": reason}
    return {**answer, "passed": passed, "decisive": not passed}


def a_curve(bars: int = 600) -> EquityCurve:
    stamps = np.arange(bars, dtype=np.int64) * DAY + 1_390_176_000_000_000_000
    wave = np.sin(np.arange(bars) / 40.0)
    return EquityCurve(stamps, 100_000.0 * (1.0 + 0.1 * wave), 100_000.0 * (1.0 + np.arange(bars) / 2_000.0))


def a_whole_cycle() -> ReportInput:
    stored = {
        "strategy_name": "starting_1",
        "strategy_hash": "ab" * 32,
        "designer": "algorithm",
        "random_state": 7,
        "training_result": a_training_result(),
        "backtest_result": a_backtest_result(),
        "assessment_verdict": "mediocre",
        "gate_rejection": None,
    }
    return ReportInput(
        cycle=an_operation(
            "agent_research", metadata={"symbols": ["NASDAQ"], "timeframes": ["1d"], "parameters": stored}
        ),
        children=[
            an_operation("agent_design", result_summary={"brief_ignored": ["moon"]}),
            an_operation("training"),
            an_operation("backtesting", warnings=["volume unknown"]),
            an_operation("agent_assessment", result_summary=an_assessment()),
        ],
        gates=[
            an_answer("training", 1, "accuracy_below_threshold", 0.6123, 0.45, True),
            an_answer("training", 2, "loss_too_high", 0.655, 0.8, True),
            an_answer("backtest", 1, "too_few_trades", 31, 10, True),
            an_answer("backtest", 2, "win_rate_too_low", 0.5161, 0.45, True),
        ],
        mark={
            "pack_id": "PP_2018-12-31_SAMPLE_v1",
            "pack_sha256": PACK_HASH,
            "code_version": "0.1.0",
            "sources": ["arch"],
        },
        equity=a_curve(),
        design_yaml="grammar: 1\nname: starting_1\n",
    )


def a_cycle_the_training_gate_ended() -> ReportInput:
    whole = a_whole_cycle()
    refusal = {
        "gate": "training",
        "code": "accuracy_below_threshold",
        "reason": "accuracy_below_threshold (40.0% < 45%)",
    }
    stored = {**whole.stored, "backtest_result": None, "assessment_verdict": None, "gate_rejection": refusal}
    error = {"code": "gate_refused", "message": f"Training gate failed: {refusal['reason']}"}
    return replace(
        whole,
        cycle=an_operation("agent_research", "failed", error=error, metadata={"parameters": stored}),
        children=whole.children[:2],
        gates=[an_answer("training", 1, "accuracy_below_threshold", 0.40, 0.45, False)],
        equity=None,
    )


def readable(html: str) -> str:
    """Return the words of the page, without its tags, style and drawings."""
    bare = re.sub(r"<(style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))


def test_a_report_tells_the_whole_story():
    words = readable(render(a_whole_cycle()))

    for expected in ("starting_1", "mediocre", "1.24", "11.80%", "61.23%", "41,200.00 USD", "31", "0.710", "12,870"):
        assert expected in words
    for section in ("Phases", "Design", "Training", "Backtest", "Evidence against luck", "Verdict", "Warnings", "Mark"):
        assert section in words
    assert "Capped by dsr: the deflated Sharpe ratio is below 0.95" in words
    assert PACK_HASH in words
    assert "op_training_20260301_101500_9f3a1c2e" in words


def test_every_check_is_shown_with_what_was_observed_and_its_limit():
    words = readable(render(a_whole_cycle()))

    assert "Win rate 51.61% ≥ 45.00% ✓ passed" in words
    assert words.count("✓ passed") == 6


def test_a_cycle_ended_by_a_gate_says_that_there_is_no_backtest():
    html = render(a_cycle_the_training_gate_ended())

    words = readable(html)
    assert "Training gate failed: accuracy_below_threshold (40.0% &lt; 45%)" in words
    assert "There is no backtest: the training gate refused before it" in words
    assert "✗ refused" in words
    assert "The cycle ended before an assessment" in words
    assert "Sharpe ratio" not in words
    assert html.count("<svg") == 2


def test_an_undefined_figure_is_a_dash_with_its_reason():
    words = readable(render(a_whole_cycle()))

    assert "Profit factor – (no losses)" in words


def test_a_missing_observation_reads_missing():
    cycle = replace(a_whole_cycle(), gates=[an_answer("backtest", 2, "win_rate_too_low", None, 0.45, False)])

    words = readable(render(cycle))

    assert "Win rate missing ≥ 45.00% ✗ refused" in words


def test_a_report_needs_no_network():
    html = render(a_whole_cycle())

    addresses = set(re.findall(r"https?://[^\s\"'<]+", html)) - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert addresses == set()
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)", html)


def test_words_from_outside_cannot_become_markup():
    html = render(a_whole_cycle())

    assert "longer &lt;horizon&gt;" in html
    assert "<horizon>" not in html


def test_the_same_cycle_gives_the_same_bytes():
    assert render(a_whole_cycle()) == render(a_whole_cycle())
    assert equity_picture(a_curve()) == equity_picture(a_curve())


def test_the_drawings_follow_the_theme_of_the_reader():
    html = render(a_whole_cycle())

    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        assert "var(--accent)" in drawing
        assert not re.search(r"#[0-9a-f]{6}\b", drawing)


def test_the_picture_is_a_png_that_shows_the_curve():
    picture = equity_picture(a_curve())

    assert picture.startswith(b"\x89PNG")
    assert picture != equity_picture(replace(a_curve(), benchmark=None))


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_cycle_that_ended_early_is_reported_with_what_there_is(status: str):
    cycle = ReportInput(
        cycle=an_operation("agent_research", status, cancel_reason="by hand", metadata={"parameters": {}}),
        children=[],
        gates=[],
        mark={},
    )

    words = readable(render(cycle))

    assert "No training ended in this cycle" in words
    assert "The training gate was not asked" not in words
    assert status in words


def test_a_picture_is_drawn_without_the_compiler():
    code = """
import sys
import numpy as np
from mintmark.research.report import EquityCurve, equity_picture
assert equity_picture(EquityCurve(np.arange(9) * 10**15, np.linspace(1.0, 2.0, 9)))
print("numba" in sys.modules)
"""

    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert told.stdout.strip() == "False"
