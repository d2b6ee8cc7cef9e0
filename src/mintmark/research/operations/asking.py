"""What a trigger asks for, checked in the fixed order: body, pack, strategy, designer, budget, capacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mintmark.domain import Refused, Timeframe
from mintmark.research.brief import read_brief
from mintmark.research.design import DesignRequest, universe_of
from mintmark.research.operations.context import Context
from mintmark.research.operations.facts import require_universe
from mintmark.research.operations.library import Library, StrategyFile
from mintmark.strategy import StrategySpec, read_spec

if TYPE_CHECKING:
    from mintmark.data import Pack

Designer = Literal["algorithm", "model"]
LONGEST_BRIEF = 2000
MOST_SYMBOLS = 50
MIN_BARS = 1_000
MIN_COMPLETENESS = 0.80


@dataclass(frozen=True)
class Trigger:
    """A trigger whose body is well formed."""

    brief: str | None
    strategy: str | None
    pack_id: str | None
    symbols: tuple[str, ...]
    timeframe: str | None
    gate_policy: str
    random_state: int
    designer: Designer | None


@dataclass(frozen=True)
class Accepted:
    """A trigger that passed every check but budget and capacity."""

    trigger: Trigger
    pack: Pack
    designer: Designer | None
    file: StrategyFile | None
    spec: StrategySpec | None


def read_trigger(context: Context, **given: Any) -> Trigger:
    """Return the body of a trigger, defaults filled in.

    Raises:
        Refused: ``invalid_request`` with each problem's path; ``conflicting_fields``.
    """
    problems = list(_problems(given))
    if problems:
        said = "; ".join(f"{problem['path']}: {problem['message']}" for problem in problems)
        raise Refused(said, code="invalid_request", problems=problems)
    _refuse_conflicts(given)
    rules = context.rules
    state = given.get("random_state")
    timeframe = given.get("timeframe")
    return Trigger(
        given.get("brief"),
        given.get("strategy"),
        given.get("pack_id"),
        tuple(given.get("symbols") or ()),
        None if timeframe is None else str(Timeframe(timeframe)),
        given.get("gate_policy") or rules.gate_policy,
        rules.random_state if state is None else state,
        given.get("designer"),
    )


def _problems(given: dict[str, Any]) -> Any:
    brief, symbols, state = given.get("brief"), given.get("symbols"), given.get("random_state")
    if brief is not None and (not isinstance(brief, str) or len(brief) > LONGEST_BRIEF):
        yield _problem("brief", f"expected text of at most {LONGEST_BRIEF} characters")
    if symbols is not None and (not symbols or len(symbols) > MOST_SYMBOLS or len(set(symbols)) < len(symbols)):
        yield _problem("symbols", f"expected 1 to {MOST_SYMBOLS} symbols, each once")
    if given.get("timeframe") is not None and given["timeframe"] not in list(Timeframe):
        yield _problem("timeframe", f"expected one of {', '.join(Timeframe)}, found {given['timeframe']!r}")
    if state is not None and (isinstance(state, bool) or not isinstance(state, int) or not 0 <= state < 2**32):
        yield _problem("random_state", f"expected a whole number from 0 to 2**32 - 1, found {state!r}")
    for name, words in (("gate_policy", ("fail", "assess")), ("designer", ("algorithm", "model"))):
        if given.get(name) is not None and given[name] not in words:
            yield _problem(name, f"expected {' or '.join(words)}, found {given[name]!r}")


def _problem(path: str, message: str) -> dict[str, Any]:
    return {"path": path, "message": message, "code": "wrong_value"}


def _refuse_conflicts(given: dict[str, Any]) -> None:
    if given.get("strategy") is None:
        return
    others = [name for name in ("brief", "symbols", "timeframe", "designer") if given.get(name) is not None]
    if others:
        message = f"strategy goes with neither of {', '.join(others)}"
        raise Refused(message, code="conflicting_fields", fields=["strategy", *others])


def accept(context: Context, library: Library, trigger: Trigger) -> Accepted:
    """Return ``trigger`` with its pack, strategy and designer.

    Raises:
        Refused: ``no_pack``, ``not_found``, ``not_enough_bars``, ``too_incomplete``, ``strategy_invalid`` and the
            other codes of the validator.
    """
    if trigger.strategy is None:
        pack = pack_for(context, trigger.pack_id, trigger.symbols, trigger.timeframe)
        _require_ground(context, pack, trigger)
        return Accepted(trigger, pack, trigger.designer or "algorithm", None, None)
    pack, file = pack_and_file(context, library, trigger.strategy, trigger.pack_id)
    return Accepted(trigger, pack, None, file, read_spec(file.text, pack.facts()).require())


def pack_and_file(context: Context, library: Library, name: str, pack_id: str | None) -> tuple[Pack, StrategyFile]:
    """Return the pack for a saved strategy and its file; raises ``no_pack`` before ``not_found``."""
    try:
        file = library.strategy(name)
        spec = read_spec(file.text).spec
    except Refused:
        pack_for(context, pack_id, (), None)
        raise
    universe = (spec.universe.symbols, str(spec.universe.timeframe)) if spec is not None else ((), None)
    return pack_for(context, pack_id, *universe), file


def pack_for(context: Context, pack_id: str | None, symbols: Sequence[str], timeframe: str | None) -> Pack:
    """Return the pack named, else the newest live one that holds the symbols.

    Raises:
        Refused: ``not_found`` for an unknown id; ``no_pack``, listing what there is; ``unadjusted_split``.
    """
    pack = _named_or_newest(context, pack_id, symbols, timeframe)
    require_no_split(context, pack, symbols)
    return pack


def require_no_split(context: Context, pack: Pack, symbols: Sequence[str]) -> None:
    """Raise ``unadjusted_split`` where prices of ``pack`` still move by a split that it or the house knows."""
    from mintmark.data import require_adjusted

    for symbol in set(symbols).intersection(pack.symbols()):
        known = [*pack.actions(symbol), *context.data.known_actions(symbol)]
        if any(action.kind == "split" for action in known):
            require_adjusted(pack.bars(symbol), known, pack.instrument(symbol).calendar)


def _named_or_newest(context: Context, pack_id: str | None, symbols: Sequence[str], timeframe: str | None) -> Pack:
    if pack_id is not None:
        return context.data.open(pack_id)
    found = context.data.newest(list(symbols), timeframe)
    if found is None:
        wanted = f"{', '.join(symbols) or 'any symbol'} {timeframe or ''}".strip()
        held = context.data.held()
        there = f"there is {', '.join(held[:20])}" if held else "there is none"
        message = f"no live pack holds {wanted}; {there}; make one with `mintmark data sample` or `mintmark pack seal`"
        raise Refused(message, code="no_pack", symbols=list(symbols), timeframe=timeframe, held=held[:50])
    return context.data.open(found)


def _require_ground(context: Context, pack: Pack, trigger: Trigger) -> None:
    facts = pack.facts()
    require_universe(facts, trigger.symbols, trigger.timeframe)
    brief = read_brief(trigger.brief or "", facts.symbols)
    request = DesignRequest(trigger.random_state, trigger.brief or "", trigger.symbols, trigger.timeframe)
    symbols, timeframe = universe_of(request, brief, facts)
    require_universe(facts, symbols, timeframe)
    require_no_split(context, pack, symbols)
    for symbol in symbols:
        found = facts.symbols[symbol]
        counted = found.within(Timeframe(timeframe), found.first, found.last + 1) if found.within else None
        bars, completeness = counted or (found.bars, found.completeness)
        if bars < MIN_BARS:
            message = f"expected at least {MIN_BARS} bars of {symbol} {timeframe}, found {bars}"
            raise Refused(message, code="not_enough_bars", symbol=symbol, found=bars, needed=MIN_BARS)
        if completeness < MIN_COMPLETENESS:
            message = f"expected {symbol} {timeframe} to be {MIN_COMPLETENESS} complete, found {completeness:.3f}"
            raise Refused(message, code="too_incomplete", symbol=symbol, found=completeness, needed=MIN_COMPLETENESS)
