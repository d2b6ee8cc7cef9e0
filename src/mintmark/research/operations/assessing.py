"""The operation ``agent_assessment``: a verdict, its file, and the approval that follows from it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from mintmark.domain import Refused
from mintmark.research.operations.context import Context, parameters_of
from mintmark.research.operations.library import Library
from mintmark.research.tables import strategies
from mintmark.runtime import Run, Work
from mintmark.strategy import read_spec


class Assessing:
    """What a worker does before and after the assessment's own process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of an assessment."""
        compute = "mintmark.research.operations.assessment_process:compute"
        return Work("agent_assessment", "assessing", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Return the results the cycle has gathered, and the limits its gates used."""
        stored = parameters_of(self._context.operations.get(str(run.parent_operation_id)))
        spec = read_spec(self._library.strategy(stored["strategy_name"]).text).require()
        return {
            **{name: stored[name] for name in ("training_result", "backtest_result", "gate_rejection")},
            "limits": asdict(self._context.rules.limits),
            "spec": spec.model_dump(mode="json"),
        }

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Write the assessment beside the strategy; an earlier one stays."""
        name = run.parameters["strategy_name"]
        pack = self._context.data.open(run.metadata["pack_id"])
        path = self._free_path(name, run.operation_id)
        summary = {
            **result,
            "assessment_path": path,
            "assessor": "rubric",
            "input_tokens": 0,
            "output_tokens": 0,
            "cost": "0",
            "mark": self._context.mark(pack, run.operation_id),
        }
        content = json.dumps(summary, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
        return {"summary": summary, "kept": self._library.keep(path, content.encode())}

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Store the verdict with the strategy: approved exactly when it is promising."""
        summary: dict[str, Any] = result["summary"]
        self._library.put(connection, **result["kept"], operation_id=run.operation_id)
        judged = {
            "verdict": summary["verdict"],
            "approved": summary["verdict"] == "promising",
            "assessed_by": run.parent_operation_id,
            "evidence": summary["evidence"],
            "mark": summary["mark"],
        }
        same = strategies.c.name == run.parameters["strategy_name"]
        connection.execute(strategies.update().where(same).values(**judged))
        return summary

    def _free_path(self, name: str, operation_id: str) -> str:
        first = f"strategies/{name}/assessment.json"
        try:
            before = json.loads(self._library.fetch(first).read_bytes())
        except Refused:
            return first
        except ValueError:
            before = {}
        ours = (before.get("mark") or {}).get("operation_id") == operation_id
        return first if ours else f"strategies/{name}/assessment_{operation_id}.json"
