"""Pack facts as JSON, so that a process may judge strategies without the pack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mintmark.domain import Refused, Timeframe
from mintmark.strategy import PackFacts, SymbolFacts

if TYPE_CHECKING:
    from mintmark.data import Pack

_PLAIN = ("bars", "first", "last", "completeness", "volume_known", "shortable", "tradable", "leverage")


def written_facts(pack: Pack, timeframes: Iterable[str]) -> dict[str, Any]:
    """Return the facts of ``pack``, bars counted in each of ``timeframes`` that a series can give."""
    facts = pack.facts()
    return {"pack_id": facts.pack_id, "symbols": {s: _written(f, timeframes) for s, f in facts.symbols.items()}}


def _written(found: SymbolFacts, timeframes: Iterable[str]) -> dict[str, Any]:
    base = found.base_timeframe
    frames = {base} | {frame for name in timeframes if (frame := Timeframe(name)).is_multiple_of(base)}
    counts = {}
    if found.within is not None:
        counts = {str(frame): found.within(frame, found.first, found.last + 1) for frame in sorted(frames)}
    return {
        "base_timeframe": str(base),
        **{name: getattr(found, name) for name in _PLAIN},
        "jump_unexplained": list(found.jump_unexplained),
        "counts": counts,
    }


def read_facts(given: Mapping[str, Any]) -> PackFacts:
    """Return the facts ``written_facts`` wrote."""
    return PackFacts(given["pack_id"], {symbol: _read(found) for symbol, found in given["symbols"].items()})


def _read(given: Mapping[str, Any]) -> SymbolFacts:
    counts: Mapping[str, tuple[int, float]] = given["counts"]

    def within(frame: Timeframe, _start: int, _stop: int) -> tuple[int, float]:
        bars, completeness = counts.get(str(frame), (given["bars"], given["completeness"]))
        return int(bars), float(completeness)

    return SymbolFacts(
        base_timeframe=Timeframe(given["base_timeframe"]),
        **{name: given[name] for name in _PLAIN},
        jump_unexplained=tuple(given["jump_unexplained"]),
        within=within,
    )


def require_universe(facts: PackFacts, symbols: Iterable[str], timeframe: str | None) -> None:
    """Refuse symbols the pack does not trade, or a timeframe it cannot give them in.

    Raises:
        Refused: ``no_pack``, listing what there is.
    """
    held = sorted(symbol for symbol, found in facts.symbols.items() if found.tradable)
    for symbol in symbols:
        if symbol not in held:
            listed = ", ".join(held[:20]) or "nothing tradable"
            message = f"pack {facts.pack_id} holds no tradable {symbol}; it holds {listed}"
            raise Refused(message, code="no_pack", symbol=symbol, held=held[:50])
        base = facts.symbols[symbol].base_timeframe
        if timeframe and timeframe != str(base) and not Timeframe(timeframe).is_multiple_of(base):
            message = f"pack {facts.pack_id} holds {symbol} from {base} on, not {timeframe}"
            raise Refused(message, code="no_pack", symbol=symbol, timeframe=timeframe, base=str(base))
