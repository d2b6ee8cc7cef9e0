"""What may be asked of a market, and the one check every order passes: backtest, paper and live alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Literal

from mintmark.domain.errors import Refusal, Refused
from mintmark.domain.instruments import Instrument
from mintmark.domain.money import exact

Action = Literal["buy", "sell", "close", "close_partial", "modify", "cancel"]
OrderType = Literal["market", "limit", "stop", "stop_limit"]
Expiry = Literal["gtc", "day"] | int

ORDER_ACTIONS = ("buy", "sell", "close", "close_partial", "modify", "cancel")
ORDER_TYPES = ("market", "limit", "stop", "stop_limit")
ALL_OFFERS = frozenset({*ORDER_TYPES, "gtc", "day", "bars"})
"""Every type and expiry an instrument may offer; ``bars`` is a number of bars."""

ORDER_CODES: Mapping[str, int] = {
    "trading_disabled": 10017,
    "long_only": 10042,
    "short_only": 10043,
    "close_only": 10044,
    "bad_price": 10015,
    "bad_volume": 10014,
    "frozen": 10029,
    "stops_too_near": 10016,
    "no_money": 10019,
    "bad_fill_mode": 10030,
    "market_closed": 10018,
}
"""The reasons an order is refused for, in the order they are asked, with their numbers in MetaTrader's table."""

_PRICES = ("price", "limit_price", "stop_loss", "take_profit")
_NUMBERS = ("size", *_PRICES, "trailing", "trailing_activation")


@dataclass(frozen=True)
class Order:
    """One wish: to trade, or to change or take back one made before.

    ``price`` is the limit of a limit order and the trigger of a stop or stop-limit, whose limit is ``limit_price``.
    ``size`` None leaves the size to a rule. ``trailing`` and ``trailing_activation`` are fractions of the price.
    ``target``: the number of the order that ``modify`` or ``cancel`` means; without it they mean the position's
    levels, or every order. In a ``modify`` None leaves as it is and a level of 0 takes it away. ``expiry`` None is
    ``gtc``.

    Raises:
        FloatInMoney: a number is a float.
        Refused: ``bad_value`` naming a field that cannot be.
    """

    action: Action
    type: OrderType = "market"
    size: Decimal | None = None
    price: Decimal | None = None
    limit_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    trailing: Decimal | None = None
    trailing_activation: Decimal | None = None
    expiry: Expiry | None = None
    target: int | None = None

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, exact(getattr(self, name)))
        trailing, activation = self.trailing or 0, self.trailing_activation or 0
        lasting = self.expiry is None or self.expiry in ("gtc", "day") or _is_count(self.expiry)
        prices = [self.price, self.limit_price]
        levels = [*prices, self.stop_loss, self.take_profit, self.trailing]
        right = {
            "action": self.action in ORDER_ACTIONS,
            "type": self.type in ORDER_TYPES and (self.is_entry or self.type == "market"),
            "trailing": 0 <= trailing < 1,
            "trailing_activation": activation >= 0,
            "expiry": lasting,
            "price": not (self.type == "market" and self.is_entry and prices != [None, None]),
            "limit_price": self.limit_price is None or self.type == "stop_limit" or self.action == "modify",
            "stop_loss": self.is_entry or self.action == "modify" or all(level is None for level in levels),
        }
        for name in (name for name, is_right in right.items() if not is_right):
            raise Refused(
                f"{self.action}: {name} cannot be {getattr(self, name)!r}", code="bad_value", field=name,
                value=str(getattr(self, name)),
            )  # fmt: skip

    @property
    def is_entry(self) -> bool:
        """Whether it trades by a side of its own."""
        return self.action in ("buy", "sell")

    @property
    def side(self) -> int:
        """1 for a buy, -1 for a sell, 0 for what has no side of its own."""
        return {"buy": 1, "sell": -1}.get(self.action, 0)


def _is_count(expiry: object) -> bool:
    return isinstance(expiry, int) and not isinstance(expiry, bool) and expiry > 0


@dataclass(frozen=True)
class Quote:
    """What may be sold at (``bid``) and bought at (``ask``) at the moment of the check."""

    bid: Decimal
    ask: Decimal


