"""The design, in its own process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintmark.research.design import DesignRequest, Recollection, design
from mintmark.research.memory import Experience, Hypothesis
from mintmark.research.operations.facts import read_facts
from mintmark.research.starters import starting_strategies

if TYPE_CHECKING:
    from mintmark.runtime import Task


def compute(task: Task) -> dict[str, Any]:
    """Return the next strategy to try, as ``{name, text, strategy_hash, key, ...}``."""
    given = task.inputs
    task.progress(10.0, "Recalling experiments", items_processed=len(given["experiences"]))
    past = Recollection(
        [Experience(**{**found, "symbols": tuple(found["symbols"])}) for found in given["experiences"]],
        [Hypothesis(**found) for found in given["hypotheses"]],
        frozenset(given["keys"]),
        frozenset(given["names"]),
    )
    request = DesignRequest(
        given["random_state"], given["brief"] or "", tuple(given["symbols"] or ()), given["timeframe"]
    )
    task.progress(30.0, "Designing a strategy")
    found = design(request, read_facts(given["facts"]), past, starting_strategies())
    return {
        "name": found.name,
        "text": found.text,
        "strategy_hash": found.strategy_hash,
        "key": found.key,
        "brief_used": list(found.used),
        "brief_ignored": list(found.ignored),
        "parent_experiments": list(found.parents),
        "hypothesis": found.hypothesis,
    }
