"""The second opinion's book: prices, costs, positions, and what leaving them comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Lot:
    bar: int
    own_bar: int
    stamp: int
    size: float
    price: float
    reference: float
    rate: float
    costs: dict[str, float]
    high: float
    low: float
    flags: set[str]
    dividends: float = 0.0
    intervals: int = 0
    order: int = -1


@dataclass
class Held:
    """One instrument's position and its waiting orders."""

    side: int = 0
    lots: list[Lot] = field(default_factory=list)
    entry: float = 0.0
    stop: float | None = None
    target: float | None = None
    trail: float | None = None
    best: float = 0.0
    mark: float = 0.0
    half: float = 0.0
    marked_at: int = 0
    own_bars: int = 0
    seen: float = 0.0
    weight: float = 0.0
    closing: str | None = None
    order: dict[str, Any] | None = None
    deferred: bool = False

    @property
    def size(self) -> float:
        return sum(lot.size for lot in self.lots)


class OracleBook:
    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.stamps: list[int] = case["stamps"]
        self.bars: list[list[tuple[float, float, float, float] | None]] = case["bars"]
        self.instruments = case["instruments"]
        self.cash: float = case["capital"]
        self.held = [Held() for _ in self.instruments]
        self.fills: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        self.refused: dict[str, int] = {}
        self.equity: list[float] = []
        self.last_equity = self.cash
        self.discarded = 0
        self.margin_calls = 0
        self.ruined = False
        self.room = [math.inf for _ in self.instruments]

    # -- prices ------------------------------------------------------------------------------------------------

    def half(self, t: int, m: int) -> float:
        return self.case["half_spread"][m][t]

    def bid(self, t: int, m: int, raw: float) -> float:
        return raw if self.instruments[m]["basis"] == "bid" else raw - self.half(t, m)

    def ask(self, t: int, m: int, raw: float) -> float:
        half = self.half(t, m)
        return raw + 2 * half if self.instruments[m]["basis"] == "bid" else raw + half

    def mid(self, t: int, m: int, raw: float) -> float:
        return raw + self.half(t, m) if self.instruments[m]["basis"] == "bid" else raw

    def price_of(self, t: int, m: int, raw: float, side: int) -> float:
        return self.ask(t, m, raw) if side > 0 else self.bid(t, m, raw)

    def rate(self, t: int, m: int) -> float:
        return self.case["rates"][m][t]

    def snap(self, m: int, price: float, up: bool) -> float:
        tick = self.instruments[m]["tick"]
        if tick == 0:
            return price
        ticks = price / tick
        if abs(ticks - round(ticks)) <= 1e-6:
            return price
        return round((math.ceil(ticks) if up else math.floor(ticks)) * tick, 10)

    def status(self, t: int, m: int) -> str:
        if self.bars[m][t] is None:
            return "absent"
        return "closed" if self.case["closed"][m][t] else "trading"

    # -- volume ------------------------------------------------------------------------------------------------

    def make_room(self, t: int) -> None:
        """Every bar has room for a share of its own volume, in whole steps."""
        share = self.case["participation"]
        for m in self.columns():
            if share is not None and self.bars[m][t] is not None:
                x = self.instruments[m]
                self.room[m] = x["step"] * self.whole(m, share * self.case["volume"][m][t] / x["contract"])

    def whole(self, m: int, size: float) -> float:
        return size if size == math.inf else math.floor(size / self.instruments[m]["step"] + 1e-6)

    def fitting(self, m: int, size: float, reason: str) -> float:
        """What the bar has room for of a close; what is left of a triggered exit is a market close."""
        p, step = self.held[m], self.instruments[m]["step"]
        if size <= self.room[m] + 1e-6 * step:
            self.room[m] = max(self.room[m] - size, 0.0)
            return size
        fits, self.room[m] = self.whole(m, self.room[m]) * step, 0.0
        p.weight *= (p.size - fits) / p.size
        if reason in ("stop", "trailing", "margin") and p.closing is None:
            p.closing = reason
        return fits

    # -- money -------------------------------------------------------------------------------------------------

    def leverage(self, m: int) -> float:
        return self.case["leverage"] or self.instruments[m]["leverage"]

    def worth(self, t: int, m: int) -> float:
        return self.instruments[m]["contract"] * self.rate(t, m)

    def profit(self, t: int, m: int) -> float:
        p = self.held[m]
        return sum(p.side * lot.size * (p.mark - lot.reference) for lot in p.lots) * self.worth(t, m)

    def used(self, t: int, m: int) -> float:
        p = self.held[m]
        return p.size * p.mark * self.worth(t, m) / self.leverage(m)

    def columns(self) -> range:
        return range(len(self.held))

    def fees(self, m: int, size: float, price: float) -> float:
        c = self.instruments[m]["costs"]
        notional = size * self.instruments[m]["contract"] * price
        units = size * self.instruments[m]["contract"]
        fee = c["per_lot"] * size + c["per_deal"] + c["per_unit"] * units + c["fee_bps"] / 10_000 * notional
        fee = max(fee, c["minimum"])
        return fee if c["cap"] is None else min(fee, c["cap"] * notional)

    def slipped(self, m: int, side: int, price: float, slips: bool) -> float:
        c = self.instruments[m]["costs"]
        slip = 0.0
        if slips and c["slippage"] == "fixed_bps":
            slip = price * c["slippage_size"] / 10_000
        if slips and c["slippage"] == "random":
            slip = abs(self.case["draws"][len(self.fills)]) * c["slippage_size"] * self.instruments[m]["tick"]
        return self.snap(m, price + side * slip, side > 0)

    def fill(self, t: int, m: int, side: int, size: float, reference: float, price: float, slips: bool, **words: Any):
        paid = self.slipped(m, side, price, slips)
        units = size * self.worth(t, m)
        costs = {
            "spread_cost": -abs(price - reference) * units,
            "slippage_cost": -abs(paid - price) * units,
            "fees": -self.fees(m, size, paid) * self.rate(t, m),
            "financing_cost": 0.0,
        }
        self.cash += sum(costs.values())
        row = {"bar": t, "column": m, "side": side, "size": size, "price": paid, "reference": reference, **words}
        self.fills.append({**row, **costs})
        return self.fills[-1]

    def refuse(self, code: str) -> None:
        self.refused[code] = self.refused.get(code, 0) + 1

    # -- leaving -----------------------------------------------------------------------------------------------

    def leave(self, t, m, size, reference, price, slips, reason, flags, high, low) -> None:
        p = self.held[m]
        row = self.fill(t, m, -p.side, size, reference, price, slips, opens=False, reason=reason, flags=set(flags))
        left = size
        while left > 1e-6 * self.instruments[m]["step"] and p.lots:
            lot = p.lots[0]
            piece = min(lot.size, left)
            if lot.size - piece < 1e-6 * self.instruments[m]["step"]:
                piece = lot.size
            self.book_trade(t, m, lot, piece, row, max(lot.high, high), min(lot.low, low))
            share = piece / lot.size
            lot.costs = {name: cost * (1 - share) for name, cost in lot.costs.items()}
            lot.dividends *= 1 - share
            left -= piece
            lot.size -= piece
            if lot.size == 0:
                p.lots.pop(0)
        if not p.lots:
            p.side, p.stop, p.target, p.trail, p.weight = 0, None, None, None, 0.0

    def book_trade(self, t, m, lot, piece, row, high, low) -> None:
        p, units = self.held[m], piece * self.instruments[m]["contract"]
        share, part = piece / lot.size, piece / row["size"]
        moved = p.side * units * (row["reference"] - lot.reference) * self.rate(t, m)
        names = ("spread_cost", "slippage_cost", "fees", "financing_cost")
        costs = {name: lot.costs[name] * share + row[name] * part for name in names}
        self.cash += moved
        gain, pain = (high, low) if p.side > 0 else (low, high)
        net = moved + lot.dividends * share + sum(costs.values())
        self.trades.append(
            {
                "column": m, "side": p.side, "size": piece, "entry_bar": lot.bar, "exit_bar": t,
                "entry_price": lot.price, "exit_price": row["price"], "exit_reason": row["reason"],
                "price_profit": moved + lot.dividends * share, **costs, "net_profit": net,
                "return": net / (units * lot.price * lot.rate),
                "mfe": p.side * (gain - lot.reference) / lot.reference,
                "mae": p.side * (pain - lot.reference) / lot.reference,
                "bars_held": p.own_bars - lot.own_bar, "flags": row["flags"] | lot.flags,
            }
        )  # fmt: skip

    def leave_at_open(self, t, m, size, slips, reason, flags) -> float:
        raw, p = self.bars[m][t][0], self.held[m]
        fits = self.fitting(m, size, reason)
        if fits > 0:
            reference = self.mid(t, m, raw)
            price = self.price_of(t, m, raw, -p.side)
            flags = flags | ({"partial"} if fits < size else set())
            self.leave(t, m, fits, reference, price, slips, reason, flags, reference, reference)
        return fits

    def leave_at_level(self, t, m, level, reason, flags) -> None:
        p, (_, high, low, _) = self.held[m], self.bars[m][t]
        reference = level + p.side * self.half(t, m)
        high, low = self.mid(t, m, high), self.mid(t, m, low)
        if (reason == "target") == (p.side > 0):
            high = min(high, reference)
        else:
            low = max(low, reference)
        fits = self.fitting(m, p.size, reason)
        if fits > 0:
            flags = flags | ({"partial"} if fits < p.size else set())
            self.leave(t, m, fits, reference, level, reason != "target", reason, flags, high, low)
