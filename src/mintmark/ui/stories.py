"""What each part of a cycle's story says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from mintmark.domain import CAPS, DASH, Html, gate_table, plain, tag, words
from mintmark.research import backtest_story, luck_story, training_story, verdict_story
from mintmark.ui.parts import card, facts, figure_tiles, type_name

_TILES = ("sharpe_ratio", "total_return", "benchmark_return", "max_drawdown", "total_trades", "win_rate", "dsr", "pbo")


def lead_part(cycle: Mapping[str, Any]) -> Html:
    """Return the one sentence that says how the cycle ended, nothing while it runs."""
    stored = (cycle.get("metadata") or {}).get("parameters") or {}
    rejection = stored.get("gate_rejection")
    if cycle["status"] == "failed":
        return _said("✗", "no", cycle.get("error_message") or "failed")
    if cycle["status"] == "cancelled":
        why = cycle.get("cancel_reason") or "no reason given"
        return _said("⊘", "quiet", f"Cancelled: {why}. Finished work is kept; resume goes on from here.")
    if rejection:
        return _said("✗", "no", f"The {rejection['gate']} gate refused: {rejection['reason']}")
    return Html("")


def capped_part(result: Mapping[str, Any]) -> Html:
    """Return in one sentence what kept the verdict from being better."""
    capped = result.get("capped_by") or []
    reasons = "; ".join(CAPS.get(cap, words(cap)) for cap in capped)
    return (
        _said("▲", "wait", f"Capped by {', '.join(words(cap) for cap in capped)}: {reasons}.") if capped else Html("")
    )


def _said(sign: str, kind: str, sentence: str) -> Html:
    return tag("p", tag("span", f"{sign} ", kind=kind), sentence, style="font-size:16px")


def tiles_part(result: Mapping[str, Any]) -> Html:
    return figure_tiles(result, _TILES) if result else Html("")


def design_part(held: Mapping[str, Any] | None) -> Html:
    """Return the strategy file beside its features and what the designer was told."""
    if held is None:
        return Html("")
    strategy, cycle, result = held["strategy"], held["cycle"], held["result"]
    rows = [
        ("Brief", cycle.get("brief")),
        ("Designer", cycle.get("designer")),
        ("Not understood", plain(result.get("brief_ignored") or None)),
    ]
    rows += [
        ("Learned from", plain(result.get("parent_experiments") or None)),
        ("Strategy hash", tag("span", cycle.get("strategy_hash") or DASH, kind="id")),
    ]
    told = facts([(name, value) for name, value in rows if value and value != DASH])
    if strategy is None:
        waiting = tag("p", "The design is being made.", kind="quiet") if not cycle.get("strategy_name") else ""
        return card("Design", waiting, told)
    file = strategy.get("yaml") or yaml.safe_dump(strategy["spec"], sort_keys=False, allow_unicode=True)
    right = tag("div", told, _features(cycle.get("training_result") or {}))
    return card("Design", tag("div", tag("div", tag("pre", file), kind="yaml", tabindex="0"), right, kind="grid2"))


def _features(training: Mapping[str, Any]) -> Html:
    names = training.get("feature_names") or []
    chips = [tag("span", name, kind="chip") for name in names]
    return Html(tag("h3", f"Features, {len(names)}") + tag("div", *chips, kind="chips")) if names else Html("")


def training_part(result: Mapping[str, Any]) -> Html:
    return training_story(result) if result else tag("p", "Training has not ended.", kind="quiet")


def gate_part(gate: str, answers: Sequence[Mapping[str, Any]]) -> Html:
    """Return a gate as a row of dials, observed against limit; nothing before it was asked."""
    if not answers:
        return Html("")
    refused = any(not answer["passed"] for answer in answers)
    outcome = tag("span", "✗ refused", kind="no") if refused else tag("span", "✓ passed", kind="yes")
    return tag("section", tag("h2", f"{gate.capitalize()} gate: ", outcome), gate_table(answers), kind="card")


def backtest_part(held: Mapping[str, Any]) -> Html:
    """Return the figures of the holdout run, or why there are none."""
    if held["result"]:
        return backtest_story(held["result"])
    if not held["ended"]:
        return tag("p", "The backtest has not ended.", kind="quiet")
    rejection = held["rejection"] or {}
    why = "the training gate refused before it" if rejection.get("gate") == "training" else "the cycle ended before it"
    return tag("p", f"There is no backtest: {why}.", kind="quiet")


def luck_part(result: Mapping[str, Any]) -> Html:
    told = luck_story(result)
    return card("Evidence against luck", told) if told else Html("")


def verdict_part(result: Mapping[str, Any]) -> Html:
    return card("Verdict", verdict_story(result)) if result else Html("")


def warnings_part(operations: Sequence[Mapping[str, Any]]) -> Html:
    """Return the warnings of a cycle and its children."""
    said = [(type_name(one["operation_type"]), warning) for one in operations for warning in one.get("warnings") or ()]
    rows = [tag("p", tag("span", "▲ ", kind="wait"), f"{words(name)}: {plain(warning)}") for name, warning in said]
    return card("Warnings", *rows) if rows else Html("")
