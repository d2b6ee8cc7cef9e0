"""The rubric and its ceiling: from evidence to a verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mintmark.research.gates import Limits

Verdict = Literal["promising", "mediocre", "poor"]
VERDICTS: tuple[Verdict, ...] = ("poor", "mediocre", "promising")

PROMISING_SHARPE = 1.0
PROMISING_DRAWDOWN = 0.20
PROMISING_TRADES = 30
PROMISING_DSR = 0.95
PROMISING_PBO = 0.5
POOR_DRAWDOWN = 0.30
POOR_TRADES = 20
POOR_GAP = 0.10


@dataclass(frozen=True)
class Evidence:
    """What an assessment looks at. ``backtest`` is None where a gate refused the training."""

    training: Mapping[str, Any]
    backtest: Mapping[str, Any] | None
    gate_rejection: Mapping[str, Any] | None
    limits: Limits

    @property
    def trials_known(self) -> bool:
        """Whether the count of tries behind the deflated Sharpe could be read."""
        undefined = (self.backtest or {}).get("undefined") or {}
        return undefined.get("dsr") != "trials_unknown"


@dataclass(frozen=True)
class Judgement:
    """A verdict, and every condition that holds it down."""

    verdict: Verdict
    capped_by: tuple[str, ...]


def judge(evidence: Evidence) -> Judgement:
    """Return the rubric's verdict under the ceiling."""
    return capped(rubric(evidence), evidence)


def capped(proposed: Verdict, evidence: Evidence) -> Judgement:
    """Return ``proposed``, brought under the ceiling; no assessor gets past this.

    ``capped_by`` lists what the ceiling stands on, also where the proposal was lower.
    """
    reasons = ceiling(evidence)
    highest: Verdict = "poor" if "gate" in reasons else "mediocre" if reasons else "promising"
    lower = VERDICTS.index(proposed) < VERDICTS.index(highest)
    return Judgement(proposed if lower else highest, reasons)


def ceiling(evidence: Evidence) -> tuple[str, ...]:
    """Return why the verdict may not be promising, in the order of the list below."""
    reasons = ["gate"] if evidence.gate_rejection else []
    result = evidence.backtest
    if result is not None:
        dsr, pbo = _number(result, "dsr"), _number(result, "pbo")
        if not evidence.trials_known:
            reasons.append("trials_unknown")
        elif dsr is None or dsr < PROMISING_DSR:
            reasons.append("dsr")
        if pbo is None or pbo >= PROMISING_PBO:
            reasons.append("pbo")
        if result.get("out_of_sample") is not True:
            reasons.append("in_sample")
    if evidence.limits.wider_than_default():
        reasons.append("limits")
    return tuple(reasons)


def rubric(evidence: Evidence) -> Verdict:
    """Return what the figures alone are worth, before the ceiling."""
    if evidence.gate_rejection or evidence.backtest is None or _poor(evidence):
        return "poor"
    result = evidence.backtest
    sharpe, drawdown = _number(result, "sharpe_ratio"), _number(result, "max_drawdown")
    trades = _number(result, "total_trades")
    strong = (
        sharpe is not None
        and sharpe >= PROMISING_SHARPE
        and drawdown is not None
        and drawdown <= PROMISING_DRAWDOWN
        and trades is not None
        and trades >= PROMISING_TRADES
    )
    return "promising" if strong else "mediocre"


def _poor(evidence: Evidence) -> bool:
    result, training = evidence.backtest or {}, evidence.training
    sharpe, drawdown = _number(result, "sharpe_ratio"), _number(result, "max_drawdown")
    trades = _number(result, "total_trades")
    gap, test, prior = overfit_gap(training), _number(training, "test_loss"), _number(training, "prior_loss")
    return (
        sharpe is None
        or sharpe < 0
        or drawdown is None
        or drawdown > POOR_DRAWDOWN
        or trades is None
        or trades < POOR_TRADES
        or (gap is not None and gap > POOR_GAP)
        or (test is not None and prior is not None and test >= prior)
    )


def overfit_gap(training: Mapping[str, Any]) -> float | None:
    """Return how much better the validation part was answered than the test part; None for regression."""
    validation, test = _number(training, "validation_accuracy"), _number(training, "accuracy")
    return None if validation is None or test is None else validation - test


def _number(figures: Mapping[str, Any], name: str) -> float | None:
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
