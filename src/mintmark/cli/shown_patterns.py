"""Patterns and their answers, printed for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mintmark.cli.output import line, pairs, table, warn

MOST_ROWS = 20


def show_patterns(body: Mapping[str, Any]) -> None:
    """Print one line a pattern."""
    rows = [(one["id"], one["steps"], ", ".join(one["inputs"]), one["description"]) for one in body["data"]]
    table(("pattern", "steps", "inputs", "what"), rows, right=("steps",))


def show_pattern(body: Mapping[str, Any]) -> None:
    """Print inputs, steps and outputs."""
    found = body["data"]
    plain = ("id", "name", "description", "version", "min_role", "sha256")
    pairs([*((name, found[name]) for name in plain), ("outputs", ", ".join(found["outputs"]))])
    if found["inputs"]:
        line("")
        table(("input", "type", "required", "default"), [_input(name, one) for name, one in found["inputs"].items()])
    line("")
    columns = ("step", "capability", "condition", "on refusal")
    rows = [
        (one["as"], one["capability"], one["condition"] or "-", one["on_refusal"] or "null") for one in found["steps"]
    ]
    table(columns, rows)


def _input(name: str, one: Mapping[str, Any]) -> tuple[Any, ...]:
    default = "-" if one["default"] is None else str(one["default"])
    return name, one["type"], "yes" if one["required"] else "no", default


def show_valid(body: Mapping[str, Any]) -> None:
    """Print how many patterns can run."""
    valid = body["data"]["valid"]
    line(f"{len(valid)} patterns can run: {', '.join(valid)}")


def show_capabilities(body: Mapping[str, Any]) -> None:
    """Print one line a capability."""
    columns = ("capability", "agent", "arguments", "what")
    rows = [(one["capability"], one["agent"], ", ".join(one["arguments"]), one["summary"]) for one in body["data"]]
    table(columns, rows)


def show_answer(body: Mapping[str, Any]) -> None:
    """Print the figures of an answer, what is null and why, and its mark."""
    for name, value in body["result"].items():
        line(name, "bold")
        _show_value(value)
        line("")
    for refused in body["refusals"]:
        warn(f"{refused['step']}: {refused['code']}: {refused['message']}")
    for warned in body["warnings"]:
        warn(f"{warned['code']}: {warned['message']}")
    if body["undefined"]:
        table(("null", "why"), list(body["undefined"].items()))
        line("")
    metadata = body["metadata"]
    told = ("pricing_pack_id", "pack_state", "asof_date", "ledger_commit_hash", "code_version")
    pairs([*((name, metadata[name]) for name in told), ("sources", ", ".join(metadata["sources"]))])
    for attribution in metadata["attributions"]:
        line(attribution)


def _show_value(value: Any) -> None:
    if not isinstance(value, Mapping):
        line("-" if value is None else str(value))
        return
    plain = [(name, text) for name, text in _flat(value)]
    if plain:
        pairs(plain)
    for name, found in value.items():
        if isinstance(found, list) and found and isinstance(found[0], Mapping):
            line("")
            line(name)
            _show_rows(found)


def _show_rows(rows: list[Mapping[str, Any]]) -> None:
    columns = [name for name, value in rows[0].items() if not isinstance(value, list)]
    shown = [[_said(row.get(column)) for column in columns] for row in rows[-MOST_ROWS:]]
    if len(rows) > MOST_ROWS:
        line(f"the last {MOST_ROWS} of {len(rows)}")
    table(columns, shown)


def _flat(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, found in value.items():
        if isinstance(found, Mapping) and set(found) != {"amount", "currency"}:
            yield from _flat(found, f"{path}{name}.")
        elif not isinstance(found, list) or not found or not isinstance(found[0], Mapping):
            yield f"{path}{name}", _said(found)


def _said(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        if set(value) == {"amount", "currency"}:
            return f"{value['amount']} {value['currency']}"
        return ", ".join(f"{name} {_said(found)}" for name, found in value.items())
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value) or "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
