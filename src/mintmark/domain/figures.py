"""How a figure reads on a page, in a report or in a terminal: its label, unit and decimals.

One table for every door, so that the same metric never reads in two ways.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["share", "ratio", "loss", "count", "money", "seconds", "probability", "text"]

DASH = "–"
MINUS = "−"

PHASES = ("designing", "training", "backtesting", "assessing")

CAPS: Mapping[str, str] = {
    "dsr": "the deflated Sharpe ratio is below 0.95 or undefined: the result may be luck among the tries counted",
    "pbo": "the probability of backtest overfitting is 0.5 or more, or undefined",
    "in_sample": "the backtest touches bars the training had seen",
    "limits": "gate limits were set wider than the defaults",
    "gate": "a gate refused",
    "trials_unknown": "the count of tries could not be read",
}


@dataclass(frozen=True)
class Figure:
    """The label of a metric and how its value is written."""

    label: str
    kind: Kind
    signed: bool = False


FIGURES: Mapping[str, Figure] = {
    "accuracy": Figure("Accuracy, test part", "share"),
    "majority_accuracy": Figure("Accuracy of always the commonest class", "share"),
    "shuffled_accuracy": Figure("Accuracy on permuted bars", "share"),
    "directional_accuracy": Figure("Directional accuracy", "share"),
    "validation_accuracy": Figure("Accuracy, validation part", "share"),
    "initial_loss": Figure("Initial loss", "loss"),
    "final_loss": Figure("Final loss", "loss"),
    "loss_decrease": Figure("Loss decrease", "share", signed=True),
    "validation_loss": Figure("Validation loss", "loss"),
    "test_loss": Figure("Test loss", "loss"),
    "prior_loss": Figure("Loss of the class shares alone", "loss"),
    "precision": Figure("Precision", "share"),
    "recall": Figure("Recall", "share"),
    "f1_score": Figure("F1 score", "share"),
    "mae": Figure("Mean absolute error", "loss"),
    "calibration_error": Figure("Calibration error", "share"),
    "rounds_trained": Figure("Rounds trained", "count"),
    "best_round": Figure("Best round", "count"),
    "feature_count": Figure("Features", "count"),
    "training_seconds": Figure("Training time", "seconds"),
    "backtest_seconds": Figure("Backtest time", "seconds"),
    "bars": Figure("Bars", "count"),
    "bars_per_year": Figure("Bars per year", "count"),
    "total_trades": Figure("Trades", "count"),
    "winning_trades": Figure("Winning trades", "count"),
    "losing_trades": Figure("Losing trades", "count"),
    "win_rate": Figure("Win rate", "share"),
    "initial_capital": Figure("Initial capital", "money"),
    "final_equity": Figure("Final equity", "money"),
    "net_profit": Figure("Net profit", "money", signed=True),
    "total_return": Figure("Total return", "share", signed=True),
    "annual_return": Figure("Annual return", "share", signed=True),
    "annual_volatility": Figure("Annual volatility", "share"),
    "sharpe_ratio": Figure("Sharpe ratio, a year", "ratio", signed=True),
    "sharpe_per_bar": Figure("Sharpe ratio, a bar", "probability", signed=True),
    "sortino_ratio": Figure("Sortino ratio", "ratio", signed=True),
    "calmar_ratio": Figure("Calmar ratio", "ratio", signed=True),
    "recovery_factor": Figure("Recovery factor", "ratio", signed=True),
    "omega_ratio": Figure("Omega ratio", "ratio"),
    "ulcer_index": Figure("Ulcer index", "share"),
    "var_95": Figure("Value at risk, 95 %, a bar", "share"),
    "cvar_95": Figure("Expected shortfall, 95 %, a bar", "share"),
    "cvar_99": Figure("Expected shortfall, 99 %, a bar", "share"),
    "skewness": Figure("Skewness", "ratio", signed=True),
    "excess_kurtosis": Figure("Excess kurtosis", "ratio", signed=True),
    "tail_ratio": Figure("Tail ratio", "ratio"),
    "max_drawdown": Figure("Maximum drawdown", "share"),
    "max_drawdown_bars": Figure("Longest drawdown, bars", "count"),
    "profit_factor": Figure("Profit factor", "ratio"),
    "expectancy": Figure("Expectancy, a trade", "money", signed=True),
    "mfe_capture": Figure("Share of best excursions kept", "share", signed=True),
    "average_win": Figure("Average win", "money", signed=True),
    "average_loss": Figure("Average loss", "money", signed=True),
    "largest_win": Figure("Largest win", "money", signed=True),
    "largest_loss": Figure("Largest loss", "money", signed=True),
    "average_holding_bars": Figure("Average holding, bars", "ratio"),
    "exposure": Figure("Exposure", "share"),
    "turnover": Figure("Turnover, times equity", "ratio"),
    "price_profit": Figure("Price profit", "money", signed=True),
    "spread_cost": Figure("Spread", "money"),
    "slippage_cost": Figure("Slippage", "money"),
    "fees": Figure("Fees", "money"),
    "financing_cost": Figure("Financing", "money"),
    "benchmark_return": Figure("Buy and hold return", "share", signed=True),
    "benchmark_sharpe": Figure("Buy and hold Sharpe", "ratio", signed=True),
    "psr": Figure("Probabilistic Sharpe", "probability"),
    "dsr": Figure("Deflated Sharpe", "probability"),
    "dsr_trials": Figure("Tries counted", "count"),
    "profitable_windows": Figure("Profitable windows", "share"),
    "profitable_paths": Figure("Profitable paths", "share"),
    "rank_correlation": Figure("Rank correlation, inside and outside", "ratio"),
    "degradation": Figure("Sharpe ratio kept outside", "share"),
    "pbo": Figure("Probability of overfitting", "probability"),
    "pbo_splits": Figure("Splits", "count"),
    "enter_at": Figure("Enter at", "ratio"),
    "highest_probability": Figure("Highest probability", "share"),
    "probability": Figure("Highest probability", "share"),
    "edge_multiple": Figure("Edge multiple", "ratio"),
}

CHECKS: Mapping[str, tuple[str, str, Kind]] = {
    "accuracy_below_threshold": ("Accuracy, test part", "≥", "share"),
    "directional_accuracy_below_threshold": ("Directional accuracy", ">", "share"),
    "loss_too_high": ("Loss", "≤", "loss"),
    "insufficient_loss_decrease": ("Loss decrease", "≥", "share"),
    "too_few_trades": ("Trades", "≥", "count"),
    "win_rate_too_low": ("Win rate", "≥", "share"),
    "drawdown_too_high": ("Maximum drawdown", "≤", "share"),
    "sharpe_too_low": ("Sharpe ratio", "≥", "ratio"),
    "net_return_negative": ("Total return after costs", "≥", "share"),
}


def label_of(name: str) -> str:
    """Return the label of metric ``name``; an unlisted one reads as its own words."""
    figure = FIGURES.get(name)
    return figure.label if figure else name.replace("_", " ").capitalize()


def written(name: str, value: Any) -> str:
    """Return ``value`` of metric ``name`` as text, a dash when it is null.

    >>> written("max_drawdown", 0.1234), written("sharpe_ratio", -0.8), written("dsr", None)
    ('12.34%', '−0.80', '–')
    """
    figure = FIGURES.get(name)
    if figure is None:
        return plain(value)
    return as_kind(figure.kind, value, signed=figure.signed)


def as_kind(kind: Kind, value: Any, *, signed: bool = False) -> str:
    """Return ``value`` written as its ``kind`` asks; a gain shows its plus when ``signed``.

    >>> as_kind("count", 5031), as_kind("money", {"amount": "-1250.5", "currency": "USD"}), as_kind("seconds", 75)
    ('5,031', '−1,250.50 USD', '1 min 15 s')
    """
    if value is None:
        return DASH
    if kind == "money":
        return money_text(value, signed=signed)
    if kind == "text" or isinstance(value, (bool, str, list, dict)):
        return plain(value)
    if not math.isfinite(value):
        return DASH
    if kind == "seconds":
        return duration_text(value)
    return _minus(_number(kind, float(value), "+" if signed and value > 0 else ""))


def _number(kind: Kind, value: float, sign: str) -> str:
    if kind == "share":
        return f"{sign}{value * 100:,.2f}%"
    places = {"ratio": 2, "loss": 3, "probability": 3}.get(kind, 0)
    return f"{sign}{value:,.{places}f}"


def money_text(value: Any, *, signed: bool = False) -> str:
    """Return an amount with its currency; ``value`` is a Money body or a bare number."""
    if value is None:
        return DASH
    amount, currency = (value.get("amount"), value.get("currency", "")) if isinstance(value, Mapping) else (value, "")
    number = Decimal(str(amount))
    sign = "+" if signed and number > 0 else ""
    return _minus(f"{sign}{number:,.2f} {currency}".rstrip())


def duration_text(seconds: float | None) -> str:
    """Return a length of time in its two largest units.

    >>> duration_text(3.24), duration_text(3725), duration_text(None)
    ('3.2 s', '1 h 2 min', '–')
    """
    if seconds is None:
        return DASH
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def plain(value: Any) -> str:
    """Return any JSON value as short text."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _minus(f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) >= 0.001 or value == 0 else f"{value:.2g}")
    if isinstance(value, int):
        return _minus(f"{value:,}")
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        return money_text(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(item) for item in value)
    # A bar of a day is stamped with its midnight; the day says all of it.
    return str(value).removesuffix("T00:00:00Z")


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def titled(name: str, values: Mapping[str, object]) -> str:
    """Return the name of a strategy with what was set of it.

    >>> titled("sma_cross", {"fast": 10, "slow": 20})
    'sma_cross fast=10 slow=20'
    """
    return " ".join([name, *(f"{key}={value}" for key, value in values.items())])
