"""What research remembers: experiments, their objective, and hypotheses."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mintmark.domain import Refusal

HypothesisStatus = Literal["untested", "validated", "refuted", "inconclusive"]

EXPERIMENT_STATUSES = ("completed", "gate_rejected_training", "gate_rejected_backtest", "failed", "cancelled")
REJECTED = -3.0
PENALTY_PER_FEATURE = 0.02
_VALIDATOR_SAID_NO = frozenset({"strategy_invalid", "strategy_unreadable", "training_data_error"})


@dataclass(frozen=True)
class Experience:
    """What a designer may know of an experiment: nothing computed from the holdout is here.

    ``key`` is the hash of the strategy apart from its name; ``objective`` is None where the
    experiment says nothing about its design (it failed or was cancelled on the way).
    """

    operation_id: str
    symbols: tuple[str, ...]
    timeframe: str
    key: str
    spec: Mapping[str, Any]
    objective: float | None


@dataclass(frozen=True)
class Hypothesis:
    """A claim that another experiment can test: ``change`` maps paths of the spec to values."""

    id: str
    text: str
    origin: str
    change: Mapping[str, Any]
    status: HypothesisStatus = "untested"


def objective(evidence: Mapping[str, Any]) -> float | None:
    """Return what an experiment on the training span is worth to the search.

    Mean minus half the standard deviation (n - 1) of the folds' yearly Sharpe, minus
    0.02 per feature; -3 where the training gate or the validator said no; None
    where there were no folds. A fold without variation counts as 0.

    >>> objective({"fold_sharpes": [1.0, 1.0, 0.0, 0.0], "feature_count": 5})
    0.11132486540518713
    """
    if evidence.get("training_gate_passed") is False or evidence.get("error_code") in _VALIDATOR_SAID_NO:
        return REJECTED
    sharpes = [0.0 if value is None else float(value) for value in evidence.get("fold_sharpes") or []]
    if len(sharpes) < 2:
        return None
    penalty = PENALTY_PER_FEATURE * int(evidence.get("feature_count") or 0)
    return statistics.fmean(sharpes) - statistics.stdev(sharpes) / 2 - penalty


def recall(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Experience], list[Refusal]]:
    """Return the experiences of ``rows`` and a warning for each row that is damaged.

    A row is a mapping of ``operation_id, symbols, timeframe, design_key, spec, training_evidence``;
    one with other shapes in it is skipped, never a reason to stop.
    """
    found, damaged = [], []
    for row in rows:
        experience = _experience(row)
        if isinstance(experience, Refusal):
            damaged.append(experience)
        else:
            found.append(experience)
    return found, damaged


def _experience(row: Mapping[str, Any]) -> Experience | Refusal:
    problem = _problem(row)
    if problem is not None:
        who = row.get("operation_id")
        return Refusal("experiment_damaged", f"the experiment of {who} is skipped: {problem}", details={"id": who})
    return Experience(
        row["operation_id"],
        tuple(row["symbols"]),
        row["timeframe"],
        row["design_key"],
        row["spec"],
        objective(row["training_evidence"]),
    )


def _problem(row: Mapping[str, Any]) -> str | None:
    shapes: Sequence[tuple[str, type]] = (
        ("operation_id", str),
        ("symbols", list),
        ("timeframe", str),
        ("design_key", str),
        ("spec", dict),
        ("training_evidence", dict),
    )
    for name, shape in shapes:
        if not isinstance(row.get(name), shape):
            return f"expected {shape.__name__} in {name}, found {type(row.get(name)).__name__}"
    sharpes = row["training_evidence"].get("fold_sharpes") or []
    if not isinstance(sharpes, list) or not all(_is_figure(value) for value in sharpes):
        return "expected numbers in fold_sharpes"
    if not isinstance(row["training_evidence"].get("feature_count") or 0, int):
        return "expected a whole number in feature_count"
    return None


def _is_figure(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value))


def settled(tested: float | None, origin: float | None) -> HypothesisStatus:
    """Return what an experiment says of the hypothesis it tested, by both objectives.

    >>> settled(0.4, 0.1), settled(-0.2, 0.1), settled(None, 0.1)
    ('validated', 'refuted', 'inconclusive')
    """
    if tested is None or origin is None or tested == origin:
        return "inconclusive"
    return "validated" if tested > origin else "refuted"


def matches(change: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    """Return whether ``spec`` has every value that ``change`` names by path."""
    return bool(change) and all(_at(spec, path) == value for path, value in change.items())


def _at(spec: Mapping[str, Any], path: str) -> Any:
    found: Any = spec
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
