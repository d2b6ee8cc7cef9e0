"""Bodies of the API in their true shape, for a house without rooms behind it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

PACK = "PP_2018-12-31_SAMPLE_v1"
PACK_HASH = "4be1" * 16
START = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
MARK = {
    "pack_id": PACK,
    "pack_sha256": PACK_HASH,
    "ledger_hash": None,
    "code_version": "0.1.0",
    "operation_id": "op_agent_research_20260301_100000_aaaaaaaa",
    "sources": ["arch sample data"],
    "as_of": "2019-01-01T00:00:00Z",
    "made_at": "2026-03-01T10:00:21Z",
}


def day(number: int) -> str:
    return (datetime(1999, 1, 4, tzinfo=UTC) + timedelta(days=number)).isoformat().replace("+00:00", "Z")


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def an_operation(kind: str, key: str, status: str, **fields: Any) -> dict[str, Any]:
    progress = {"percentage": 100.0 if status == "completed" else 21.0, "current_step": None, "steps_completed": None}
    ended = None if status in ("running", "pending") else stamp(20)
    given = {
        "operation_id": f"op_{kind}_20260301_10{key}00_{key * 4}",
        "operation_type": kind,
        "parent_operation_id": None,
        "status": status,
        "phase": None,
        "child_operation_id": None,
        "created_at": stamp(0),
        "started_at": stamp(1),
        "completed_at": ended,
        "duration_seconds": 19.2,
        "progress": {**progress, "steps_total": None, "items_processed": None, "items_total": None, "context": None},
        "metadata": {"symbols": ["NASDAQ"], "timeframes": ["1d"], "pack_id": PACK, "parameters": {}},
        "error": None,
        "error_message": None,
        "worker_id": "host:1",
        "cancel_reason": None,
        "result_summary": None,
        "warnings": [],
        "starts": 1,
        "takeovers": 0,
        "checkpoint": None,
        "mark": None,
    }
    return {**given, **fields}


def rounds(count: int) -> list[dict[str, Any]]:
    return [
        {
            "round": at,
            "train_loss": 0.693 - 0.3 * (1 - math.exp(-at / 40)),
            "validation_loss": 0.693 - 0.12 * (1 - math.exp(-at / 25)) + at * 0.0003,
            "train_accuracy": 0.5 + 0.28 * (1 - math.exp(-at / 40)),
            "validation_accuracy": 0.5 + 0.14 * (1 - math.exp(-at / 30)),
            "seconds": at * 0.05,
        }
        for at in range(count)
    ]


def a_training_result() -> dict[str, Any]:
    history = {name: [row[name] for row in rounds(120)] for name in rounds(1)[0] if name not in ("round", "seconds")}
    return {
        "model_kind": "gbdt",
        "accuracy": 0.6123,
        "majority_accuracy": 0.58,
        "shuffled_accuracy": 0.71,
        "validation_accuracy": 0.64,
        "initial_loss": 0.693,
        "final_loss": 0.412,
        "loss_decrease": 0.4055,
        "test_loss": 0.655,
        "prior_loss": 0.68,
        "rounds_trained": 120,
        "best_round": 100,
        "feature_count": 6,
        "feature_names": ["1d_rsi_fast_oversold", "1d_rsi_fast_overbought", "1d_adx_adx_zscore", "1d_return_5"],
        "samples": {"train": 2400, "validation": 510, "test": 508, "purged": 41, "warmup": 30},
        "training_start": "1999-01-04",
        "training_end": "2013-12-31",
        "history": history,
        "undefined": {},
    }


def a_backtest_result() -> dict[str, Any]:
    def usd(amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": "USD"}

    folds = [
        {"fold": at, "sharpe_ratio": 0.4 + at / 5, "total_return": 0.05 * at, "total_trades": 9 + at}
        for at in range(1, 5)
    ]
    return {
        "start": "2014-01-20",
        "end": "2018-12-31",
        "out_of_sample": True,
        "bars": 1247,
        "bars_per_year": 252,
        "total_trades": 31,
        "winning_trades": 16,
        "losing_trades": 15,
        "win_rate": 0.5161,
        "initial_capital": usd("100000.00"),
        "final_equity": usd("141200.00"),
        "net_profit": usd("41200.00"),
        "fees": usd("310.20"),
        "total_return": 0.412,
        "annual_return": 0.0723,
        "sharpe_ratio": 1.24,
        "max_drawdown": 0.118,
        "profit_factor": None,
        "benchmark_return": 0.601,
        "benchmark_sharpe": 0.9,
        "psr": 0.97,
        "dsr": 0.71,
        "dsr_trials": 9,
        "pbo": 0.38,
        "pbo_splits": 12870,
        "cost_profile": "index",
        "walk_forward": {"folds": folds, "configurations": []},
        "signals": {"long": 700, "short": 0, "flat": 300, "below_threshold": 247},
        "undefined": {"profit_factor": "no_losses"},
    }


def an_answer(gate: str, position: int, code: str, observed: float, limit: float, passed: bool) -> dict[str, Any]:
    return {
        "gate": gate,
        "position": position,
        "code": code,
        "observed": observed,
        "limit": limit,
        "passed": passed,
        "decisive": not passed,
    }


GATES = [
    an_answer("training", 1, "accuracy_below_threshold", 0.6123, 0.45, True),
    an_answer("training", 2, "loss_too_high", 0.655, 0.8, True),
    an_answer("training", 3, "insufficient_loss_decrease", 0.4055, 0.2, True),
    an_answer("backtest", 1, "too_few_trades", 31, 10, True),
    an_answer("backtest", 2, "win_rate_too_low", 0.5161, 0.45, True),
    an_answer("backtest", 3, "drawdown_too_high", 0.118, 0.4, True),
    an_answer("backtest", 4, "sharpe_too_low", 1.24, -0.5, True),
]
ASSESSMENT = {
    "verdict": "mediocre",
    "capped_by": ["dsr"],
    "assessor": "rubric",
    "strengths": ["Sharpe 1.24 out of sample", "drawdown 11.8%"],
    "weaknesses": ["accuracy 61.2% is not above shuffled_accuracy 71.0%", "dsr 0.71 over 9 tries"],
    "suggestions": ["try a horizon of 10", "drop features below 1% gain"],
}


class House:
    """What the routes answer with."""

    def __init__(self) -> None:
        self.state = "loaded"
        self.round = 60
        self.asked: list[dict[str, Any]] = []
        self.operations: dict[str, dict[str, Any]] = {}
        for one in (*self._done(), *self._refused(), *self._active()):
            self.operations[one["operation_id"]] = one

    def _cycle(self, key: str, status: str, phase: str, **facts: Any) -> dict[str, Any]:
        given = {
            "phase": phase,
            "strategy_hash": "ab" * 32,
            "designer": "algorithm",
            "random_state": 7,
            "design_op_id": "op",
            **facts,
        }
        meta = {"symbols": ["NASDAQ"], "timeframes": ["1d"], "pack_id": PACK, "parameters": given}
        return an_operation("agent_research", key, status, phase=phase, metadata=meta)

    def _child(self, kind: str, key: str, status: str, **fields: Any) -> dict[str, Any]:
        return an_operation(
            kind, key, status, parent_operation_id=f"op_agent_research_20260301_10{key}00_{key * 4}", **fields
        )

    def _done(self) -> list[dict[str, Any]]:
        facts = {
            "strategy_name": "starting_1",
            "assessment_verdict": "mediocre",
            "training_result": a_training_result(),
            "backtest_result": a_backtest_result(),
            "report_path": "strategies/starting_1/report.html",
            "training_op_id": "op_training_20260301_101100_11111111",
            "backtest_op_id": "op_backtesting_20260301_101100_11111111",
        }
        cycle = {**self._cycle("11", "completed", "assessing", **facts), "mark": MARK}
        children = [self._child(kind, "11", "completed") for kind in ("agent_design", "training", "backtesting")]
        children[2]["warnings"] = ["volume of NASDAQ is unknown"]
        return [cycle, *children, self._child("agent_assessment", "11", "completed", result_summary=ASSESSMENT)]

    def _refused(self) -> list[dict[str, Any]]:
        refusal = {
            "gate": "training",
            "code": "accuracy_below_threshold",
            "reason": "accuracy_below_threshold (40.0% < 45%)",
        }
        facts = {
            "strategy_name": "starting_2",
            "gate_rejection": refusal,
            "training_op_id": "op_training_20260301_102200_22222222",
        }
        said = f"Training gate failed: {refusal['reason']}"
        cycle = self._cycle(
            "22", "failed", "training", training_result={**a_training_result(), "accuracy": 0.4}, **facts
        )
        cycle |= {"error": {"code": "gate_refused", "message": said}, "error_message": said}
        return [cycle, self._child("agent_design", "22", "completed"), self._child("training", "22", "completed")]

    def _active(self) -> list[dict[str, Any]]:
        child = "op_training_20260301_103300_33333333"
        cycle = self._cycle("33", "running", "training", strategy_name="trend_rsi_0007", training_op_id=child)
        cycle["progress"] |= {"percentage": 21.0, "current_step": "Training model (round 80/200)"}
        return [cycle, self._child("agent_design", "33", "completed"), self._child("training", "33", "running")]

    def seen(self) -> list[dict[str, Any]]:
        return (
            []
            if self.state == "empty"
            else sorted(self.operations.values(), key=lambda one: one["operation_id"], reverse=True)
        )
