"""Read a strategy back onto the designer's grid, so that any experiment can teach the sampler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mintmark.research.space import LAGS, OUTPUTS, PRICES, Axis, Choice, Choices, Ground, axes


def encode(spec: Mapping[str, Any], ground: Ground) -> Choices:
    """Return the choices of the grid nearest to ``spec``; what the grid does not hold is left out.

    Numbers go to the nearest value, of two the lower.
    """
    raw = _raw(spec)
    chosen: Choices = {}
    for axis in axes(ground):
        if axis.asked({"main": raw.get("main"), **chosen}) and axis.name in raw:
            value = _nearest(axis, raw[axis.name])
            if value is not _ABSENT:
                chosen[axis.name] = value
    return chosen


_ABSENT: Any = object()
_OF_LABELS = ("threshold", "horizon", "take", "stop", "max_bars", "neutral_band")
_OF_PARAMS = ("c", "rounds", "leaves", "learning_rate", "min_leaf", "l2")


def _nearest(axis: Axis, value: Any) -> Choice:
    if value in axis.values:
        return axis.values[axis.values.index(value)]
    numbers = [v for v in axis.values if isinstance(v, int | float) and not isinstance(v, bool)]
    if not numbers or isinstance(value, bool) or not isinstance(value, int | float):
        absent: Choice = _ABSENT
        return absent
    return min(numbers, key=lambda known: (abs(known - value), known))


def _raw(spec: Mapping[str, Any]) -> dict[str, Any]:
    labels, model = spec.get("labels", {}), spec.get("model", {})
    params, risk = model.get("params") or {}, spec.get("risk", {})
    sizing = risk.get("sizing", {})
    raw = {
        **{name: labels[name] for name in _OF_LABELS if name in labels},
        **{name: params[name] for name in _OF_PARAMS if name in params},
        **spec.get("decisions", {}),
        **{name: risk.get(name) for name in ("stop_loss", "take_profit")},
        "max_holding_bars": risk.get("max_holding_bars", 0),
        "label": labels.get("kind"),
        "model": model.get("kind"),
        "output": model.get("output", "classification"),
        "hidden": ",".join(str(width) for width in params.get("hidden", [])),
        "fraction": sizing.get("fraction") if sizing.get("method", "fixed_fraction") == "fixed_fraction" else None,
        "sample_weights": spec.get("training", {}).get("sample_weights", "none"),
        "context": bool(spec.get("universe", {}).get("context_timeframes")),
        **_of_features(spec),
    }  # fmt: skip
    if "enter_at" in raw and "exit_at" in raw:
        raw["exit_gap"] = round(raw["enter_at"] - raw["exit_at"], 4)
    return raw


def _of_features(spec: Mapping[str, Any]) -> dict[str, Any]:
    read = [feature for feature in spec.get("features", []) if feature.get("indicator") or feature.get("fuzzy_set")]
    prices = tuple(feature["price"] for feature in spec.get("features", []) if feature.get("price"))
    kinds = [kind for kind in (_kind(spec, feature) for feature in read) if kind is not None]
    found: dict[str, Any] = {"prices": next((name for name, held in PRICES.items() if held == prices), "returns")}
    if kinds:
        found["main"] = kinds[0]
        found["second"] = kinds[1] if len(kinds) > 1 else None
        found["transform"] = read[0].get("transform", "none")
        found["lags"] = next((name for name, lags in LAGS.items() if lags == read[0].get("lags", [0])), "one")
        found["period"] = _period(spec, kinds[0])
    return found


def _kind(spec: Mapping[str, Any], feature: Mapping[str, Any]) -> str | None:
    reference = feature.get("indicator")
    if not reference:
        reference = spec.get("fuzzy_sets", {}).get(feature.get("fuzzy_set"), {}).get("indicator", "")
    kind = spec.get("indicators", {}).get(str(reference).split(".")[0], {}).get("type")
    return kind if kind in OUTPUTS else None


def _period(spec: Mapping[str, Any], kind: str) -> Any:
    found: Mapping[str, Any] = next((i for i in spec.get("indicators", {}).values() if i.get("type") == kind), {})
    return found.get("period", found.get("params", {}).get("period", found.get("k", 14)))


def main_indicator(spec: Mapping[str, Any]) -> str:
    """Return the type of the first indicator the features read, or ``price`` where they read none."""
    return str(_of_features(spec).get("main", "price"))
