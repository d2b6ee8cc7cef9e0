"""The agent that puts results into words."""

from __future__ import annotations

from typing import Any

from mintmark.domain import Refusal
from mintmark.portfolio.capability import Agent, Answer, Arguments, Capability, Reading


class Explained(Arguments):
    """The results of other steps, as data."""

    results: dict[str, Any]


class Explanation(Answer):
    """Text of a language model, marked as such."""

    text: str
    model: str
    generated: bool


def explain(_reading: Reading, _given: Explained) -> Explanation | Refusal:
    """Refuse ``no_model_key``: no language model is set up for explanations."""
    return Refusal("no_model_key", "no language model is set up for explanations; the figures stand without one")


AGENT = Agent(
    "claude", (Capability("ai.explain", Explained, Explanation, explain, "Put results into words."),), timeout=60.0
)
