"""What a simulation is asked to run: a trained strategy or the built-in rule, on which data, with what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import Money, Refused
from mintmark.research.operations.asking import pack_for, require_no_split
from mintmark.research.operations.facts import require_universe
from mintmark.research.operations.market_file import CAPITAL
from mintmark.research.operations.simulation_ground import Span, span_of
from mintmark.research.sweep_keys import read_values, rule_values, with_values
from mintmark.research.terms import terms_of
from mintmark.strategy import PackFacts, StrategySpec, read_spec, strategy_hash, to_yaml

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.research.operations.context import Context
    from mintmark.research.operations.library import Library, StrategyFile

RULE = "sma_cross"
RULE_HASH = hashlib.sha256(f"rule:{RULE}".encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class SimulationOrder:
    """A simulation that may begin. ``spec`` is None for the built-in rule.

    ``parameters``: strategy_name, strategy_hash, text and model_path (None for the rule), values (what was set; for
    the rule its averages), initial_capital, random_state, window (start and end, days or None) and, where any are
    asked for, terms.
    """

    name: str
    pack: Pack
    spec: StrategySpec | None
    symbols: tuple[str, ...]
    timeframe: str
    parameters: Mapping[str, Any]

    @cached_property
    def span(self) -> Span:
        """The bars it runs on; raises as ``span_of``."""
        return span_of(self.pack, self.spec, self.symbols, self.timeframe, self.parameters["window"])

    def require_warm_up(self) -> None:
        """Refuse bars too few for the averages of the rule: ``not_enough_bars``. A strategy was asked already."""
        if self.spec is not None:
            return
        needed = int(self.parameters["values"]["slow"]) + 2
        found = max(int(np.searchsorted(bars.stamps, self.span.stop)) for bars in self.span.bars.values())
        if found < needed:
            message = f"expected at least {needed} bars for an average of {needed - 2}, found {found}"
            raise Refused(message, code="not_enough_bars", needed=needed, found=found)

    def require_rates(self) -> None:
        """Refuse a currency that the pack cannot convert into the account's: ``missing_rate``."""
        account = self.parameters["initial_capital"]["currency"]
        for symbol, bars in self.span.bars.items():
            currency = self.pack.instrument(symbol).currency
            if currency != account:
                first, last = np.searchsorted(bars.stamps, [self.span.start, self.span.stop])
                self.pack.rates(currency, account, bars.stamps[first:last])

    def metadata(self, **own: Any) -> dict[str, Any]:
        """Return what the operation stores of the order; ``own`` joins the parameters."""
        frames = [self.timeframe] if self.spec is None else [str(frame) for frame in self.spec.universe.timeframes]
        return {
            "symbols": list(self.symbols),
            "timeframes": frames,
            "pack_id": self.pack.id,
            **self.parameters["window"],
            "parameters": {**self.parameters, **own},
        }


def read_simulation(
    context: Context,
    library: Library,
    row: Mapping[str, Any] | None,
    name: str,
    pack_id: str | None,
    options: Mapping[str, Any],
) -> SimulationOrder:
    """Return the order ``options`` ask for; ``row`` is what is stored of the strategy ``name``.

    The rule ``sma_cross`` is run on the symbol named, or the only one its pack trades, in the timeframe named
    or the finest there is.

    Raises:
        Refused: ``not_found``, ``strategy_invalid``, ``model_missing``, ``no_pack``, ``symbol_required``.
    """
    if name == RULE:
        return _rule_order(context, pack_id, options)
    spec, parameters = strategy_parameters(library.strategy(name), row, context.rules.random_state, options)
    pack = pack_for(context, pack_id, spec.universe.symbols, str(spec.universe.timeframe))
    facts = pack.facts()
    read_spec(parameters["text"], facts).require()
    parameters |= _terms(options, facts, spec.universe.symbols)
    return SimulationOrder(name, pack, spec, spec.universe.symbols, str(spec.universe.timeframe), parameters)


def strategy_parameters(
    file: StrategyFile, row: Mapping[str, Any] | None, random_state: int, options: Mapping[str, Any]
) -> tuple[StrategySpec, dict[str, Any]]:
    """Return the strategy with the symbol, timeframe and values asked for, and the parameters of its run.

    Raises:
        Refused: ``strategy_invalid``; ``unknown_name``, ``bad_value`` and the validator's codes for what is set;
            ``model_missing`` when the strategy was never trained.
    """
    spec = read_spec(file.text).require()
    given = {name: value for name, value in options.items() if value is not None}
    changed: dict[str, Any] = {}
    if "symbol" in given:
        changed["symbols"] = (given["symbol"],)
    if "timeframe" in given:
        changed["timeframe"] = type(spec.universe.timeframe)(given["timeframe"])
    if changed:
        spec = spec.model_copy(update={"universe": spec.universe.model_copy(update=changed)})
    values = read_values(given["set"], spec) if "set" in given else {}
    spec = with_values(spec, values)
    common = _common(random_state, given)
    model_path = given.get("model_path") or (row or {}).get("model_path")
    if not model_path:
        message = f"{file.name} has no model; train it with `mintmark train {file.name}`"
        raise Refused(message, code="model_missing", name=file.name)
    own = {"strategy_hash": strategy_hash(spec), "text": to_yaml(spec), "model_path": model_path, "values": values}
    return spec, {"strategy_name": file.name, **own, **common}


def _rule_order(context: Context, pack_id: str | None, options: Mapping[str, Any]) -> SimulationOrder:
    given = {name: value for name, value in options.items() if value is not None}
    if "model_path" in given:
        raise Refused(f"{RULE} needs no model", code="conflicting_fields", fields=["strategy", "model_path"])
    symbol, timeframe = given.get("symbol"), given.get("timeframe")
    pack = pack_for(context, pack_id, [symbol] if symbol else [], timeframe)
    facts = pack.facts()
    if symbol is None:
        held = sorted(name for name, found in facts.symbols.items() if found.tradable)
        if len(held) != 1:
            message = f"{RULE} has no symbol of its own: name one of {', '.join(held[:20])} as its symbol"
            raise Refused(message, code="symbol_required", held=held[:50])
        symbol = held[0]
        require_no_split(context, pack, [symbol])
    require_universe(facts, [symbol], timeframe)
    frame = str(timeframe or pack.base_timeframe(symbol))
    own: dict[str, Any] = {"strategy_name": RULE, "strategy_hash": RULE_HASH, "text": None, "model_path": None}
    own["values"] = rule_values(given.get("set"))
    parameters = {**own, **_common(context.rules.random_state, given), **_terms(given, facts, (symbol,))}
    return SimulationOrder(RULE, pack, None, (symbol,), frame, parameters)


def _terms(options: Mapping[str, Any], facts: PackFacts, symbols: tuple[str, ...]) -> dict[str, Any]:
    found = terms_of({name: value for name, value in options.items() if value is not None}, facts, symbols)
    return {"terms": found} if found else {}


def _common(random_state: int, given: Mapping[str, Any]) -> dict[str, Any]:
    capital = Money(Decimal(str(given["initial_capital"])), "USD") if "initial_capital" in given else CAPITAL
    if capital.amount < 1:
        message = f"expected a capital of at least 1 {capital.currency}, found {capital.amount}"
        raise Refused(message, code="bad_value", field="initial_capital", value=str(capital.amount))
    return {
        "initial_capital": capital.as_json(),
        "random_state": given.get("random_state", random_state),
        "window": {name: str(given[name]) if name in given else None for name in ("start", "end")},
    }
