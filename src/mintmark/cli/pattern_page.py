"""The page of every pattern and capability: made from what the program can do."""

from __future__ import annotations

from mintmark.portfolio import Pattern, known_agents, load_patterns, pattern_texts


def known_patterns() -> list[Pattern]:
    """Return the patterns of the house, by id."""
    found = load_patterns(pattern_texts(), known_agents())
    return [found[name] for name in sorted(found)]


def steps_of(pattern: Pattern) -> list[tuple[str, ...]]:
    """Return step, capability, when it runs, and what a refusal does."""
    return [
        (
            f"`{step.key}`",
            f"`{step.capability}`",
            "always" if step.condition is None else f"if `{step.condition}`",
            "ends the answer" if step.on_refusal else "leaves null",
        )
        for step in pattern.steps
    ]


def inputs_of(pattern: Pattern) -> list[tuple[str, ...]]:
    """Return name, meaning and default of each input."""
    return [
        (
            f"`{name}`",
            f"{one.description} {one.type}",
            "required" if one.required else "none" if one.default is None else f"`{str(one.default).lower()}`",
        )
        for name, one in pattern.inputs.items()
    ]


def capability_rows() -> list[tuple[str, ...]]:
    """Return each capability with its agent, arguments, seconds and meaning, by name."""
    agents = known_agents()
    return [
        (
            f"`{name}`",
            agents.agent_of(name).name,
            ", ".join(f"`{one}`" for one in agents[name].arguments.model_fields) or "nothing",
            f"{agents.timeout_of(name):g}",
            agents[name].summary,
        )
        for name in agents.names()
    ]
