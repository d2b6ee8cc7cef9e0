"""The front of research: what the doors ask, answered with the bodies they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, select

from mintmark.domain import Bars, Refused, iso
from mintmark.research.operations.asking import Accepted, accept, pack_and_file, pack_for, read_trigger
from mintmark.research.operations.assessing import Assessing
from mintmark.research.operations.backtesting import Backtesting
from mintmark.research.operations.context import Context
from mintmark.research.operations.crossvalidation import CROSSVALIDATION, CrossValidating, read_path_plan
from mintmark.research.operations.cycle import Cycle
from mintmark.research.operations.designing import Designing, note_strategy
from mintmark.research.operations.ending import remember_cancelled
from mintmark.research.operations.facts import require_universe
from mintmark.research.operations.library import Library
from mintmark.research.operations.montecarlo import MONTECARLO, Draw, MonteCarlo
from mintmark.research.operations.remembering import all_experiments, all_hypotheses
from mintmark.research.operations.reporting import gate_rows
from mintmark.research.operations.selftesting import SELFTEST, SelfTesting, read_selftest
from mintmark.research.operations.showing import equity_body, report_text
from mintmark.research.operations.simulation_order import SimulationOrder, read_simulation
from mintmark.research.operations.starting_children import Starters, starters_of
from mintmark.research.operations.status import capacity_limit, status_of, waiting_for_worker
from mintmark.research.operations.sweeping import Sweeping
from mintmark.research.operations.training import Training
from mintmark.research.operations.walkforward import WALKFORWARD, WalkingForward, read_plan
from mintmark.research.phases import CYCLE, first_parameters
from mintmark.research.sweep_keys import check_grid
from mintmark.research.tables import lock_until_end, strategies
from mintmark.runtime import Kind
from mintmark.strategy import read_spec, strategy_hash

_LOCK = 4_713_2026
_ANSWER = ("gate", "position", "code", "passed", "observed", "limit", "decisive", "policy")


class Research:
    """Cycles, strategies and their evidence."""

    def __init__(self, context: Context, starters: Starters | None = None) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)
        self._starters = starters or starters_of(context.operations)

    def kinds(self) -> tuple[Kind, ...]:
        """Return the operation types of research, for the engine."""
        context = self._context
        children = (Designing(context), Training(context), Backtesting(context), Assessing(context))
        walks = (WalkingForward(context), CrossValidating(context))
        simulations = (Sweeping(context), MonteCarlo(context), *walks, SelfTesting(context))
        return (Cycle(context, self._starters).kind(), *(work.kind() for work in (*children, *simulations)))

    # Cycles

    def trigger(self, **body: Any) -> dict[str, Any]:
        """Start a cycle; a refusal creates no operation.

        Raises:
            Refused: in the order body, pack, strategy, designer, budget, capacity.
        """
        context = self._context
        accepted = accept(context, self._library, read_trigger(context, **body))
        if accepted.designer == "model":
            self._require_model()
        kept = None if accepted.file is None else self._kept(accepted)
        with context.operations.writing() as connection:
            remember_cancelled(connection, context)
            self._require_capacity(connection)
            if accepted.spec is not None and kept is not None:
                self._library.put(connection, **kept, operation_id=None)
                note_strategy(connection, context, accepted.spec, None)
            identity = context.operations.create(connection, CYCLE, metadata=_metadata(accepted))
        return {
            "triggered": True,
            "operation_id": identity,
            "designer": accepted.designer,
            "pack_id": accepted.pack.id,
            "waiting_for_worker": waiting_for_worker(context, "training" if accepted.spec else "agent_design"),
            "message": "Research cycle started",
        }

    def status(self) -> dict[str, Any]:
        """Return the state of research."""
        return status_of(self._context)

    def budget(self) -> dict[str, Any]:
        """Return what language models have cost today, and may still."""
        return self._context.budget.as_json()

    def cancel(self, operation_id: str | None = None) -> dict[str, Any]:
        """Cancel a cycle, or without an id the only active one.

        Raises:
            Refused: ``no_active_cycle``, ``several_active``, ``not_research``, and those of an operation's cancel.
        """
        operations = self._context.operations
        if operation_id is None:
            page = operations.list(operation_type=CYCLE, active_only=True, limit=1000)
            active = [found["operation_id"] for found in page["data"]]
            if not active:
                raise Refused("no research cycle is active", code="no_active_cycle")
            if len(active) > 1:
                raise Refused(
                    f"{len(active)} cycles are active: say which", code="several_active", operation_ids=active
                )
            operation_id = active[0]
        found = operations.get(operation_id)
        if found["operation_type"] != CYCLE:
            message = f"{operation_id} is a {found['operation_type']}, no research cycle"
            raise Refused(message, code="not_research", operation_id=operation_id)
        return operations.cancel(operation_id)

    def gate_answers(self, operation_id: str) -> list[dict[str, Any]]:
        """Return what the gates of a cycle said, in order."""
        return [
            {
                "id": row["id"],
                "operation_id": row["operation_id"],
                "child_operation_id": row["child_operation_id"],
                **{name: row[name] for name in _ANSWER},
                "made_at": iso(row["made_at"]),
            }
            for row in gate_rows(self._context, operation_id)
        ]

    def equity(self, operation_id: str, points: int) -> dict[str, Any]:
        """Return the equity of a backtest bar by bar, thinned to ``points``; raises ``not_found``."""
        return equity_body(self._library, self._context.operations.get(operation_id), points)

    def file(self, path: str) -> bytes:
        """Return a file research keeps, such as the table of a result; raises ``not_found``."""
        return self._library.fetch(path).read_bytes()

    def files(self, folder: str) -> list[str]:
        """Return the paths of the files research keeps in ``folder``."""
        return self._library.list_files(folder)

    def report(self, operation_id: str) -> str:
        """Return the report of a cycle or the sheet of a backtest, a whole HTML document; raises ``not_found``."""
        return report_text(self._library, self._context.operations.get(operation_id))

    # Memory

    def experiments(self) -> list[dict[str, Any]]:
        """Return every ended cycle's experiment, newest first, evidence of training span and holdout apart."""
        with self._context.operations.writing() as connection:
            remember_cancelled(connection, self._context)
            return all_experiments(connection)

    def hypotheses(self) -> list[dict[str, Any]]:
        """Return every hypothesis, oldest first."""
        with self._context.database.read() as connection:
            return all_hypotheses(connection)

    # Strategies

    def strategies(self) -> list[dict[str, Any]]:
        """Return all strategies by name: the starting ones, saved files, and those cycles made."""
        rows = self._rows()
        return [self._line(name, rows.get(name)) for name in self._library.names()]

    def strategy(self, name: str) -> dict[str, Any]:
        """Return one strategy with spec, evidence and mark; raises ``not_found``, ``strategy_invalid``."""
        file = self._library.strategy(name)
        spec = read_spec(file.text).require()
        row = self._rows(name).get(name) or {}
        if row and row["hash"] != strategy_hash(spec):
            # The file was changed since: nothing that was judged is this strategy.
            row = {}
        kept = ("evidence", "mark", "model_path", "model_hash", "assessed_by")
        return {
            **self._line(name, row or None),
            "hash": strategy_hash(spec),
            "path": file.path,
            "yaml": file.text,
            "spec": spec.model_dump(mode="json"),
            **{key: row.get(key) for key in kept},
        }

    def validate(self, yaml: str, *, pack_id: str | None = None) -> dict[str, Any]:
        """Check the text of a strategy, on a pack when one is named."""
        facts = None if pack_id is None else self._context.data.open(pack_id).facts()
        found = read_spec(yaml, facts)
        return {
            "valid": found.spec is not None,
            "errors": [error.as_json() for error in found.errors],
            "warnings": [warning.as_json() for warning in found.warnings],
            "feature_names": list(found.feature_names),
            "warmup_bars": found.warmup_bars if found.spec is not None else None,
        }

    def validate_saved(self, name: str, *, pack_id: str | None = None) -> dict[str, Any]:
        """Check a saved strategy; raises ``not_found``."""
        return self.validate(self._library.strategy(name).text, pack_id=pack_id)

    def lookahead(self, name: str, *, pack_id: str | None = None) -> dict[str, Any]:
        """Check that nothing a strategy computes for a bar, decisions of a trained one too, knows later bars."""
        from mintmark.research.operations.lookahead import lookahead

        pack, file = pack_and_file(self._context, self._library, name, pack_id)
        spec = read_spec(file.text, pack.facts()).require()
        row = self._rows(name).get(name) or {}
        trained = row.get("model_path") is not None and row["hash"] == strategy_hash(spec)
        model = self._library.model(row["model_path"]) if trained else None
        return lookahead(spec, model, pack, self._context.rules.random_state)

    def lookahead_of_signals(
        self, name: str, signals: Callable[[Bars], Any], *, symbol: str, timeframe: str | None, pack_id: str | None
    ) -> dict[str, Any]:
        """Check that no signal a function gives for a bar changes when later bars do."""
        from mintmark.research.operations.lookahead import lookahead_of_signals

        pack = pack_for(self._context, pack_id, [symbol], timeframe)
        require_universe(pack.facts(), [symbol], timeframe)
        return lookahead_of_signals(name, signals, pack.bars(symbol, timeframe), pack, self._context.rules.random_state)

    def selftest(self, **asked: Any) -> dict[str, Any]:
        """Start a test of the gates on noise and on planted edges; by default on all series of the newest pack."""
        return self._created(SELFTEST, read_selftest(self._context, **asked))

    # Single operations

    def train(self, *, strategy: str, pack_id: str | None = None, random_state: int | None = None) -> dict[str, Any]:
        """Start a training outside a cycle."""
        pack, file = pack_and_file(self._context, self._library, strategy, pack_id)
        spec = read_spec(file.text, pack.facts()).require()
        state = self._context.rules.random_state if random_state is None else random_state
        metadata = {
            "symbols": list(spec.universe.symbols),
            "timeframes": [str(frame) for frame in spec.universe.timeframes],
            "pack_id": pack.id,
            "start": None,
            "end": None,
            "parameters": {"strategy_name": strategy, "strategy_hash": strategy_hash(spec), "random_state": state},
        }
        kept = self._library.keep(file.path, file.text.encode(), once=True)
        with self._context.operations.writing() as connection:
            self._library.put(connection, **kept, operation_id=None)
            note_strategy(connection, self._context, spec, None)
            identity = self._context.operations.create(connection, "training", metadata=metadata)
        return {"operation_id": identity, "success": True}

    def backtest(self, *, strategy: str, pack_id: str | None = None, **options: Any) -> dict[str, Any]:
        """Start a backtest outside a cycle: one run of a trained strategy or the rule, one row in ``trials``."""
        order = self._simulation(strategy, pack_id, options)
        order.require_warm_up()
        return self._start("backtesting", order)

    def sweep(
        self, *, strategy: str, grid: str, pack_id: str | None = None, workers: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """Start a sweep of a trained strategy or the rule ``sma_cross``: every combination is a row in ``trials``."""
        order = self._simulation(strategy, pack_id, options)
        combinations = check_grid(grid, order.spec)
        return {**self._start("sweeping", order, grid=grid, workers=workers), "combinations": combinations}

    def montecarlo(self, *, strategy: str, pack_id: str | None = None, **options: Any) -> dict[str, Any]:
        """Start a Monte Carlo test of a trained strategy or the rule ``sma_cross``: one row in ``trials``.

        Raises:
            Refused: ``bad_value`` for fewer than 100 runs, ``unknown_name``, and those of the strategy.
        """
        draw = Draw.read({name: options.pop(name, None) for name in ("method", "runs", "metric", "workers")})
        order = self._simulation(strategy, pack_id, options)
        order.require_warm_up()
        return self._start(MONTECARLO, order, **asdict(draw))

    def walkforward(
        self, *, strategy: str, grid: str, pack_id: str | None = None, workers: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """Start a walk-forward over a grid: every combination, and the walk itself, is a row in ``trials``."""
        order = self._simulation(strategy, pack_id, options)
        combinations = check_grid(grid, order.spec)
        plan = read_plan(options, len(order.span))
        return {**self._start(WALKFORWARD, order, grid=grid, plan=plan, workers=workers), "combinations": combinations}

    def crossvalidate(
        self, *, strategy: str, grid: str, pack_id: str | None = None, workers: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """Start a combinatorial purged cross-validation: every combination, and the paths, is a row in ``trials``."""
        order = self._simulation(strategy, pack_id, options)
        found = {"combinations": check_grid(grid, order.spec)}
        plan = read_path_plan(options, len(order.span))
        return {**self._start(CROSSVALIDATION, order, grid=grid, plan=plan, workers=workers), **found}

    def _simulation(self, strategy: str, pack_id: str | None, options: dict[str, Any]) -> SimulationOrder:
        row = self._rows(strategy).get(strategy)
        order = read_simulation(self._context, self._library, row, strategy, pack_id, options)
        # Bars that are too few, or have no rate, are refused here, before there is an operation.
        order.require_rates()
        return order

    def _start(self, kind: str, order: SimulationOrder, **own: Any) -> dict[str, Any]:
        return self._created(kind, order.metadata(**own))

    def _created(self, kind: str, metadata: dict[str, Any]) -> dict[str, Any]:
        with self._context.operations.writing() as connection:
            identity = self._context.operations.create(connection, kind, metadata=metadata)
        return {"operation_id": identity, "success": True}

    def _require_model(self) -> None:
        self._context.budget.check_cycle()
        why = "this release has no language-model designer" if self._context.rules.model_key else "no key is configured"
        raise Refused(f"the designer 'model' is not available: {why}; use algorithm", code="designer_unavailable")

    def _require_capacity(self, connection: Connection) -> None:
        # Counting and creating must be one step.
        lock_until_end(connection, _LOCK)
        page = self._context.operations.list(operation_type=CYCLE, active_only=True, limit=1)
        active, limit = page["active_count"], capacity_limit(self._context)
        if active >= limit:
            message = f"{active} of {limit} research cycles are active"
            raise Refused(message, code="at_capacity", active_count=active, limit=limit)

    def _kept(self, accepted: Accepted) -> dict[str, Any]:
        assert accepted.file is not None
        return self._library.keep(accepted.file.path, accepted.file.text.encode(), once=True)

    def _rows(self, name: str | None = None) -> dict[str, dict[str, Any]]:
        query = select(strategies)
        if name is not None:
            query = query.where(strategies.c.name == name)
        with self._context.database.read() as connection:
            return {row["name"]: dict(row) for row in connection.execute(query).mappings()}

    def _line(self, name: str, row: dict[str, Any] | None) -> dict[str, Any]:
        found = row or {"hash": self._hash(name), "verdict": None, "approved": False, "operation_id": None}
        created = found.get("created_at")
        return {
            "name": name,
            "hash": found["hash"],
            "verdict": found["verdict"],
            "approved": found["approved"],
            "created_at": None if created is None else iso(created),
            "operation_id": found["operation_id"],
        }

    def _hash(self, name: str) -> str:
        try:
            spec = read_spec(self._library.strategy(name).text).spec
        except Refused:
            spec = None
        return "" if spec is None else strategy_hash(spec)


def _metadata(accepted: Accepted) -> dict[str, Any]:
    trigger, spec = accepted.trigger, accepted.spec
    symbols = list(trigger.symbols) if spec is None else list(spec.universe.symbols)
    frames = [trigger.timeframe] if trigger.timeframe else []
    named = {}
    if spec is not None and accepted.file is not None:
        frames = [str(frame) for frame in spec.universe.timeframes]
        named = {
            "strategy_name": accepted.file.name,
            "strategy_path": accepted.file.path,
            "strategy_hash": strategy_hash(spec),
        }
    parameters = first_parameters(
        brief=trigger.brief,
        gate_policy=trigger.gate_policy,
        random_state=trigger.random_state,
        pack_id=accepted.pack.id,
        designer=accepted.designer,
        **named,
    )
    return {
        "symbols": symbols,
        "timeframes": frames,
        "pack_id": accepted.pack.id,
        "start": None,
        "end": None,
        "parameters": parameters,
    }
