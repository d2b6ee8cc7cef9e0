"""A research cycle: a row that is looked at whenever its child ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from mintmark.domain import GateVerdict, MintmarkError, Refused
from mintmark.research.assess import VERDICTS
from mintmark.research.operations.context import Context, parameters_of
from mintmark.research.operations.ending import remember_end
from mintmark.research.operations.library import Library
from mintmark.research.operations.reporting import write_report
from mintmark.research.operations.starting_children import Starters
from mintmark.research.phases import (
    CHILD_KEYS,
    CYCLE,
    SHARES,
    ChildState,
    Step,
    cycle_result,
    next_step,
)
from mintmark.research.tables import gate_answers
from mintmark.runtime import Parent, ParentView, count, declare, span
from mintmark.strategy import StrategySpec, read_spec, strategy_hash

OUTCOMES = (*VERDICTS, "gate_rejected_training", "gate_rejected_backtest", "failed", "cancelled")
GATE_CODES = (
    "accuracy_below_threshold", "directional_accuracy_below_threshold", "loss_too_high", "insufficient_loss_decrease",
    "too_few_trades", "win_rate_too_low", "drawdown_too_high", "sharpe_too_low", "net_return_negative", "passed",
)  # fmt: skip

declare("mintmark_cycles_total", "Research cycles ended, by outcome.", outcome=OUTCOMES)
declare(
    "mintmark_gate_answers_total",
    "Gates asked, by gate and decisive code.",
    gate=("training", "backtest"),
    code=GATE_CODES,
)
declare("mintmark_llm_cost_usd_total", "USD that language models have cost, by model.", model=None)


@dataclass(frozen=True)
class Prepared:
    """What a look needs from files. ``problem`` is why they could not be read."""

    step: Step
    spec: StrategySpec | None = None
    mark: Mapping[str, Any] = field(default_factory=dict)
    report_path: str | None = None
    problem: MintmarkError | None = None


class Cycle:
    """The looks of all cycles: reads the child, asks the gate, starts what follows, in one transaction."""

    def __init__(self, context: Context, starters: Starters) -> None:
        self._context = context
        self._starters = starters
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Parent:
        """Return the operation type of a cycle."""
        return Parent(CYCLE, "research", self.look, before_look=self.before_look, shares=SHARES)

    def before_look(self, operation_id: str) -> Prepared:
        """Read the files the next look may need, and write the report of a cycle that is about to end."""
        operation = self._context.operations.get(operation_id)
        stored = parameters_of(operation)
        child = self._child(operation["child_operation_id"])
        step = next_step(operation["phase"] or "idle", stored, child, self._context.rules.limits)
        if step.move == "wait":
            return Prepared(step)
        merged = {**stored, **step.stored}
        spec, mark, path = None, {}, None
        try:
            mark = self._context.mark(self._context.data.open(merged["pack_id"]), operation_id)
            spec = self._spec(merged)
            if step.ends and spec is not None:
                path = write_report(self._context, self._library, operation, step, mark)
        except MintmarkError as problem:
            return Prepared(step, spec, mark, None, problem)
        return Prepared(step, spec, mark, path)

    def look(self, connection: Connection, view: ParentView) -> None:
        """Move a cycle on, in the transaction of ``connection``."""
        child = None if view.child is None else _state(view.child)
        phase = view.phase or "idle"
        step = next_step(phase, view.parameters, child, self._context.rules.limits)
        if step.move == "wait":
            return
        prepared: Prepared = view.prepared
        if prepared.step.move != step.move:
            # The child ended after the files were read: the next look finds it so.
            self._context.operations.wake(connection, view.operation_id)
            return
        gate = step.gate
        marks: dict[str, Any] = {"gate": gate.gate, "code": _code(gate), "passed": gate.passed} if gate else {}
        with span(f"research.phase.{phase}", **marks):
            if gate is not None:
                self._answer(connection, view, gate)
            self._perform(connection, view, _unless_broken(step, prepared), prepared)

    def _perform(self, connection: Connection, view: ParentView, step: Step, prepared: Prepared) -> None:
        operations, identity = self._context.operations, view.operation_id
        if step.move == "start":
            merged = {**view.parameters, **step.stored}
            phase = str(step.phase)
            child = self._start(connection, identity, phase, merged, prepared.spec)
            operations.set_phase(
                connection, identity, phase, child_id=child, **{**step.stored, CHILD_KEYS[phase]: child}
            )
            return
        ended = {**step.stored, "report_path": prepared.report_path}
        stored = {**view.parameters, **ended}
        operations.put_parameters(connection, identity, **ended)
        if step.move == "complete":
            operations.complete(connection, identity, cycle_result(stored, prepared.mark))
        elif step.move == "fail":
            operations.fail(connection, identity, str(step.code), str(step.message))
        else:
            operations.end_cancelled(connection, identity, str(step.message))
        error_code = view.child.error_code if view.child is not None else None
        remember_end(connection, self._context, identity, stored, step, error_code)

    def _start(
        self, connection: Connection, identity: str, phase: str, stored: Mapping[str, Any], spec: StrategySpec | None
    ) -> str:
        common = {"pack_id": stored["pack_id"], "parent_operation_id": identity}
        if phase == "designing":
            return self._starters.start_design(connection, **common)["operation_id"]
        if spec is None:
            raise Refused(f"the cycle {identity} has no strategy", code="not_found")
        named = {**common, "strategy_name": stored["strategy_name"], "strategy_hash": stored["strategy_hash"]}
        frames = [str(frame) for frame in spec.universe.timeframes]
        universe = {"symbols": list(spec.universe.symbols), "timeframes": frames}
        if phase == "training":
            return self._starters.start_training(connection, **named, **universe)["operation_id"]
        if phase == "backtesting":
            result = stored["training_result"]
            model = {"model_path": result.get("model_path"), "model_hash": result.get("model_hash")}
            return self._starters.start_backtest(connection, **named, **universe, **model)["operation_id"]
        return self._starters.start_assessment(connection, **named)["operation_id"]

    def _spec(self, stored: Mapping[str, Any]) -> StrategySpec | None:
        name = stored.get("strategy_name")
        if name is None:
            return None
        spec = read_spec(self._library.strategy(name).text).require()
        if stored.get("strategy_hash") not in (None, strategy_hash(spec)):
            raise Refused(f"the file of {name} changed since the cycle began", code="strategy_changed", name=name)
        return spec

    def _child(self, identity: str | None) -> ChildState | None:
        if identity is None:
            return None
        try:
            found = self._context.operations.get(identity)
        except Refused:
            return None
        error = found["error"] or {}
        return ChildState(
            identity, found["status"], found["result_summary"] or {}, error.get("message"), error.get("code")
        )

    def _answer(self, connection: Connection, view: ParentView, gate: GateVerdict) -> None:
        asked = (gate_answers.c.operation_id == view.operation_id, gate_answers.c.gate == gate.gate)
        if connection.scalar(select(gate_answers.c.id).where(*asked).limit(1)) is not None:
            return
        common: dict[str, Any] = {"operation_id": view.operation_id, "child_operation_id": view.child_id}
        common |= {"policy": view.parameters["gate_policy"], "made_at": self._context.clock.now()}
        names = ("gate", "position", "code", "passed", "observed", "limit", "decisive")
        rows = [{**common, **{name: getattr(answer, name) for name in names}} for answer in gate.answers]
        connection.execute(gate_answers.insert(), rows)
        count(connection, "mintmark_gate_answers_total", gate=gate.gate, code=_code(gate))


def _unless_broken(step: Step, prepared: Prepared) -> Step:
    """Return ``step``, or where the files it needs could not be read, the failure that says so."""
    if prepared.problem is None or step.ends:
        return step
    return Step("fail", None, step.stored, step.gate, prepared.problem.code, prepared.problem.message)


def _code(gate: GateVerdict) -> str:
    return "passed" if gate.decisive is None else gate.decisive.code


def _state(child: Any) -> ChildState:
    return ChildState(
        child.operation_id, child.status, child.result_summary or {}, child.error_message, child.error_code
    )
