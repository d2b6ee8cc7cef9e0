"""The algorithm designer: from memory, pack facts and a brief to the next strategy."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mintmark.domain import Refused, Timeframe
from mintmark.research.brief import Brief, read_brief
from mintmark.research.memory import Experience, Hypothesis, matches
from mintmark.research.reading import encode, main_indicator
from mintmark.research.sampler import propose
from mintmark.research.space import FAMILIES, Axis, Choice, Choices, Ground, choose, spell, title
from mintmark.research.starters import Starter
from mintmark.strategy import PackFacts, StrategySpec, read_spec, strategy_hash, to_yaml

MOST_MUTATIONS = 100
_NUMBER = re.compile(r"_(\d{4})$")
_FAVOURITES = (("NASDAQ", "1d"), ("SP500", "1d"))
_BEST = 3

Universe = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class DesignRequest:
    """What a cycle asks for. ``symbols`` and ``timeframe`` bind; the brief's words bind where these are silent."""

    random_state: int
    brief: str = ""
    symbols: tuple[str, ...] = ()
    timeframe: str | None = None


@dataclass(frozen=True)
class Recollection:
    """All a designer is handed of the past; nothing in it was computed from a holdout.

    ``keys`` are those of strategies at work or tried; ``names`` those that are taken.
    ``experiences`` are in the order the experiments ended.
    """

    experiences: Sequence[Experience] = ()
    hypotheses: Sequence[Hypothesis] = ()
    keys: Collection[str] = frozenset()
    names: Collection[str] = frozenset()


@dataclass(frozen=True)
class Design:
    """A strategy to try, and where it comes from."""

    name: str
    text: str
    strategy_hash: str
    key: str
    used: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    hypothesis: str | None = None
    feature_names: tuple[str, ...] = field(default_factory=tuple)


def design(request: DesignRequest, facts: PackFacts, past: Recollection, starters: Iterable[Starter]) -> Design:
    """Return the next strategy to try: same memory, pack, brief and random_state, same bytes.

    First the starting strategies that agree with the brief and were not tried on the
    universe in question, then what the sampler proposes.

    Raises:
        Refused: ``search_exhausted`` when nothing new was found; ``no_pack`` when the
            pack holds no tradable series for the universe.
    """
    brief = read_brief(request.brief, facts.symbols)
    tried = {experience.key for experience in past.experiences} | set(past.keys)
    for starter in starters:
        universe = universe_of(request, brief, facts, starter)
        if _agrees(starter, brief):
            found = _from_starter(starter, universe, facts, past, tried)
            if found is not None:
                return _with_brief(found, brief)
    return _with_brief(_searched(request, brief, facts, past, tried), brief)


def content_key(spec: StrategySpec) -> str:
    """Return the hash of ``spec`` apart from its name and description."""
    return strategy_hash(spec.model_copy(update={"name": "unnamed", "description": ""}))


def universe_of(request: DesignRequest, brief: Brief, facts: PackFacts, starter: Starter | None = None) -> Universe:
    """Return the symbols and timeframe to work on.

    What the request or the brief names; else NASDAQ or SP500 1d, as the starting strategy
    has it, where the pack holds them; else the pack's first tradable series.

    Raises:
        Refused: ``no_pack`` when the pack holds no tradable series.
    """
    named = request.symbols or brief.symbols
    timeframe = request.timeframe or brief.timeframe
    if named:
        return tuple(named), timeframe or str(_coarsest_base(facts, named))
    usual = [(starter.universe[0][0], starter.universe[1])] if starter else []
    for symbol, usual_timeframe in [*usual, *_FAVOURITES]:
        if _holds(facts, symbol, timeframe or usual_timeframe):
            return (symbol,), timeframe or usual_timeframe
    for symbol in sorted(facts.symbols):
        base = str(facts.symbols[symbol].base_timeframe)
        if _holds(facts, symbol, timeframe or base):
            return (symbol,), timeframe or base
    raise Refused(f"pack {facts.pack_id} holds no tradable series", code="no_pack", pack_id=facts.pack_id)


def _holds(facts: PackFacts, symbol: str, timeframe: str) -> bool:
    found = facts.symbols.get(symbol)
    if found is None or not found.tradable:
        return False
    asked = Timeframe(timeframe)
    return asked == found.base_timeframe or asked.is_multiple_of(found.base_timeframe)


def _coarsest_base(facts: PackFacts, symbols: Iterable[str]) -> Timeframe:
    bases = [facts.symbols[symbol].base_timeframe for symbol in symbols if symbol in facts.symbols]
    if not bases:
        raise Refused(f"pack {facts.pack_id} holds none of the symbols asked for", code="no_pack")
    return max(bases, key=lambda frame: frame.seconds)


def _agrees(starter: Starter, brief: Brief) -> bool:
    spec = starter.spec
    kinds = {indicator["type"] for indicator in spec.get("indicators", {}).values()}
    wishes = (
        (brief.label, spec["labels"]["kind"]),
        (brief.model, spec["model"]["kind"]),
        (brief.output, spec["model"].get("output", "classification")),
    )
    return set(brief.indicators) <= kinds and all(wish in (None, held) for wish, held in wishes)


def _from_starter(
    starter: Starter, universe: Universe, facts: PackFacts, past: Recollection, tried: Collection[str]
) -> Design | None:
    text = starter.text if universe == starter.universe else _copied(starter, universe, past.names)
    validation = read_spec(text, facts)
    if validation.spec is None or content_key(validation.spec) in tried:
        return None
    return _finished(validation.spec, text)