@dataclass(frozen=True)
class Funds:
    """What the fill would take from free equity, and how much of that there is."""

    needed: Decimal
    free: Decimal


def changed(order: Order, change: Order) -> Order:
    """Return ``order`` with what ``change`` gives in place of its own; a level of 0 goes away.

    Raises:
        Refused: ``bad_value`` where the order has no such price.
    """
    names = [field.name for field in fields(Order) if field.name not in ("action", "type", "target")]
    given = {name: getattr(change, name) for name in names if getattr(change, name) is not None}
    gone = {name: None for name in ("stop_loss", "take_profit", "trailing") if given.get(name) == 0}
    return replace(order, **{**given, **gone})


def on_grid(price: Decimal, tick: Decimal, up: bool) -> Decimal:
    """Return ``price`` on the next tick above or below; on the tick, or without one, it stays.

    >>> on_grid(Decimal("1.00004"), Decimal("0.0001"), up=True)
    Decimal('1.0001')
    """
    if not tick:
        return price
    return (price / tick).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR) * tick


def settled(order: Order, side: int, tick: Decimal) -> Order:
    """Return ``order`` with its prices on the tick: limits a buyer's down, triggers his up, stops toward the entry."""
    up = side > 0
    ups = {"price": up != (order.type == "limit"), "limit_price": not up, "stop_loss": up, "take_profit": up}
    prices = {name: getattr(order, name) for name in _PRICES}
    there: dict[str, Any] = {
        name: on_grid(price, tick, ups[name]) for name, price in prices.items() if price is not None
    }
    return replace(order, **there)


def check_order(
    order: Order,
    instrument: Instrument,
    quote: Quote,
    *,
    held: Decimal = Decimal(0),
    before: Order | None = None,
    funds: Funds | None = None,
    offers: Collection[str] = ALL_OFFERS,
    in_hours: bool = True,
) -> Refusal | None:
    """Return the first reason of ``ORDER_CODES`` why ``order`` may not be sent, or None.

    ``held``: the signed size of the position; what only reduces it asks no permission. ``before``: of a change, the
    order as it stood (``order`` is then what it would become); of a ``modify`` of the position's levels, an order of
    that action with the levels in force. Prices are put on the tick first, the quote on the tick against the
    trader. ``size`` and ``funds`` None are not asked after: they are known later.
    """
    tick = instrument.tick
    side = order.side or (1 if held > 0 else -1)
    there = Quote(on_grid(quote.bid, tick, up=False), on_grid(quote.ask, tick, up=True))
    case = _Case(settled(order, side, tick), side, instrument, there, held, before, funds, frozenset(offers), in_hours)
    for code, number in ORDER_CODES.items():
        found = _CHECKS[code](case)
        if found is not None:
            observed, limit = found
            message = f"{instrument.symbol}: {code}, found {observed}, limit {limit}"
            return Refusal(code, message, observed, limit, {"number": number})
    return None


@dataclass(frozen=True)
class _Case:
    order: Order
    side: int
    instrument: Instrument
    quote: Quote
    held: Decimal
    before: Order | None
    funds: Funds | None
    offers: frozenset[str]
    in_hours: bool

    @property
    def opens(self) -> bool:
        """Whether something of it would open: a side of its own and more than what it closes."""
        order = self.order
        against = -order.side * self.held
        return order.is_entry and (against <= 0 or (order.size is not None and order.size > against))

    @property
    def leave(self) -> Decimal:
        """The price a position of this side is left at now."""
        return self.quote.bid if self.side > 0 else self.quote.ask

    @property
    def entry(self) -> Decimal:
        """The price a position of this side is entered at now."""
        return self.quote.ask if self.side > 0 else self.quote.bid

    def protected(self) -> list[Decimal]:
        """Return the prices that stop and target must lie on either side of: the order's own, or the market's."""
        order = self.order
        own = [price for price in (order.price, order.limit_price) if price is not None]
        return own if order.is_entry and own else [self.leave]


_Found = tuple[Any, Any] | None


def _disabled(case: _Case) -> _Found:
    disabled = case.instrument.trade_mode == "disabled" and case.order.action != "cancel"
    return ("disabled", "full") if disabled else None


