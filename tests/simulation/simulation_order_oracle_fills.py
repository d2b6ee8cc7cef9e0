"""The second opinion on orders: fills and bars, on top of the oracle for targets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulation_oracle import Oracle
from simulation_oracle_book import Lot

from mintmark.domain import Instrument, Order

SIDES = {"buy": 1, "sell": -1}


def number(price: Decimal | None) -> float | None:
    return None if price is None else float(price)


class OrderFills(Oracle):
    """One instrument; ``case["orders"]``: (bar, Order) pairs, numbered by their place."""

    def __init__(self, case: dict[str, Any], instrument: Instrument) -> None:
        super().__init__(case)
        self.instrument = instrument
        self.orders: list[Order] = [order for _, order in case["orders"]]
        self.state = ["unsent"] * len(self.orders)
        self.until = [0] * len(self.orders)
        self.ruled: set[int] = set()
        self.deferred: set[int] = set()
        self.rested: set[int] = set()
        self.left: dict[int, float] = {}
        self.parts: dict[int, set[str]] = {}
        self.live: list[int] = []
        self.inside: set[int] = set()
        self.trailing: tuple[float, float] = (0.0, 0.0)
        self.counted = (0.0, 0.0)

    # -- ends --------------------------------------------------------------------------------------------------

    def end(self, i: int, state: str, code: str | None = None) -> None:
        self.state[i] = state
        if i in self.live:
            self.live.remove(i)
        if code:
            self.refuse(code)

    # -- levels ------------------------------------------------------------------------------------------------

    def follow(self, m: int) -> None:
        distance, activation = self.trailing
        p = self.held[m]
        if distance and p.side * (p.best - p.entry * (1 + p.side * activation)) >= 0:
            level = self.toward_entry(m, p.best * (1 - p.side * distance))
            if p.trail is None or p.side * (level - p.trail) > 0:
                p.trail = level

    def take_levels(self, order: Order, opened: bool) -> None:
        p = self.held[0]
        p.entry = sum(lot.size * lot.price for lot in p.lots) / p.size
        if opened:
            p.stop = p.target = p.trail = None
            p.best, self.trailing = p.entry, (0.0, 0.0)
        self.change_levels(order)

    def change_levels(self, order: Order) -> None:
        p = self.held[0]
        if order.stop_loss is not None:
            p.stop = number(order.stop_loss) or None
        if order.take_profit is not None:
            p.target = number(order.take_profit) or None
        if order.trailing is not None:
            self.trailing = (float(order.trailing), float(order.trailing_activation or 0))
            if not order.trailing:
                p.trail = None
        self.follow(0)

    # -- fills -------------------------------------------------------------------------------------------------

    def trade(self, t, i, reference, price, slips, flags, high, low) -> bool:
        """Fill order i at a price, as far as the bar has room; True where it opened something."""
        p, x, order = self.held[0], self.instruments[0], self.orders[i]
        side, rest, parts = SIDES[order.action], self.size_of(i), self.parts.setdefault(i, set())
        if "opened" in parts and p.side != side:
            self.end(i, "filled", "nothing_to_resize")
            return False
        if p.side == -side:
            asked = min(rest, p.size)
            piece = self.fitting(0, asked, "signal")
            if piece > 0:
                some = {"partial"} if piece < asked else set()
                self.leave(t, 0, piece, reference, price, slips, "signal", flags | some, high, low)
                parts.add("closed")
            rest -= piece
            if p.side == -side and rest > 1e-6 * x["step"]:
                self.carry(i, rest)
                return False
        if rest <= 1e-6 * x["step"]:
            self.end(i, "filled")
            return False
        whole = self.whole(0, rest)
        code = self.open_rest(t, i, rest, reference, price, slips, flags)
        if code == "waits":
            self.carry(i, rest)
            return False
        if code is None and self.fits < whole:
            parts.add("opened")
            self.carry(i, (whole - self.fits) * x["step"])
            return True
        self.end(i, "filled" if parts or code is None else "refused", code)
        return code is None

    def size_of(self, i: int) -> float:
        return self.left.get(i, float(self.orders[i].size or 0))

    def carry(self, i: int, rest: float) -> None:
        """What the bar had no room for waits: of a stop at the market, of a stop-limit as a limit."""
        order = self.orders[i]
        self.left[i] = rest
        self.rested.add(i)
        if order.type == "stop":
            fields = {name: getattr(order, name) for name in order.__dataclass_fields__}
            self.orders[i] = Order(**{**fields, "type": "market", "price": None})
        elif order.type == "stop_limit":
            self.rest(i)

    def open_rest(self, t, i, rest, reference, price, slips, flags) -> str | None:
        p, x, order = self.held[0], self.instruments[0], self.orders[i]
        side = SIDES[order.action]
        allowed = {"full": (1, -1), "long_only": (1,), "short_only": (-1,)}.get(x["mode"], ())
        if side not in allowed or (side < 0 and not x["shortable"]):
            return x["mode"] if x["mode"] in ("short_only", "close_only") else "long_only"
        begun = "opened" in self.parts[i]
        if p.side and not begun and len({lot.order for lot in p.lots}) >= self.case["max_entries"]:
            return "already_in_position"
        whole = int(rest / x["step"] + 1e-6)
        if not whole or (not begun and rest < x["min"] - 1e-9 * x["step"]):
            return "size_below_min"
        wanted = steps = min(whole, self.whole(0, self.room[0]))
        if not wanted:
            return "waits"
        paid = self.slipped(0, side, price, slips)
        free = self.cash + self.profit(t, 0) - self.used(t, 0)

        def needed(steps: int) -> float:
            size = steps * x["step"]
            margin = size * reference * self.worth(t, 0) / self.leverage(0)
            return margin + abs(paid - reference) * size * self.worth(t, 0) + self.fees(0, size, paid) * self.rate(t, 0)

        while steps and needed(steps) > free + 1e-9 * abs(free):
            steps = steps - 1 if i in self.ruled else 0
        size = steps * x["step"]
        if not steps or (steps < wanted and size < x["min"] - 1e-9 * x["step"]):
            return "no_money"
        flags = flags | ({"reduced"} if steps < wanted else {"partial"} if wanted < whole else set())
        self.fits = wanted if steps == wanted else whole
        self.room[0] = max(self.room[0] - size, 0.0)
        opened = p.side == 0
        row = self.fill(t, 0, side, size, reference, price, slips, opens=True, reason="signal", flags=set(flags))
        costs = {name: row[name] for name in ("spread_cost", "slippage_cost", "fees", "financing_cost")}
        lot = Lot(t, p.own_bars, self.stamps[t], size, row["price"], reference, self.rate(t, 0), costs, reference,
                  reference, set(flags), order=i)  # fmt: skip
        if x["costs"]["financing"] == "interval":
            opening = x["costs"]["opening_bps"] / 10_000 * size * x["contract"] * lot.price * lot.rate
            lot.costs["financing_cost"] += opening
            self.cash += opening
        p.side = side
        p.lots.append(lot)
        if begun:
            p.entry = sum(lot.size * lot.price for lot in p.lots) / p.size
            self.follow(0)
        else:
            self.take_levels(order, opened)
        return None

    def book_trade(self, t, m, lot, piece, row, high, low) -> None:
        """Of what a bar did before an entry inside it, only the price it was left at can be its gain."""
        if id(lot) in self.inside and self.held[m].side > 0:
            high = max(lot.high, min(self.counted[0], row["reference"]))
        elif id(lot) in self.inside:
            low = min(lot.low, max(self.counted[1], row["reference"]))
        super().book_trade(t, m, lot, piece, row, high, low)

    def leave(self, t, m, size, reference, price, slips, reason, flags, high, low) -> None:
        self.counted = (high, low)
        super().leave(t, m, size, reference, price, slips, reason, flags, high, low)

    # -- the bar -----------------------------------------------------------------------------------------------

    def price(self, t: int, i: int, place: int) -> float:
        return self.price_of(t, 0, self.bars[0][t][place], SIDES[self.orders[i].action])

    def market_orders(self, t: int) -> None:
        for i in list(self.live):
            order, p = self.orders[i], self.held[0]
            flags = {"deferred"} if i in self.deferred else set()
            raw = self.bars[0][t][0]
            if order.action in ("close", "close_partial"):
                if not p.side:
                    self.end(i, "refused", "nothing_to_close")
                    continue
                size = p.size if order.action == "close" else min(self.size_of(i), p.size)
                rest = size - self.leave_at_open(t, 0, size, True, "signal", flags)
                if rest > 0:
                    self.left[i] = rest
                    self.rested.add(i)
                else:
                    self.end(i, "filled")
            elif order.type == "market":
                middle = self.mid(t, 0, raw)
                self.trade(t, i, middle, self.price(t, i, 0), True, flags, middle, middle)

    def gapped_orders(self, t: int) -> None:
        for i in list(self.live):
            if i in self.rested:
                continue
            order, opened = self.orders[i], self.price(t, i, 0)
            side, level = SIDES[order.action], float(order.price)
            crossed = side * (opened - level) <= 0 if order.type == "limit" else side * (opened - level) >= 0
            if not crossed:
                continue
            if order.type == "stop_limit" and side * (opened - float(order.limit_price)) > 0:
                self.rest(i)
                continue
            middle = self.mid(t, 0, self.bars[0][t][0])
            self.trade(t, i, middle, opened, order.type == "stop", {"gap"}, middle, middle)

    def rest(self, i: int) -> None:
        order = self.orders[i]
        fields = {name: getattr(order, name) for name in order.__dataclass_fields__}
        self.orders[i] = Order(**{**fields, "type": "limit", "price": order.limit_price, "limit_price": None})

    def orders_inside(self, t: int) -> None:
        while touched := [i for i in self.live if i not in self.rested and self.touches(t, i)]:
            i = min(touched, key=lambda i: self.nearness(t, i))
            order = self.orders[i]
            side, level = SIDES[order.action], float(order.price)
            rises = order.type != "limit"
            if order.type == "stop_limit" and side * (float(order.limit_price) - level) < 0:
                # The trigger lies beyond the limit: only a close back at the limit proves that the price came there.
                level, rises = float(order.limit_price), False
                if side * (self.price(t, i, 3) - level) > 0:
                    self.rest(i)
                    self.rested.add(i)
                    continue
            self.fill_inside(t, i, level, order.type == "stop", rises)

    def touches(self, t: int, i: int) -> bool:
        order = self.orders[i]
        rises = (order.type != "limit") == (order.action == "buy")
        reached = self.price(t, i, 1 if rises else 2)
        return reached >= float(order.price) if rises else reached <= float(order.price)

    def nearness(self, t: int, i: int) -> tuple[int, int, int]:
        order = self.orders[i]
        apart = abs(float(order.price) - self.price(t, i, 0)) * 1_000
        return int(order.type == "limit"), round(apart / (self.instruments[0]["tick"] or 1e-10)), i

    def fill_inside(self, t: int, i: int, level: float, slips: bool, rises: bool) -> None:
        p, side = self.held[0], SIDES[self.orders[i].action]
        reference = level - side * self.half(t, 0)
        high, low = self.mid(t, 0, self.bars[0][t][1]), self.mid(t, 0, self.bars[0][t][2])
        if rises == (side > 0):
            high = min(high, reference)
        else:
            low = max(low, reference)
        p.mark = reference
        if not self.trade(t, i, reference, level, slips, set(), high, low):
            return
        self.inside.add(id(p.lots[-1]))
        d = p.side
        nearest, reason = self.adverse(t, 0)
        worst = self.price_of(t, 0, self.bars[0][t][2 if d > 0 else 1], -d)
        best = self.price_of(t, 0, self.bars[0][t][1 if d > 0 else 2], -d)
        at_once = reference - d * self.half(t, 0)
        if d * (at_once - nearest) <= 0:
            self.leave_at_level(t, 0, at_once, reason, {"gap"})
        elif d * (worst - nearest) <= 0:
            self.leave_at_level(t, 0, nearest, reason, {"ambiguous"} if rises else set())
        elif rises and p.target is not None and d * (best - p.target) >= 0:
            self.leave_at_level(t, 0, p.target, "target", set())

    def mark(self, t: int) -> None:
        """In the bar of an entry inside it only the close counts in its favour, for the trailing stop as well."""
        p, bar = self.held[0], self.bars[0][t]
        if p.side and any(id(lot) in self.inside for lot in p.lots):
            middles = [self.mid(t, 0, raw) for raw in bar]
            for lot in p.lots:
                fresh = id(lot) in self.inside
                lot.high = max(lot.high, middles[3 if fresh and p.side > 0 else 1])
                lot.low = min(lot.low, middles[3 if fresh and p.side < 0 else 2])
            if id(p.lots[0]) not in self.inside:
                extreme = self.price_of(t, 0, bar[1 if p.side > 0 else 2], -p.side)
                p.best = p.side * max(p.side * p.best, p.side * extreme)
            self.follow(0)
            self.bars[0][t] = (bar[0], bar[3], bar[3], bar[3])
        super().mark(t)
        self.bars[0][t] = bar
        self.inside.clear()
        self.rested.clear()

    def play(self, t: int) -> None:
        p = self.held[0]
        p.mark = self.mid(t, 0, self.bars[0][t][0])
        self.exits_at_open(t)
        if p.closing is not None:
            if p.side:
                self.leave_at_open(t, 0, p.size, True, p.closing, {"deferred"} if p.deferred else set())
            else:
                self.refuse("nothing_to_close")
            if not p.side:
                p.closing, p.deferred = None, False
        self.market_orders(t)
        self.gapped_orders(t)
        self.exits_at_open(t)
        self.exits_inside(t)
        self.orders_inside(t)
