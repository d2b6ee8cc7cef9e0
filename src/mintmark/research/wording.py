"""What an assessment says: strengths, weaknesses, suggestions and hypotheses, each with its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mintmark.research import assess
from mintmark.research.assess import Evidence

_FEWEST, _MOST = 2, 4


@dataclass(frozen=True)
class Claim:
    """A hypothesis that another design can test: ``change`` maps paths of the spec to values."""

    text: str
    change: Mapping[str, Any]


def strengths(evidence: Evidence) -> list[str]:
    """Return 2 to 4 strengths; where the evidence has fewer, the facts that stand in their favour."""
    return _filled(_strong(evidence), _neutral(evidence))


def weaknesses(evidence: Evidence) -> list[str]:
    """Return 2 to 4 weaknesses; an accuracy that chance reaches too always comes first."""
    return _filled(_weak(evidence), _doubts(evidence))


def suggestions(evidence: Evidence) -> list[str]:
    """Return 2 to 4 suggestions for a person who reads the assessment."""
    return _filled(_advice(evidence), _usual_advice(evidence))


def hypotheses(spec: Mapping[str, Any], training: Mapping[str, Any]) -> list[Claim]:
    """Return up to two claims; they are handed training-span evidence and nothing else."""
    return list(_claims(spec, training))[:2]


def _filled(found: Iterable[str], more: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(found))[:_MOST]
    for sentence in more:
        if len(chosen) >= _FEWEST:
            break
        if sentence not in chosen:
            chosen.append(sentence)
    return chosen


def _strong(evidence: Evidence) -> Iterator[str]:
    training, result = evidence.training, evidence.backtest or {}
    accuracy, majority = _right(training), _of(training, "majority_accuracy")
    if accuracy is not None and majority is not None and accuracy > majority:
        yield f"accuracy {_share(accuracy)} beats always the commonest answer ({_share(majority)})"
    test, prior = _of(training, "test_loss"), _of(training, "prior_loss")
    if test is not None and prior is not None and test < prior:
        yield f"test loss {test:.3f} is below that of knowing nothing ({prior:.3f})"
    sharpe, benchmark = _of(result, "sharpe_ratio"), _of(result, "benchmark_sharpe")
    if sharpe is not None and sharpe >= assess.PROMISING_SHARPE:
        yield f"Sharpe ratio {sharpe:.2f} on the holdout"
    if sharpe is not None and benchmark is not None and sharpe > benchmark:
        yield f"Sharpe ratio {sharpe:.2f} is above buy and hold ({benchmark:.2f})"
    drawdown = _of(result, "max_drawdown")
    if drawdown is not None and drawdown <= assess.PROMISING_DRAWDOWN:
        yield f"maximum drawdown {_share(drawdown)} stays within {_share(assess.PROMISING_DRAWDOWN)}"


def _neutral(evidence: Evidence) -> Iterator[str]:
    training, result = evidence.training, evidence.backtest or {}
    samples = training.get("samples") or {}
    if "train" in samples:
        yield f"{samples['train']} training rows and {samples.get('test', 0)} test rows stand behind the figures"
    if _of(result, "total_trades") is not None:
        yield f"{result['total_trades']} trades were charged every cost of the instruments"
    yield f"{training.get('feature_count', 0)} features keep the model small enough to read"
    yield f"{training.get('rounds_trained', 0)} rounds were trained, the best one kept"


def _weak(evidence: Evidence) -> Iterator[str]:
    training, result = evidence.training, evidence.backtest or {}
    yield from _chance(training)
    if evidence.gate_rejection:
        yield f"the {evidence.gate_rejection['gate']} gate refused: {evidence.gate_rejection['reason']}"
    test, prior = _of(training, "test_loss"), _of(training, "prior_loss")
    if test is not None and prior is not None and test >= prior:
        yield f"test loss {test:.3f} is no better than knowing nothing ({prior:.3f})"
    gap = assess.overfit_gap(training)
    if gap is not None and gap > assess.POOR_GAP:
        yield f"accuracy falls by {_share(gap)} from validation to test"
    yield from _weak_result(result)


def _chance(training: Mapping[str, Any]) -> Iterator[str]:
    accuracy = _right(training)
    for name, what in (("majority_accuracy", "always the commonest answer"), ("shuffled_accuracy", "permuted bars")):
        other = _of(training, name)
        if accuracy is not None and other is not None and accuracy <= other:
            yield f"accuracy {_share(accuracy)} is not above that of {what} ({_share(other)})"


def _weak_result(result: Mapping[str, Any]) -> Iterator[str]:
    checks: tuple[tuple[str, Callable[[float], bool], str], ...] = (
        ("sharpe_ratio", lambda v: v < 0, "Sharpe ratio {:.2f} on the holdout is below zero"),
        ("dsr", lambda v: v < assess.PROMISING_DSR, "deflated Sharpe {:.3f} is below 0.95: it may be luck"),
        ("pbo", lambda v: v >= assess.PROMISING_PBO, "probability of overfitting {:.2f} is 0.5 or more"),
        ("max_drawdown", lambda v: v > assess.PROMISING_DRAWDOWN, "maximum drawdown {:.1%} is above 20%"),
        ("total_trades", lambda v: v < assess.PROMISING_TRADES, "only {:.0f} trades, fewer than 30"),
        ("sharpe_ratio", lambda v: v < assess.PROMISING_SHARPE, "Sharpe ratio {:.2f} is below 1.00"),
    )
    for name, weak, sentence in checks:
        value = _of(result, name)
        if value is not None and weak(value):
            yield sentence.format(value)


def _doubts(evidence: Evidence) -> Iterator[str]:
    training, result = evidence.training, evidence.backtest or {}
    if result:
        sharpe = (result.get("undefined") or {}).get("sharpe_ratio")
        yield f"{result.get('bars', 0)} holdout bars are one sample of one period"
        if sharpe:
            yield f"the Sharpe ratio of {result.get('total_trades', 0)} trades is undefined ({sharpe})"
        yield f"{result.get('dsr_trials') or 0} tries on these data make any result easier to find"
    else:
        yield "0 bars of the holdout were tested: nothing is known of its trading"
    yield f"calibration error {_of(training, 'calibration_error') or 0.0:.3f} on the test part"
    yield f"validation and test hold {_rows(training)} rows in all"


def _advice(evidence: Evidence) -> Iterator[str]:
    training, result = evidence.training, evidence.backtest or {}
    gap, trades = assess.overfit_gap(training), _of(result, "total_trades")
    if gap is not None and gap > 0.05:
        yield f"use fewer than the {training.get('feature_count', 0)} features: validation leads test by {_share(gap)}"
    if trades is not None and trades < assess.PROMISING_TRADES:
        yield f"lower enter_at or shorten the labels' reach: {trades:.0f} trades decide too little"
    drawdown = _of(result, "max_drawdown")
    if drawdown is not None and drawdown > assess.PROMISING_DRAWDOWN:
        yield f"halve the size or add a stop: the drawdown reached {_share(drawdown)}"
    turnover, fees = _of(result, "turnover"), _of(result, "fees")
    if turnover is not None and turnover > 50:
        yield f"trade less: turnover is {turnover:.0f} times the equity, fees {fees or 0:.0f}"
    pbo = _of(result, "pbo")
    if pbo is not None and pbo >= assess.PROMISING_PBO:
        yield f"choose thresholds less finely: probability of overfitting is {pbo:.2f}"


def _usual_advice(evidence: Evidence) -> Iterator[str]:
    training = evidence.training
    yield f"try other labels: the test loss is {_of(training, 'test_loss') or 0.0:.3f}"
    yield f"try another model kind: {training.get('model_kind', 'this one')} stopped at round {_round(training)}"


def _claims(spec: Mapping[str, Any], training: Mapping[str, Any]) -> Iterator[Claim]:
    kind = (spec.get("model") or {}).get("kind")
    gap = assess.overfit_gap(training)
    if gap is not None and gap > 0.05 and kind != "logistic":
        text = f"A logistic model holds better where {kind} lost {_share(gap)} from validation to test"
        yield Claim(text, {"model.kind": "logistic"})
    accuracy, majority = _right(training), _of(training, "majority_accuracy")
    label = (spec.get("labels") or {}).get("kind")
    if accuracy is not None and majority is not None and accuracy <= majority:
        other = "triple_barrier" if label != "triple_barrier" else "zigzag"
        text = f"{other} labels can be told apart where {label} gave {_share(accuracy)} against {_share(majority)}"
        yield Claim(text, {"labels.kind": other})
    if kind == "logistic":
        loss = _of(training, "test_loss") or 0.0
        yield Claim(
            f"Trees find interactions the logistic model missed at test loss {loss:.3f}", {"model.kind": "gbdt"}
        )
    features = training.get("feature_count") or 0
    yield Claim(
        f"Balanced weights help the rarer class of {features} features' labels",
        {"training.sample_weights": "balanced"},
    )


def _right(training: Mapping[str, Any]) -> float | None:
    """Return the share of right answers on the test part: of right directions for a regression."""
    accuracy = _of(training, "accuracy")
    return _of(training, "directional_accuracy") if accuracy is None else accuracy


def _rows(training: Mapping[str, Any]) -> int:
    samples = training.get("samples") or {}
    return int(samples.get("validation", 0)) + int(samples.get("test", 0))


def _round(training: Mapping[str, Any]) -> int:
    return int(training.get("best_round") or 0)


def _of(figures: Mapping[str, Any], name: str) -> float | None:
    value = figures.get(name)
    if isinstance(value, Mapping):
        value = value.get("amount")
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _share(value: float) -> str:
    return f"{value * 100:.1f}%"
