"""The assessment, in its own process: the rubric under its ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintmark.research.assess import Evidence, judge
from mintmark.research.evidence import holdout_evidence, training_evidence
from mintmark.research.gates import Limits
from mintmark.research.wording import hypotheses, strengths, suggestions, weaknesses

if TYPE_CHECKING:
    from mintmark.runtime import Task


def compute(task: Task) -> dict[str, Any]:
    """Return verdict, what holds it down, and what to say of the evidence."""
    given = task.inputs
    task.progress(20.0, "Assessing the evidence")
    stored = {name: given[name] for name in ("training_result", "backtest_result", "gate_rejection")}
    evidence = Evidence(
        given["training_result"], given["backtest_result"], given["gate_rejection"], Limits(**given["limits"])
    )
    judgement = judge(evidence)
    learned = training_evidence(stored, None)
    return {
        "success": True,
        "verdict": judgement.verdict,
        "capped_by": list(judgement.capped_by),
        "strengths": strengths(evidence),
        "weaknesses": weaknesses(evidence),
        "suggestions": suggestions(evidence),
        "hypotheses": [claim.text for claim in hypotheses(given["spec"], learned)],
        "evidence": {"training": learned, "holdout": holdout_evidence(stored)},
        "knowledge_overlap": False,
    }
