"""What a training, a backtest and an assessment have to show in a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mintmark.domain import CAPS, Html, listing, metrics, plain, records, tag, words, written
from mintmark.research.report_charts import learning_svg

_LOSSES = ("initial_loss", "final_loss", "loss_decrease", "validation_loss", "test_loss", "prior_loss")
_SKILL = (
    "accuracy",
    "majority_accuracy",
    "shuffled_accuracy",
    "directional_accuracy",
    "validation_accuracy",
    "precision",
    "recall",
    "f1_score",
    "mae",
    "calibration_error",
)
_RETURNS = (
    "total_return",
    "annual_return",
    "annual_volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "max_drawdown",
    "max_drawdown_bars",
    "benchmark_return",
    "benchmark_sharpe",
    "exposure",
    "turnover",
)
_TRADES = (
    "total_trades",
    "winning_trades",
    "losing_trades",
    "win_rate",
    "profit_factor",
    "average_win",
    "average_loss",
    "largest_win",
    "largest_loss",
    "average_holding_bars",
)
_COSTS = (
    "initial_capital",
    "price_profit",
    "spread_cost",
    "slippage_cost",
    "fees",
    "financing_cost",
    "net_profit",
    "final_equity",
)


def training_story(result: Mapping[str, Any]) -> Html:
    """Return the figures of a training: what it learned from, its skill beside chance."""
    samples = result.get("samples") or {}
    shape = ", ".join(f"{words(name)} {plain(count)}" for name, count in samples.items())
    said = (
        f"{words(result.get('model_kind', 'model'))}, "
        f"{written('feature_count', result.get('feature_count'))} features, "
        f"{written('rounds_trained', result.get('rounds_trained'))} rounds, "
        f"{plain(result.get('training_start'))} to {plain(result.get('training_end'))}. Rows: {shape}."
    )
    skill = tag("div", tag("h3", "Skill, beside what chance would get"), metrics(result, _SKILL))
    losses = tag("div", tag("h3", "Loss"), metrics(result, _LOSSES))
    return Html(tag("p", said) + tag("div", skill, losses, kind="pair"))


def learning_curves(result: Mapping[str, Any]) -> Html:
    """Return loss and accuracy over the rounds as drawings, where the history holds them."""
    history, best = result.get("history") or {}, result.get("best_round") or 0
    drawn = ""
    for title, names in (
        ("Loss", ("train_loss", "validation_loss")),
        ("Accuracy", ("train_accuracy", "validation_accuracy")),
    ):
        if all(any(value is not None for value in history.get(name) or ()) for name in names):
            drawn += tag("figure", Html(learning_svg(history, names, title, best)))
    return tag("div", Html(drawn), kind="pair")


def backtest_story(result: Mapping[str, Any]) -> Html:
    """Return the figures of a holdout run: returns, trades and where the money went."""
    place = "out of sample" if result.get("out_of_sample") else "NOT out of sample"
    said = (
        f"{plain(result.get('start'))} to {plain(result.get('end'))}, "
        f"{written('bars', result.get('bars'))} bars, {place}; "
        f"annualised with {written('bars_per_year', result.get('bars_per_year'))} bars a year; "
        f"cost profile {plain(result.get('cost_profile'))}."
    )
    silent = result.get("no_trade_reason")
    note = tag("p", f"No trade was made: {plain(silent)}.", kind="wait") if silent else ""
    parts = [
        tag("div", tag("h3", title), metrics(result, names))
        for title, names in (("Return and risk", _RETURNS), ("Trades", _TRADES), ("From prices to profit", _COSTS))
    ]
    return Html(tag("p", said) + note + tag("div", *parts, _signals(result), kind="pair"))


def _signals(result: Mapping[str, Any]) -> Html:
    signals = result.get("signals")
    if not signals:
        return Html("")
    return tag("div", tag("h3", "What the model said, in bars"), metrics(signals, signals))


def luck_story(result: Mapping[str, Any]) -> Html:
    """Return what speaks for skill and against luck: walk-forward, overfitting, deflated Sharpe."""
    if not result:
        return Html("")
    said = (
        f"Deflated Sharpe {written('dsr', result.get('dsr'))} over "
        f"{written('dsr_trials', result.get('dsr_trials'))} tries counted on this data; "
        f"probability of backtest overfitting {written('pbo', result.get('pbo'))} "
        f"from {written('pbo_splits', result.get('pbo_splits'))} splits."
    )
    walk = result.get("walk_forward") or {}
    parts = [tag("p", said), metrics(result, ("psr", "dsr", "dsr_trials", "pbo", "pbo_splits", "sharpe_per_bar"))]
    for key, title in (
        ("folds", "Walk-forward folds, inside the training span"),
        ("configurations", "Configurations tried on the folds"),
    ):
        if walk.get(key):
            parts += [tag("h3", title), records(walk[key])]
    return Html("".join(parts))


def verdict_story(result: Mapping[str, Any]) -> Html:
    """Return the verdict with what capped it and the reasons given."""
    word = result["verdict"]
    parts = [tag("p", tag("span", word, kind=f"badge {word}"), f" by {plain(result.get('assessor'))}")]
    capped = result.get("capped_by") or []
    if capped:
        parts += [tag("h3", "Capped by"), listing(f"{words(cap)}: {CAPS.get(cap, cap)}" for cap in capped)]
    for key in ("strengths", "weaknesses", "suggestions", "hypotheses"):
        if result.get(key):
            parts += [tag("h3", key.capitalize()), listing(_sentence(item) for item in result[key])]
    if result.get("knowledge_overlap"):
        note = "The holdout starts before the model's stated knowledge cut-off: it may have read about these years."
        parts.append(tag("p", note, kind="wait"))
    return Html("".join(parts))


def _sentence(item: Any) -> str:
    return str(item.get("text", plain(item))) if isinstance(item, Mapping) else plain(item)