def _copied(starter: Starter, universe: Universe, names: Collection[str]) -> str:
    symbols, timeframe = universe
    label = {"label": starter.spec["labels"]["kind"], "main": main_indicator(starter.spec)}
    frames = {"symbols": list(symbols), "timeframe": timeframe}
    described = f"{starter.name} on {', '.join(symbols)}"
    mapping = {**starter.spec, "name": title(label, _next_number(names)), "description": described[:500]}
    mapping = _on_timeframe({**mapping, "universe": {**starter.spec["universe"], **frames}}, timeframe)
    validation = read_spec(as_yaml(mapping))
    return as_yaml(mapping) if validation.spec is None else to_yaml(validation.spec)


def _on_timeframe(mapping: dict[str, Any], timeframe: str) -> dict[str, Any]:
    """Return the mapping with no context timeframe that the base does not fit in."""
    context = mapping["universe"].get("context_timeframes", [])
    fitting = [frame for frame in context if Timeframe(frame).is_multiple_of(Timeframe(timeframe))]
    dropped = set(context) - set(fitting)
    own = mapping["universe"]["timeframe"]
    features = []
    for feature in mapping["features"]:
        frames = feature.get("timeframes")
        if isinstance(frames, list):
            kept = [own if not Timeframe(frame).is_multiple_of(Timeframe(own)) else frame for frame in frames]
            frames = list(dict.fromkeys(frame for frame in kept if frame not in dropped)) or [own]
            feature = {**feature, "timeframes": frames}
        features.append(feature)
    return {**mapping, "universe": {**mapping["universe"], "context_timeframes": fitting}, "features": features}


def as_yaml(mapping: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(dict(mapping), sort_keys=False))


def _next_number(names: Iterable[str]) -> int:
    numbers = [int(found.group(1)) for name in names if (found := _NUMBER.search(name))]
    return max(numbers, default=0) + 1


def _searched(
    request: DesignRequest, brief: Brief, facts: PackFacts, past: Recollection, tried: Collection[str]
) -> Design:
    universe = universe_of(request, brief, facts)
    ground = _ground(universe, brief, facts)
    seen = [e for e in past.experiences if (e.symbols, e.timeframe) == universe]
    lessons = [(encode(e.spec, ground), e.objective) for e in seen if e.objective is not None]
    seed = np.random.SeedSequence([request.random_state, len(seen)])
    chosen = propose(ground, lessons, seed)
    random = np.random.default_rng(seed.spawn(1)[0])
    number = _next_number(past.names)
    for _ in range(MOST_MUTATIONS + 1):
        spec = _accepted(ground, chosen, number, facts)
        if spec is not None and content_key(spec) not in tried:
            return _finished(spec, to_yaml(spec), _best(seen), _tested(spec, seen, past.hypotheses))
        chosen = _mutated(ground, chosen, random)
    raise Refused(
        f"no new strategy was found in {MOST_MUTATIONS} mutations",
        code="search_exhausted",
        observed=MOST_MUTATIONS,
        limit=MOST_MUTATIONS,
    )


def _ground(universe: Universe, brief: Brief, facts: PackFacts) -> Ground:
    held = [facts.symbols[symbol] for symbol in universe[0] if symbol in facts.symbols]
    fixed: dict[str, Choice] = {}
    for name, value in (("label", brief.label), ("model", brief.model), ("output", brief.output)):
        if value is not None:
            fixed[name] = value
    if brief.output == "regression":
        fixed.setdefault("label", "forward_return")
    fixed.update(zip(("main", "second"), brief.indicators, strict=False))
    return Ground(
        universe[0],
        universe[1],
        all(found.volume_known for found in held),
        all(found.shortable for found in held),
        fixed,
    )


def _accepted(ground: Ground, chosen: Choices, number: int, facts: PackFacts) -> StrategySpec | None:
    label = FAMILIES[str(chosen["label"])]
    described = f"{label} labels read from {chosen['main']} by {chosen['model']}"
    text = as_yaml(spell(ground, chosen, title(chosen, number), described))
    return read_spec(text, facts).spec


def _mutated(ground: Ground, chosen: Choices, random: np.random.Generator) -> Choices:
    """Return ``chosen`` with two free choices drawn anew."""
    free = [name for name in chosen if name not in ground.fixed]
    drawn = {free[position] for position in random.choice(len(free), size=min(2, len(free)), replace=False)}

    def pick(axis: Axis) -> Choice:
        if axis.name in chosen and axis.name not in drawn and chosen[axis.name] in axis.values:
            return chosen[axis.name]
        return axis.values[int(random.integers(len(axis.values)))]

    return choose(ground, pick)


def _best(seen: Sequence[Experience]) -> tuple[str, ...]:
    judged = [e for e in seen if e.objective is not None]
    ranked = sorted(judged, key=lambda e: (-(e.objective or 0.0), e.operation_id))
    return tuple(experience.operation_id for experience in ranked[:_BEST])


def _tested(spec: StrategySpec, seen: Iterable[Experience], hypotheses: Iterable[Hypothesis]) -> str | None:
    origins = {experience.operation_id for experience in seen}
    content = spec.model_dump(mode="json")
    for hypothesis in hypotheses:
        if hypothesis.status == "untested" and hypothesis.origin in origins and matches(hypothesis.change, content):
            return hypothesis.id
    return None


def _finished(spec: StrategySpec, text: str, parents: tuple[str, ...] = (), hypothesis: str | None = None) -> Design:
    return Design(spec.name, text, strategy_hash(spec), content_key(spec), parents=parents, hypothesis=hypothesis)


def _with_brief(found: Design, brief: Brief) -> Design:
    return Design(
        found.name,
        found.text,
        found.strategy_hash,
        found.key,
        brief.used,
        brief.ignored,
        found.parents,
        found.hypothesis,
    )
