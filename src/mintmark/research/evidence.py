"""What of a cycle's results was made on the training span, and what on the holdout. Never mixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TRAINING = (
    "model_kind", "output", "accuracy", "majority_accuracy", "shuffled_accuracy", "directional_accuracy",
    "validation_accuracy", "initial_loss", "final_loss", "loss_decrease", "validation_loss", "test_loss", "prior_loss",
    "calibration_error", "rounds_trained", "best_round", "feature_count", "samples", "training_start", "training_end",
)  # fmt: skip
_HOLDOUT = (
    "start", "end", "total_trades", "win_rate", "total_return", "annual_return", "sharpe_ratio", "max_drawdown",
    "benchmark_return", "benchmark_sharpe", "psr", "dsr", "dsr_trials", "out_of_sample",
)  # fmt: skip


def training_evidence(stored: Mapping[str, Any], error_code: str | None) -> dict[str, Any]:
    """Return what the training span said: the training's figures and the folds', nothing later.

    ``error_code`` is that of the design or training that failed, else None.
    """
    result = stored.get("training_result") or {}
    folds = ((stored.get("backtest_result") or {}).get("walk_forward") or {}).get("folds") or []
    found: dict[str, Any] = {name: result[name] for name in _TRAINING if name in result}
    if result:
        found["training_gate_passed"] = (stored.get("gate_rejection") or {}).get("gate") != "training"
    if folds:
        found["fold_sharpes"] = [fold.get("sharpe_ratio") for fold in folds]
    if error_code is not None:
        found["error_code"] = error_code
    return found


def holdout_evidence(stored: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the holdout said, None where it was not touched."""
    result = stored.get("backtest_result")
    if not result:
        return None
    found = {name: result[name] for name in _HOLDOUT if name in result}
    return {**found, "gate_rejection": stored.get("gate_rejection"), "verdict": stored.get("assessment_verdict")}
