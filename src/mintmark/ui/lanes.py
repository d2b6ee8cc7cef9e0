"""A cycle as a lane of its four phases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mintmark.domain import PHASES, Html, duration_text, tag

_SPANS = {"designing": (0.0, 5.0), "training": (5.0, 45.0), "backtesting": (45.0, 90.0), "assessing": (90.0, 100.0)}
_NAMES = {"designing": "Design", "training": "Training", "backtesting": "Backtest", "assessing": "Assessment"}
# A named strategy needs no design, and a refused training may be assessed without a backtest.
_CHILDREN = {"designing": "design_op_id", "backtesting": "backtest_op_id"}
_SAID = {"waiting": "", "skipped": "not run", "completed": "", "running": ""}
_SIGNS = {"completed": "✓ ", "failed": "✗ ", "running": "", "waiting": "", "cancelled": "⊘ "}


def stored(cycle: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts a cycle kept while it ran."""
    return (cycle.get("metadata") or {}).get("parameters") or {}


def cycle_name(cycle: Mapping[str, Any]) -> str:
    """Return what a cycle is called: its strategy once it is named, else its brief or its id."""
    facts = stored(cycle)
    return str(facts.get("strategy_name") or facts.get("brief") or "New strategy")


def lane(cycle: Mapping[str, Any]) -> Html:
    """Return the four phases of ``cycle``, each filled as far as it came."""
    phase = stored(cycle).get("phase") or cycle.get("phase") or "idle"
    percentage = float((cycle.get("progress") or {}).get("percentage") or 0.0)
    boxes = [_phase(name, _state(name, phase, cycle), percentage, cycle) for name in PHASES]
    return tag("div", *boxes, kind="lane")


def _state(name: str, phase: str, cycle: Mapping[str, Any]) -> str:
    order = {one: at for at, one in enumerate(PHASES)}
    here, at = order.get(phase, -1), order[name]
    if at < here or cycle["status"] == "completed":
        child = _CHILDREN.get(name)
        return "completed" if child is None or stored(cycle).get(child) else "skipped"
    if at > here:
        return "waiting"
    return "running" if cycle["status"] in ("pending", "running", "resuming") else str(cycle["status"])


def _phase(name: str, state: str, percentage: float, cycle: Mapping[str, Any]) -> Html:
    start, stop = _SPANS[name]
    inside = min(max((percentage - start) / (stop - start), 0.0), 1.0)
    done = {"completed": 100.0, "waiting": 0.0, "skipped": 0.0}.get(state, max(100.0 * inside, 4.0))
    step = (cycle.get("progress") or {}).get("current_step") if state == "running" else None
    refused = state == "failed" and bool(stored(cycle).get("gate_rejection"))
    said = step or ("gate refused" if refused else _SAID.get(state, state))
    label = tag("span", f"{_SIGNS.get(state, '')}{_NAMES[name]}")
    return tag(
        "div",
        label,
        tag("small", said or "\u00a0", title=str(said)),
        kind=f"phase {state}",
        style=f"--done:{done:.1f}%",
    )


def progress_line(one: Mapping[str, Any], *, with_bar: bool = True) -> Html:
    """Return percentage, step and time left of running work; empty for work that has ended."""
    progress = one.get("progress") or {}
    percentage, took = float(progress.get("percentage") or 0.0), one.get("duration_seconds")
    if one["status"] not in ("pending", "running", "resuming"):
        return Html("")
    left = took * (100.0 - percentage) / percentage if took and percentage >= 5.0 else None
    counts = f"{percentage:.1f}%, {duration_text(took)}" + (f", about {duration_text(left)} left" if left else "")
    step = progress.get("current_step") or "waiting"
    said = tag("p", tag("span", counts, **{"data-live": one["operation_id"]}), f" · {step}", kind="quiet")
    return tag("div", bar(percentage), said) if with_bar else said


def progress_card(one: Mapping[str, Any]) -> Html:
    """Return the progress of running work as a card of its own; empty for work that has ended."""
    line = progress_line(one)
    return tag("section", line, kind="card") if line else Html("")


def bar(percentage: float, label: str | None = None) -> Html:
    """Return a bar filled as far as ``percentage`` says."""
    filled = tag("i", style=f"width:{percentage:.1f}%")
    named = {} if label is None else {"aria-label": label}
    return tag("div", filled, kind="bar", role="progressbar", **{"aria-valuenow": f"{percentage:.0f}"}, **named)
