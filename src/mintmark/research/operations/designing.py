"""The operation ``agent_design``: the next strategy, written once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, select

from mintmark.domain import Refused
from mintmark.research.brief import read_brief
from mintmark.research.design import content_key
from mintmark.research.operations.context import Context, parameters_of
from mintmark.research.operations.ending import remember_cancelled
from mintmark.research.operations.facts import written_facts
from mintmark.research.operations.library import Library, strategy_path
from mintmark.research.operations.remembering import recollect
from mintmark.research.phases import CYCLE
from mintmark.research.tables import put_row, strategies
from mintmark.runtime import Run, Work
from mintmark.strategy import StrategySpec, read_spec, strategy_hash, to_yaml


class Designing:
    """What a worker does before and after the design's own process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of a design."""
        compute = "mintmark.research.operations.design_process:compute"
        return Work("agent_design", "design", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Return memory, pack facts and the brief: nothing computed from a holdout is among them."""
        cycle = self._context.operations.get(str(run.parent_operation_id))
        wanted, asked = parameters_of(cycle), cycle["metadata"]
        pack = self._context.data.open(wanted["pack_id"])
        with self._context.operations.writing() as connection:
            remember_cancelled(connection, self._context)
            past = recollect(connection, self._at_work(str(run.parent_operation_id)))
        timeframe = next(iter(asked["timeframes"]), None)
        named = timeframe or read_brief(wanted["brief"] or "", pack.symbols()).timeframe
        return {
            "random_state": wanted["random_state"],
            "brief": wanted["brief"],
            "symbols": asked["symbols"],
            "timeframe": timeframe,
            "facts": written_facts(pack, [named] if named else []),
            "experiences": [asdict(found) for found in past.experiences],
            "hypotheses": [asdict(found) for found in past.hypotheses],
            "keys": sorted(past.keys),
            "names": sorted({*past.names, *self._library.names()}),
        }

    def store_files(self, _run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Write the strategy's file; where a name was taken meanwhile, under the next free one."""
        spec, text = read_spec(result["text"]).require(), result["text"]
        try:
            kept = self._library.keep(strategy_path(spec.name), text.encode(), once=True)
        except Refused as refused:
            if refused.code != "strategy_exists":
                raise
            spec = spec.model_copy(update={"name": self._library.free_name(spec.name)})
            text = to_yaml(spec)
            kept = self._library.keep(strategy_path(spec.name), text.encode(), once=True)
        return {**result, "name": spec.name, "strategy_hash": strategy_hash(spec), "text": text, "kept": kept}

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Note the strategy, and return what the design gave."""
        spec = read_spec(result["text"]).require()
        self._library.put(connection, **result["kept"], operation_id=run.operation_id)
        note_strategy(connection, self._context, spec, run.operation_id)
        kept = ("brief_used", "brief_ignored", "parent_experiments", "hypothesis")
        return {
            "success": True,
            "strategy_name": result["name"],
            "strategy_path": strategy_path(result["name"]),
            "strategy_hash": result["strategy_hash"],
            "designer": "algorithm",
            **{name: result[name] for name in kept},
            "input_tokens": 0,
            "output_tokens": 0,
            "cost": "0",
        }

    def _at_work(self, own: str) -> list[str]:
        """Return the strategies other active cycles are trying."""
        page = self._context.operations.list(operation_type=CYCLE, active_only=True, limit=1000)
        names = [parameters_of(found).get("strategy_name") for found in page["data"] if found["operation_id"] != own]
        return [name for name in names if name]


def note_strategy(connection: Connection, context: Context, spec: StrategySpec, operation_id: str | None) -> None:
    """Add the row of a strategy; one that is there keeps its verdict and takes the file's content."""
    content = {"hash": strategy_hash(spec), "design_key": content_key(spec), "spec": spec.model_dump(mode="json")}
    made = {"created_at": context.clock.now(), "operation_id": operation_id, "approved": False}
    same = strategies.c.name == spec.name
    held = connection.scalar(select(strategies.c.hash).where(same))
    if held not in (None, content["hash"]):
        # What was judged is no longer what the file says: its verdict and model go with it.
        judged = ("verdict", "assessed_by", "evidence", "model_path", "model_hash", "mark")
        cleared = {**dict.fromkeys(judged), "approved": False}
        connection.execute(strategies.update().where(same).values(cleared))
    put_row(connection, strategies, {"name": spec.name, **content, **made}, "name", fixed=made)
