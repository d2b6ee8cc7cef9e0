"""The two gates of a cycle: pure judges of a result against limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Literal

from mintmark.domain import GateAnswer, GateVerdict, first_failing

Output = Literal["classification", "regression"]
Unit = Literal["share", "loss", "ratio", "count"]
Relation = Literal[">=", "<=", ">"]

TOLERANCE = 1e-9
_MOST_DECIMALS = 8
_DECIMALS: Mapping[Unit, int] = {"share": 1, "loss": 3, "ratio": 2, "count": 0}
_OPPOSITE: Mapping[Relation, str] = {">=": "<", "<=": ">", ">": "<="}


@dataclass(frozen=True)
class Limits:
    """What the gates ask for. Shares are fractions, drawdown and return too; Sharpe is yearly."""

    min_accuracy: float = 0.45
    max_loss: float = 0.8
    min_loss_decrease: float = 0.20
    min_directional_accuracy: float = 0.50
    min_trades: float = 10
    min_win_rate: float = 0.45
    max_drawdown: float = 0.40
    min_sharpe: float = -0.5
    min_total_return: float = 0.0

    def wider_than_default(self) -> tuple[str, ...]:
        """Return the names of the limits that let more pass than the defaults do."""
        return tuple(field.name for field in fields(self) if self._is_wider(field.name))

    def _is_wider(self, name: str) -> bool:
        ours, usual = getattr(self, name), getattr(_DEFAULTS, name)
        return bool(ours > usual + TOLERANCE if name.startswith("max_") else ours < usual - TOLERANCE)


_DEFAULTS = Limits()


@dataclass(frozen=True)
class _Check:
    code: str
    observed: float | None
    relation: Relation
    limit: float
    unit: Unit


def training_gate(result: Mapping[str, Any], limits: Limits) -> GateVerdict:
    """Return what the training gate says of a training's result; ``output`` chooses the checks.

    >>> training_gate({"accuracy": 0.40, "initial_loss": 1.0, "final_loss": 0.5}, Limits()).decisive.reason
    'accuracy_below_threshold (40.0% < 45%)'
    """
    loss = _Check("loss_too_high", _larger_loss(result), "<=", limits.max_loss, "loss")
    if result.get("output") == "regression":
        directional = _number(result, "directional_accuracy")
        code = "directional_accuracy_below_threshold"
        return _verdict("training", [_Check(code, directional, ">", limits.min_directional_accuracy, "share"), loss])
    accuracy = _number(result, "accuracy")
    return _verdict(
        "training",
        [
            _Check("accuracy_below_threshold", accuracy, ">=", limits.min_accuracy, "share"),
            loss,
            _Check("insufficient_loss_decrease", loss_decrease(result), ">=", limits.min_loss_decrease, "share"),
        ],
    )


def backtest_gate(result: Mapping[str, Any], limits: Limits, output: Output = "classification") -> GateVerdict:
    """Return what the backtest gate says of a backtest's result."""
    trades = _Check("too_few_trades", _number(result, "total_trades"), ">=", limits.min_trades, "count")
    drawdown = _Check("drawdown_too_high", _number(result, "max_drawdown"), "<=", limits.max_drawdown, "share")
    if output == "regression":
        total = _number(result, "total_return")
        net = _Check("net_return_negative", total, ">=", limits.min_total_return, "share")
        return _verdict("backtest", [trades, net, drawdown])
    wins = _Check("win_rate_too_low", _number(result, "win_rate"), ">=", limits.min_win_rate, "share")
    sharpe = _Check("sharpe_too_low", _number(result, "sharpe_ratio"), ">=", limits.min_sharpe, "ratio")
    return _verdict("backtest", [trades, wins, drawdown, sharpe])


def loss_decrease(result: Mapping[str, Any]) -> float | None:
    """Return the share of the initial loss that training took away; None where it is undefined."""
    initial, final = _number(result, "initial_loss"), _number(result, "final_loss")
    if initial is None or final is None or initial <= 0:
        return None
    return (initial - final) / initial


def _larger_loss(result: Mapping[str, Any]) -> float | None:
    final = _number(result, "final_loss")
    if result.get("test_loss") is None:
        return final
    test = _number(result, "test_loss")
    return None if final is None or test is None else max(final, test)


def _number(result: Mapping[str, Any], name: str) -> float | None:
    value = result.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return float(value) if math.isfinite(value) else None


def _verdict(gate: str, checks: list[_Check]) -> GateVerdict:
    answers = [_answer(gate, position, check) for position, check in enumerate(checks, start=1)]
    failing = first_failing(answers)
    return GateVerdict(gate, tuple(replace(answer, decisive=answer is failing) for answer in answers))


def _answer(gate: str, position: int, check: _Check) -> GateAnswer:
    passed = _holds(check)
    word = check.relation if passed else _OPPOSITE[check.relation]
    reason = f"{check.code} ({_shown(check)} {word} {_shown_limit(check)})"
    return GateAnswer(gate, position, check.code, passed, check.observed, check.limit, reason)


def _holds(check: _Check) -> bool:
    if check.observed is None:
        return False
    if check.relation == ">=":
        return check.observed >= check.limit - TOLERANCE
    if check.relation == "<=":
        return check.observed <= check.limit + TOLERANCE
    return check.observed > check.limit + TOLERANCE


def _shown(check: _Check) -> str:
    """Return the observed value with as many decimals as it takes to read differently from the limit."""
    if check.observed is None:
        return "missing"
    value, limit = _scaled(check.observed, check.unit), Decimal(_trimmed(_scaled(check.limit, check.unit)))
    fewest = _DECIMALS[check.unit]
    texts = (_fixed(value, decimals) for decimals in range(fewest, _MOST_DECIMALS + 1))
    chosen = next((text for text in texts if Decimal(text) != limit), _fixed(value, fewest))
    return chosen + _sign(check.unit)


def _shown_limit(check: _Check) -> str:
    return _trimmed(_scaled(check.limit, check.unit)) + _sign(check.unit)


def _scaled(value: float, unit: Unit) -> Decimal:
    return Decimal(repr(float(value))) * (100 if unit == "share" else 1)


def _fixed(value: Decimal, decimals: int) -> str:
    return f"{value:.{decimals}f}"


def _trimmed(value: Decimal) -> str:
    text = _fixed(value, _MOST_DECIMALS)
    return text.rstrip("0").rstrip(".")


def _sign(unit: Unit) -> str:
    return "%" if unit == "share" else ""
