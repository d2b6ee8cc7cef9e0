"""A house of research whose packs are facts and whose children are fakes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from mintmark.data import Action
from mintmark.domain import Refused, Timeframe, stamp_of
from mintmark.llm import Budget
from mintmark.research import Context, Research, Rules, Starters
from mintmark.runtime import Engine, Operations, Work, child_id
from mintmark.runtime.looking import look
from mintmark.runtime.tables import DatabaseNow, workers
from mintmark.runtime.transitions import end, move
from mintmark.store import Blobs, Database
from mintmark.strategy import PackFacts, SymbolFacts

CYCLE_CHILDREN = ("agent_design", "training", "backtesting", "agent_assessment")

M1 = """
grammar: 1
name: swing_1
universe: {symbols: [EURUSD, GBPUSD], timeframe: 1h, context_timeframes: [4h]}
indicators:
  rsi: {type: rsi}
features:
  - {indicator: rsi, timeframes: all}
labels: {kind: zigzag, threshold: 0.01}
model: {kind: gbdt}
"""

GOOD_TRAINING = {
    "success": True, "output": "classification", "accuracy": 0.60, "majority_accuracy": 0.55, "initial_loss": 1.0,
    "final_loss": 0.5, "test_loss": 0.55, "prior_loss": 0.69, "validation_accuracy": 0.62, "feature_count": 2,
    "model_path": "models/swing_1/0123456789abcdef", "model_hash": "0123456789abcdef" * 4,
}  # fmt: skip
GOOD_BACKTEST = {
    "success": True, "total_trades": 40, "win_rate": 0.55, "max_drawdown": 0.10, "sharpe_ratio": 1.4, "dsr": 0.97,
    "pbo": 0.2, "out_of_sample": True, "total_return": 0.2, "undefined": {}, "bars": 1200,
    "walk_forward": {"folds": [{"sharpe_ratio": s} for s in (1.0, 1.0, 0.0, 0.0)], "configurations": []},
}  # fmt: skip
GOOD_ASSESSMENT = {
    "success": True, "verdict": "mediocre", "capped_by": ["dsr"],
    "assessment_path": "strategies/swing_1/assessment.json",
}  # fmt: skip


class SetClock:
    """A clock a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


def some_facts(timeframe: str = "1h", bars: int = 20_000, **changes: Any) -> SymbolFacts:
    start = stamp_of(datetime(2015, 1, 1, tzinfo=UTC))
    frame = Timeframe(timeframe)
    given = {"completeness": 0.99, "volume_known": False, "shortable": True, **changes}
    return SymbolFacts(frame, bars, start, start + (bars - 1) * frame.nanoseconds, **given)


@dataclass
class FactsOnly:
    """A pack without bars."""

    id: str = "PP_2018-12-31_TEST_v1"
    sha256: str = "ab" * 32
    as_of: date = date(2018, 12, 31)
    sources: tuple[str, ...] = ("test",)
    held: dict[str, SymbolFacts] = field(
        default_factory=lambda: {"EURUSD": some_facts(), "GBPUSD": some_facts(), "NASDAQ": some_facts("1d", 5031)}
    )

    def facts(self) -> PackFacts:
        return PackFacts(self.id, self.held)

    def symbols(self) -> list[str]:
        return sorted(self.held)

    def actions(self, symbol: str) -> list[Action]:  # noqa: ARG002
        return []


class Packs:
    """A data room that holds facts only."""

    def __init__(self, *packs: FactsOnly) -> None:
        self.packs = {pack.id: pack for pack in packs}

    def open(self, pack_id: str) -> FactsOnly:
        if pack_id not in self.packs:
            raise Refused(f"there is no pack {pack_id}", code="not_found")
        return self.packs[pack_id]

    def held(self) -> list[str]:
        return sorted(f"{symbol} 1d" for pack in self.packs.values() for symbol in pack.held)

    def known_actions(self, symbol: str) -> list[Action]:  # noqa: ARG002
        return []

    def newest(self, symbols: list[str], timeframe: str | None) -> str | None:  # noqa: ARG002
        fitting = [found.id for found in self.packs.values() if set(symbols) <= set(found.held)]
        return fitting[-1] if fitting else None