def _permission(code: str) -> Callable[[_Case], _Found]:
    def check(case: _Case) -> _Found:
        mode = case.instrument.trade_mode
        may = ("full", "long_only") if case.side > 0 else ("full", "short_only")
        allowed = mode in may and (case.side > 0 or case.instrument.shortable)
        answer = mode if mode in ("close_only", "short_only") else "long_only"
        return (case.order.action, mode) if case.opens and not allowed and answer == code else None

    return check


def _bad_price(case: _Case) -> _Found:
    order, side = case.order, case.side
    if order.is_entry and order.type != "market":
        if order.price is None or order.price <= 0:
            return order.price, "above 0"
        if order.type == "stop_limit" and (order.limit_price is None or order.limit_price <= 0):
            return order.limit_price, "above 0"
        ahead = side * (order.price - case.entry)
        if (ahead >= 0) if order.type == "limit" else (ahead <= 0):
            return order.price, case.entry
    bounds = case.protected()
    if order.stop_loss is not None and (
        order.stop_loss <= 0 or any(side * (bound - order.stop_loss) <= 0 for bound in bounds)
    ):
        return order.stop_loss, bounds[0]
    if order.take_profit is not None and (
        order.take_profit <= 0 or any(side * (order.take_profit - bound) <= 0 for bound in bounds)
    ):
        return order.take_profit, bounds[0]
    return None


def _bad_volume(case: _Case) -> _Found:
    order, x = case.order, case.instrument
    size = order.size
    if order.action == "close_partial" and size is None:
        return None, x.size_min
    if size is None or order.action not in ("buy", "sell", "close_partial"):
        return None
    if size < x.size_min:
        return size, x.size_min
    if size > x.size_max:
        return size, x.size_max
    return (size, x.size_step) if size % x.size_step else None


def _frozen(case: _Case) -> _Found:
    level, before = case.instrument.freeze_level, case.before
    if before is None or level <= 0 or not case.instrument.tick:
        return None
    if before.is_entry:
        market = case.quote.ask if before.side > 0 else case.quote.bid
        prices = [] if before.type == "market" else [before.price]
    else:
        market, prices = case.leave, [before.stop_loss, before.take_profit]
    return _nearest(prices, market, case.instrument.tick, level + 1)


def _stops_too_near(case: _Case) -> _Found:
    order, x = case.order, case.instrument
    if x.stops_level <= 0 or not x.tick:
        return None
    resting = [order.price] if order.is_entry and order.type != "market" else []
    found = _nearest(resting, case.entry, x.tick, x.stops_level)
    for bound in case.protected():
        found = found or _nearest([order.stop_loss, order.take_profit], bound, x.tick, x.stops_level)
    return found


def _nearest(prices: list[Decimal | None], market: Decimal, tick: Decimal, level: int) -> _Found:
    """Return the first distance in ticks that is under ``level``, with it."""
    distances = [abs(price - market) / tick for price in prices if price is not None]
    return next(((distance, level) for distance in distances if distance < level), None)


def _no_money(case: _Case) -> _Found:
    funds = case.funds
    return None if funds is None or funds.needed <= funds.free else (funds.needed, funds.free)


def _bad_fill_mode(case: _Case) -> _Found:
    expiry = case.order.expiry or "gtc"
    wanted = ((case.order.type if case.order.is_entry else "market"), "bars" if isinstance(expiry, int) else expiry)
    missing = [word for word in wanted if word not in case.offers]
    return (missing[0], sorted(case.offers)) if missing else None


def _market_closed(case: _Case) -> _Found:
    return ("day", "trading hours") if case.order.expiry == "day" and not case.in_hours else None


_CHECKS: Mapping[str, Callable[[_Case], _Found]] = {
    "trading_disabled": _disabled,
    "long_only": _permission("long_only"),
    "short_only": _permission("short_only"),
    "close_only": _permission("close_only"),
    "bad_price": _bad_price,
    "bad_volume": _bad_volume,
    "frozen": _frozen,
    "stops_too_near": _stops_too_near,
    "no_money": _no_money,
    "bad_fill_mode": _bad_fill_mode,
    "market_closed": _market_closed,
}
