"""What came of an operation that ended, for a person who watched it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintmark.cli.crossvalidating import show_paths
from mintmark.cli.gates import show_selftest
from mintmark.cli.montecarlo import show_montecarlo
from mintmark.cli.output import line, pairs, table
from mintmark.cli.shown import show_gates
from mintmark.cli.sweeping import show_sweep
from mintmark.cli.walking import show_walk
from mintmark.domain import CAPS, duration_text, label_of, titled, written

if TYPE_CHECKING:
    from mintmark.app import App

Body = Mapping[str, Any]

_STYLES = {"promising": "bold green", "mediocre": "bold yellow", "poor": "bold red"}
_BACKTEST = ("sharpe_ratio", "win_rate", "max_drawdown", "total_trades", "total_return")
_ONE = {"strengths": "strength", "weaknesses": "weakness"}
_CHANCE = ("dsr", "dsr_trials", "pbo")
_TRAINING = ("accuracy", "majority_accuracy", "directional_accuracy", "initial_loss", "final_loss", "test_loss")


def show_end(app: App, operation: Body) -> None:
    """Show the verdict or the reason, the figures, the gates and where the report lies."""
    line("")
    if operation["operation_type"] == "agent_research":
        _show_cycle(app, operation)
    elif operation["operation_type"] == "sweeping" and operation["result_summary"]:
        show_sweep(operation, app.home)
    elif operation["operation_type"] == "walkforward" and operation["result_summary"]:
        show_walk(operation, app.home)
    elif operation["operation_type"] == "crossvalidation" and operation["result_summary"]:
        show_paths(operation, app.home)
    elif operation["operation_type"] == "selftest" and operation["result_summary"]:
        show_selftest(operation, app.home)
    elif operation["operation_type"] == "montecarlo" and operation["result_summary"]:
        show_montecarlo(operation, app.home)
    else:
        _show_part(operation, app.home)
    line("")


def _show_cycle(app: App, operation: Body) -> None:
    from mintmark.app import answers

    found = operation["metadata"].get("parameters", {})
    verdict = found.get("assessment_verdict")
    line(
        f"{found.get('strategy_name') or 'no strategy'}  {_headline(operation, verdict)}", _STYLES.get(verdict, "bold")
    )
    line("")
    backtest, training = found.get("backtest_result"), found.get("training_result")
    if backtest:
        _show_figures(backtest, _BACKTEST)
    elif training:
        _show_figures(training, _TRAINING)
    gates = answers.gates(app, operation["operation_id"])["data"]
    if gates:
        show_gates(gates)
        line("")
    rows: list[tuple[str, Any]] = []
    refused = found.get("gate_rejection")
    if refused:
        rows.append(("gate", f"{refused['gate']} refused: {refused['reason']}"))
    rows += [(label_of(name).lower(), written(name, backtest.get(name))) for name in _CHANCE if backtest]
    rows += _assessment(app, found.get("assessment_op_id"))
    rows += _places(found, ("report_path", "model_path", "assessment_path"), app.home)
    pairs(rows + _trail(operation, found.get("pack_id")))


def _assessment(app: App, operation_id: str | None) -> list[tuple[str, Any]]:
    """Return what capped the verdict, and what the assessor saw."""
    from mintmark.app import answers

    result = answers.operation(app, operation_id)["data"]["result_summary"] if operation_id else None
    if not result:
        return []
    rows: list[tuple[str, Any]] = [("capped", CAPS.get(cap, cap)) for cap in result["capped_by"]]
    return rows + [(_ONE[kind], said) for kind in _ONE for said in result[kind]]


def _headline(operation: Body, verdict: str | None) -> str:
    if verdict:
        return str(verdict).upper()
    said = operation["error_message"] or operation["cancel_reason"] or ""
    return f"{operation['status'].upper()}  {said}".rstrip()


def _show_part(operation: Body, home: Path) -> None:
    result = operation["result_summary"] or {}
    name = result.get("strategy_name") or operation["operation_type"]
    line(f"{titled(name, result.get('parameters') or {})}  {_headline(operation, None)}", "bold")
    line("")
    _show_figures(result, _BACKTEST if "sharpe_ratio" in result else _TRAINING)
    rows: list[tuple[str, Any]] = [
        (label_of(key).lower(), written(key, result[key])) for key in _CHANCE if key in result
    ]
    rows += _places(result, ("model_path", "equity_path", "trades_path", "sheet_path"), home)
    pairs(rows + _trail(operation, result.get("pack_id")))


def _show_figures(found: Body, names: Sequence[str]) -> None:
    shown = [name for name in names if found.get(name) is not None or (name in _BACKTEST and name in found)]
    if shown:
        table(
            [label_of(name) for name in shown],
            [[written(name, found[name]) for name in shown]],
            right=map(label_of, shown),
        )
        line("")


def _places(found: Body, names: Sequence[str], home: Path) -> list[tuple[str, Any]]:
    return [(name.removesuffix("_path"), str(home / found[name])) for name in names if found.get(name)]


def _trail(operation: Body, pack_id: str | None) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [("pack", pack_id)] if pack_id else []
    return [*rows, ("operation", operation["operation_id"]), ("took", duration_text(operation["duration_seconds"]))]
