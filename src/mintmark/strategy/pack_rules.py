"""What a strategy asks of the pack it is to run on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from mintmark.domain import Timeframe, day_end, day_start, moment_of, stamp_of
from mintmark.strategy.facts import PackFacts, SymbolFacts
from mintmark.strategy.grammar import Risk, Span
from mintmark.strategy.rules import Draft
from mintmark.strategy.verdict import SpecError, nearest

MIN_BARS = 1_000
MIN_COMPLETENESS = 0.80


def pack_errors(draft: Draft, facts: PackFacts) -> Iterator[SpecError]:
    """Yield every reason why the sound sections of ``draft`` cannot run on the pack of ``facts``."""
    universe = draft.universe
    if universe is None:
        return
    found: dict[str, SymbolFacts] = {}
    tradable = sorted(symbol for symbol, series in facts.symbols.items() if series.tradable)
    for at, symbol in enumerate(universe.symbols):
        if symbol in tradable:
            found[symbol] = facts.symbols[symbol]
            continue
        message = f"expected a tradable symbol of {facts.pack_id} ({', '.join(tradable) or 'none'}), found {symbol}"
        yield SpecError(
            f"universe.symbols.{at}", "unknown_symbol", message, symbol, tradable, nearest(symbol, tradable)
        )
    for symbol, series in found.items():
        yield from _series_errors(draft, universe.timeframe, symbol, series)
    if found and draft.risk is not None:
        yield from _gross_errors(draft.risk, found)
    if found and draft.span is not None:
        yield from _span_errors(draft.span, universe.timeframe, found)


def _series_errors(draft: Draft, base: Timeframe, symbol: str, series: SymbolFacts) -> Iterator[SpecError]:
    frame = series.base_timeframe
    if base is not frame and not base.is_multiple_of(frame):
        message = f"expected {frame} or a whole multiple of it for {symbol}, found {base}"
        yield SpecError("universe.timeframe", "timeframe_unavailable", message, str(base), str(frame))
    if not series.volume_known:
        for name, indicator in draft.indicators.items():
            if indicator is not None and indicator.uses_volume:
                message = f"expected a known volume for {indicator.type}, found none for {symbol}"
                yield SpecError(f"indicators.{name}", "volume_unknown", message, symbol)
    if draft.decisions is not None and draft.decisions.allow_short and not series.shortable:
        message = f"expected allow_short false: {symbol} may not be sold short"
        yield SpecError("decisions.allow_short", "short_not_allowed", message, True, [False])


def _gross_errors(risk: Risk, found: dict[str, SymbolFacts]) -> Iterator[SpecError]:
    """Yield an error where the weights that ``risk`` allows may need more margin than there is."""
    most, allowed, margin = largest_weight(risk, len(found)), 0.0, 0.0
    # What needs the most margin first: that is the worst the weights can come to.
    for leverage in sorted(max(series.leverage, 1e-9) for series in found.values()):
        fits = min(most, max(1.0 - margin, 0.0) * leverage)
        allowed, margin = allowed + fits, margin + most / leverage
    if margin > 1.0 + 1e-9 and risk.max_gross > allowed + 1e-9:
        message = (
            f"expected a max_gross of at most {allowed:.6g}, the leverage of {', '.join(found)} carries no more; "
            f"found {risk.max_gross:g}: lower risk.max_gross, or trade instruments of more leverage"
        )
        yield SpecError("risk.max_gross", "gross_over_leverage", message, risk.max_gross, round(allowed, 6))


def largest_weight(risk: Risk, symbols: int) -> float:
    """Return the largest weight an entry can get, without its sign."""
    sizing = risk.sizing
    if sizing.method == "volatility_target":
        return 1.0
    share = sizing.risk / (risk.stop_loss or sizing.risk) if sizing.method == "risk" else sizing.fraction
    return min(share / symbols, 1.0)


def _span_errors(span: Span, base: Timeframe, found: dict[str, SymbolFacts]) -> Iterator[SpecError]:
    first = max(series.first for series in found.values())
    last = min(series.last for series in found.values())
    outside = list(_outside(span, _day(first), _day(last)))
    yield from outside
    if outside:
        return
    start, stop = span_stamps(span, first, last)
    for symbol, series in found.items():
        jumps = [stamp for stamp in series.jump_unexplained if start <= stamp < stop]
        if jumps:
            when = moment_of(jumps[0]).isoformat()
            message = (
                f"expected a series without unexplained jumps, found {len(jumps)} in {symbol}, the first at {when}"
            )
            yield SpecError(
                "universe.symbols", "jump_unexplained", message, [moment_of(s).isoformat() for s in jumps[:20]]
            )
        yield from _count_errors(base, symbol, series, start, stop)


def _outside(span: Span, first: date, last: date) -> Iterator[SpecError]:
    for word, day in (("start", span.start), ("end", span.end)):
        if day is not None and not first <= day <= last:
            message = f"expected a day from {first} to {last}, found {day}"
            yield SpecError(f"span.{word}", "outside_pack", message, str(day), [str(first), str(last)])


def _count_errors(base: Timeframe, symbol: str, series: SymbolFacts, start: int, stop: int) -> Iterator[SpecError]:
    bars, completeness = series.bars, series.completeness
    if series.within is not None:
        bars, completeness = series.within(base, start, stop)
    if bars < MIN_BARS:
        message = f"expected at least {MIN_BARS} bars of {base} in the span, found {bars} of {symbol}"
        yield SpecError("span", "not_enough_bars", message, bars, MIN_BARS)
    if completeness < MIN_COMPLETENESS:
        message = (
            f"expected a completeness of at least {MIN_COMPLETENESS} in the span, found {completeness:.3f} of {symbol}"
        )
        yield SpecError("span", "too_incomplete", message, completeness, MIN_COMPLETENESS)


def span_stamps(span: Span, first: int, last: int) -> tuple[int, int]:
    """Return the span as stamps, start <= stamp < stop; ``first`` and ``last`` are those all symbols have."""
    start = first if span.start is None else max(first, stamp_of(day_start(span.start)))
    stop = last + 1 if span.end is None else min(last + 1, stamp_of(day_end(span.end)))
    return start, stop


def _day(stamp: int) -> date:
    moment: datetime = moment_of(stamp)
    return moment.date()
