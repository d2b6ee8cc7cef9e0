"""The phases of a cycle as a pure table: what its child's state asks the cycle to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mintmark.domain import GateVerdict
from mintmark.research.gates import Limits, Output, backtest_gate, training_gate

CYCLE = "agent_research"
CHILDREN: Mapping[str, str] = {
    "designing": "agent_design",
    "training": "training",
    "backtesting": "backtesting",
    "assessing": "agent_assessment",
}
CHILD_KEYS: Mapping[str, str] = {
    "designing": "design_op_id",
    "training": "training_op_id",
    "backtesting": "backtest_op_id",
    "assessing": "assessment_op_id",
}
SHARES: Mapping[str, tuple[float, float]] = {
    "designing": (0.0, 5.0),
    "training": (5.0, 45.0),
    "backtesting": (45.0, 90.0),
    "assessing": (90.0, 100.0),
}
_WORDS: Mapping[str, str] = {
    "designing": "Design",
    "training": "Training",
    "backtesting": "Backtest",
    "assessing": "Assessment",
}
_ACTIVE = frozenset({"pending", "running", "resuming"})
_OF_THE_END = ("strategy_name", "model_path", "assessment_path", "report_path", "training_result", "backtest_result")

Move = Literal["wait", "start", "complete", "fail", "cancel"]


@dataclass(frozen=True)
class ChildState:
    """The child of the current phase."""

    operation_id: str
    status: str
    result: Mapping[str, Any]
    error_message: str | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class Step:
    """What the cycle does now. ``stored`` goes into its parameters, whatever the move.

    ``phase`` is that of the child to start. ``code`` and ``message`` say why it ends.
    """

    move: Move
    phase: str | None = None
    stored: Mapping[str, Any] = field(default_factory=dict)
    gate: GateVerdict | None = None
    code: str | None = None
    message: str | None = None

    @property
    def ends(self) -> bool:
        return self.move in ("complete", "fail", "cancel")


def next_step(phase: str, stored: Mapping[str, Any], child: ChildState | None, limits: Limits) -> Step:
    """Return what a cycle in ``phase`` with ``stored`` parameters does about its child."""
    if phase == "idle":
        return Step("start", "training" if stored.get("strategy_name") else "designing")
    if child is None or child.status in _ACTIVE:
        return Step("wait")
    if child.status == "cancelled":
        return Step("cancel", message=f"Child cancelled: {child.operation_id}")
    if child.status == "failed":
        return Step("fail", code="child_failed", message=f"{_WORDS[phase]} failed: {child.error_message}")
    return _AFTER[phase](stored, child.result, limits)


def _designed(_stored: Mapping[str, Any], result: Mapping[str, Any], _limits: Limits) -> Step:
    kept = {name: result.get(name) for name in ("strategy_name", "strategy_path", "strategy_hash", "designer")}
    return Step("start", "training", {**kept, "hypothesis": result.get("hypothesis")})


def _trained(stored: Mapping[str, Any], result: Mapping[str, Any], limits: Limits) -> Step:
    kept = {"training_result": dict(result), "model_path": result.get("model_path")}
    return _gated(stored, kept, training_gate(result, limits), "backtesting")


def _backtested(stored: Mapping[str, Any], result: Mapping[str, Any], limits: Limits) -> Step:
    regression = (stored.get("training_result") or {}).get("output") == "regression"
    output: Output = "regression" if regression else "classification"
    return _gated(stored, {"backtest_result": dict(result)}, backtest_gate(result, limits, output), "assessing")


def _gated(stored: Mapping[str, Any], kept: dict[str, Any], gate: GateVerdict, following: str) -> Step:
    refused = gate.decisive
    if refused is None:
        return Step("start", following, kept, gate)
    kept["gate_rejection"] = {"gate": gate.gate, "code": refused.code, "reason": refused.reason}
    if stored.get("gate_policy") == "assess":
        return Step("start", "assessing", kept, gate)
    message = f"{gate.gate.capitalize()} gate failed: {refused.reason}"
    return Step("fail", None, kept, gate, "gate_refused", message)


def _assessed(_stored: Mapping[str, Any], result: Mapping[str, Any], _limits: Limits) -> Step:
    kept = {"assessment_verdict": result.get("verdict"), "assessment_path": result.get("assessment_path")}
    kept["capped_by"] = result.get("capped_by") or []
    return Step("complete", None, kept)


_AFTER = {"designing": _designed, "training": _trained, "backtesting": _backtested, "assessing": _assessed}


def first_parameters(**given: Any) -> dict[str, Any]:
    """Return the parameters of a new cycle: ``given``, and null for all that is not known yet."""
    names = (
        "phase_started_at", "brief", "gate_policy", "random_state", "pack_id", "designer", *CHILD_KEYS.values(),
        "strategy_name", "strategy_path", "strategy_hash", "training_result", "model_path", "backtest_result",
        "gate_rejection", "assessment_verdict", "assessment_path", "capped_by", "report_path", "hypothesis",
    )  # fmt: skip
    return {"phase": "idle", **dict.fromkeys(names), "tokens": 0, "cost": "0", **given}


def cycle_result(stored: Mapping[str, Any], mark: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a cycle that completed."""
    kept = {name: stored.get(name) for name in _OF_THE_END}
    name = kept.pop("strategy_name")
    return {
        "success": True,
        "strategy_name": name,
        "verdict": stored.get("assessment_verdict"),
        **kept,
        "mark": dict(mark),
    }


def experiment_status(move: Move, stored: Mapping[str, Any]) -> str:
    """Return how an ended cycle is remembered."""
    rejection = stored.get("gate_rejection")
    if rejection:
        return f"gate_rejected_{rejection['gate']}"
    return {"complete": "completed", "fail": "failed", "cancel": "cancelled"}[move]