class House:
    """Research with a real database and engine client; nobody works in it but the test."""

    def __init__(self, database: Database, home: Path, rules: Rules, limit: str = "5.00", packs: Packs | None = None):
        from decimal import Decimal

        self.database, self.home, self.clock = database, home, SetClock()
        engine = Engine(database)
        engine.prepare()
        tokens = iter(f"{number:08x}" for number in range(1, 10_000))
        self.operations = Operations(database, engine, self.clock, lambda: next(tokens))
        self.started: list[tuple[str, dict[str, Any]]] = []
        self.ids = {"training": "op_training_test_123"}
        self.packs = packs or Packs(FactsOnly())
        self.context = Context(
            home=home,
            database=database,
            blobs=Blobs(home / "blobs", database),
            operations=self.operations,
            data=self.packs,  # type: ignore[arg-type]
            budget=Budget(database, self.clock, Decimal(limit)),
            clock=self.clock,
            code_version="test",
            rules=rules,
        )
        self.research = Research(self.context, self._fakes())
        cycle = self.research.kinds()[0]
        self.operations.register(cycle, *(Work(kind, "training", _unused, "x:y", _unused) for kind in CYCLE_CHILDREN))

    def close(self) -> None:
        self.operations.engine.close()

    def save(self, text: str, name: str = "swing_1") -> None:
        path = self.home / "strategies" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def _fakes(self) -> Starters:
        def starter(kind: str) -> Any:
            def start(connection: Any, **given: Any) -> dict[str, Any]:
                self.started.append((kind, given))
                parent = given["parent_operation_id"]
                identity = self.ids.get(kind) or child_id(parent, kind)
                self.operations.create(
                    connection, kind, metadata={"parameters": {}}, parent_operation_id=parent, operation_id=identity
                )
                return {"operation_id": identity, "success": True}

            return start

        return Starters(*(starter(kind) for kind in CYCLE_CHILDREN))

    def look(self, cycle: str) -> dict[str, Any]:
        starts = self.operations.get(cycle)["starts"]
        look(self.operations, cycle, starts)
        return self.operations.get(cycle)

    def end_child(self, cycle: str, status: str = "completed", **values: Any) -> dict[str, Any]:
        """End the child of the cycle's phase, let the cycle look, and return it."""
        child = self.operations.get(cycle)["child_operation_id"]
        with self.operations.writing() as connection:
            move(connection, child, sources=("pending", "resuming"), to="running")
            end(connection, self.operations.engine, child, status, sources=["running"], values=values)
        return self.look(cycle)

    def triggered(self, **body: Any) -> str:
        """Trigger a cycle, let it look once, and return its id."""
        identity: str = self.research.trigger(**body)["operation_id"]
        self.look(identity)
        return identity

    def live_worker(self, *queues: str, name: str = "host:1") -> None:
        """Say that a worker serves ``queues`` and is alive."""
        row = {"worker_id": name, "seat": name, "incarnation": "x", "host": "host", "pid": 1, "queues": list(queues)}
        with self.database.write() as connection:
            now = {"started_at": DatabaseNow(), "beat": DatabaseNow()}
            connection.execute(insert(workers).values(**row, **now))


def _unused(*_: Any) -> Any:
    raise AssertionError("no worker runs in this house")


@contextmanager
def a_house(database: Database, home: Path, *, limit: str = "5.00", packs: Packs | None = None, **rules: Any):
    """A house of research; ``rules`` are settings."""
    house = House(database, home, Rules(**rules), limit, packs)
    try:
        yield house
    finally:
        house.close()
