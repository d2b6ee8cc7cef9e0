"""A slow, plain second opinion: the order of events inside a bar, written from the specification, for lists and floats.

It shares no code with the kernel but the words of its answers.
"""

from __future__ import annotations

import math

from simulation_oracle_book import Lot
from simulation_oracle_calendar import OracleCalendar

INFINITY = math.inf


class Oracle(OracleCalendar):
    # -- protective levels ---------------------------------------------------------------------------------------

    def toward_entry(self, m: int, level: float) -> float:
        return self.snap(m, level, level < self.held[m].entry)

    def place_levels(self, m: int, opened: bool) -> None:
        p, rules = self.held[m], self.case["protection"]
        p.entry = sum(lot.size * lot.price for lot in p.lots) / p.size
        if rules["stop_loss"]:
            p.stop = self.toward_entry(m, p.entry * (1 - p.side * rules["stop_loss"]))
        if rules["take_profit"]:
            p.target = self.snap(m, p.entry * (1 + p.side * rules["take_profit"]), p.side > 0)
        if opened:
            p.best = p.entry
        self.follow(m)

    def follow(self, m: int) -> None:
        p, rules = self.held[m], self.case["protection"]
        if not rules["trailing_stop"]:
            return
        armed_at = p.entry * (1 + p.side * rules["trailing_activation"])
        armed = p.best >= armed_at if p.side > 0 else p.best <= armed_at
        if armed:
            level = self.toward_entry(m, p.best * (1 - p.side * rules["trailing_stop"]))
            if p.trail is None or p.side * (level - p.trail) > 0:
                p.trail = level

    def liquidation(self, t: int, m: int) -> float:
        others = [other for other in self.columns() if other != m]
        balance = self.cash + sum(self.profit(t, other) - 0.4 * self.used(t, other) for other in others)
        p, kept = self.held[m], 0.4 / self.leverage(m)
        units = p.size * self.worth(t, m)
        paid = sum(lot.size * lot.reference for lot in p.lots) * self.worth(t, m)
        if p.side > 0:
            return (paid - balance) / (units * (1 - kept)) if kept < 1 else -INFINITY
        return (paid + balance) / (units * (1 + kept))

    def adverse(self, t: int, m: int) -> tuple[float, str]:
        p = self.held[m]
        levels = [(p.stop, "stop"), (p.trail, "trailing"), (self.liquidation(t, m), "margin")]
        there = [(level, reason) for level, reason in levels if level is not None]
        nearest = max(p.side * level for level, _ in there)
        return next((level, reason) for level, reason in there if p.side * level == nearest)

    def exits_at_open(self, t: int) -> None:
        for m in self.columns():
            p = self.held[m]
            if not p.side or self.status(t, m) != "trading":
                continue
            price = self.price_of(t, m, self.bars[m][t][0], -p.side)
            level, reason = self.adverse(t, m)
            if p.side * (price - level) <= 0:
                self.leave_at_open(t, m, p.size, True, reason, {"gap"})
            elif p.target is not None and p.side * (price - p.target) >= 0:
                self.leave_at_open(t, m, p.size, False, "target", {"gap"})

    def exits_inside(self, t: int) -> None:
        for m in self.columns():
            p = self.held[m]
            if not p.side or self.status(t, m) != "trading":
                continue
            opened, high, low, _ = (self.price_of(t, m, raw, -p.side) for raw in self.bars[m][t])
            worst, top = (low, high) if p.side > 0 else (high, low)
            reached = p.target is not None and p.side * (top - p.target) >= 0
            level, reason = self.adverse(t, m)
            if p.side * (opened - level) <= 0:
                self.leave_at_open(t, m, p.size, True, reason, {"gap"})
            elif p.side * (worst - level) <= 0:
                self.leave_at_level(t, m, level, reason, {"ambiguous"} if reached else set())
            elif reached:
                self.leave_at_level(t, m, p.target, "target", set())

    # -- orders ------------------------------------------------------------------------------------------------

    def decide(self, t: int, m: int, target: float) -> None:
        p, mode = self.held[m], self.instruments[m]["mode"]
        p.seen, p.order, p.deferred = target, None, False
        if mode == "disabled":
            self.refuse("trading_disabled")
            return
        flat = p.side == 0 or p.closing is not None
        if flat and target == 0:
            return
        turns = not flat and target * p.side <= 0
        change = abs(target) if flat or turns else abs(target) - abs(p.weight)
        opens = target != 0 and change > 0
        side = (1 if target > 0 else -1) if opens else -p.side
        order = {"close": turns, "adds": not flat and not turns and opens, "change": change, "side": side,
                 "target": target, "size": 0.0}  # fmt: skip
        p.order = order
        by_size = self.case["sizing"] == "size"
        if by_size or self.case["sizing_price"] == "decision":
            order["size"] = self.size(t, m, p.mark)
            if not turns and order["size"] == 0:
                p.order = None
        elif not turns and change == 0:
            p.order = None

    def size(self, t: int, m: int, price: float) -> float:
        p, x = self.held[m], self.instruments[m]
        order = p.order
        change = abs(order["change"])
        if change == 0:
            return 0.0
        lot_value = price * x["contract"] * self.rate(t, m)
        wanted = change if self.case["sizing"] == "size" else change * self.last_equity / lot_value
        if order["change"] < 0:
            wanted = min(wanted, p.size)
        size = math.floor(wanted / x["step"] + 1e-6) * x["step"]
        if order["change"] > 0:
            if x["mode"] == "close_only":
                self.refuse("close_only")
                return 0.0
            if order["side"] > 0 and x["mode"] == "short_only":
                self.refuse("short_only")
                return 0.0
            if order["side"] < 0 and (x["mode"] == "long_only" or not x["shortable"]):
                self.refuse("long_only" if x["mode"] != "short_only" else "short_only")
                return 0.0
        for code, wrong in (
            ("size_below_min", size < x["min"] - 1e-9 * x["step"]),
            ("bad_volume", size > x["max"] + 1e-9 * x["step"]),
            ("under_min_trade", size * lot_value < self.case["min_trade_fraction"] * self.last_equity),
        ):
            if wrong:
                self.refuse(code)
                return 0.0
        return size

    def orders_at_open(self, t: int) -> None:
        for side in (-1, 1):
            for m in self.columns():
                p = self.held[m]
                if p.order is None and p.closing is None:
                    continue
                if self.status(t, m) == "closed":
                    p.deferred = True
                elif self.status(t, m) == "trading":
                    self.serve(t, m, side)

    def serve(self, t: int, m: int, side: int) -> None:
        p = self.held[m]
        mine = p.order is not None and p.order["side"] == side
        flags = {"deferred"} if p.deferred else set()
        if p.closing is not None:
            if p.side == side:
                return
            if p.side == 0:
                self.refuse("nothing_to_close")
            else:
                self.leave_at_open(t, m, p.size, True, p.closing, flags)
                if p.side:
                    return
            p.closing = None
            mine = mine or side > 0
        if p.order is not None and mine:
            order = p.order
            done = self.execute(t, m, flags)
            if done and p.order is order:
                p.order = None
        if p.order is None:
            p.deferred = False

    def execute(self, t: int, m: int, flags: set[str]) -> bool:
        """Do what the bar has room for of the order; True where nothing of it waits for the next bar."""
        p, order = self.held[m], self.held[m].order
        if order["close"]:
            if p.side == 0:
                self.refuse("nothing_to_close")
            else:
                self.leave_at_open(t, m, p.size, True, "signal", flags)
                if p.side:
                    return False
            order["close"] = False
        by_fill = self.case["sizing_price"] == "fill" and self.case["sizing"] == "weight"
        if by_fill and "carried" not in order:
            raw = self.price_of(t, m, self.bars[m][t][0], order["side"])
            order["size"] = self.size(t, m, self.snap(m, raw, order["side"] > 0))
        if order["size"] <= 0:
            return True
        if order["change"] < 0:
            if p.side == 0:
                self.refuse("nothing_to_close")
                return True
            asked = min(order["size"], p.size)
            rest = asked - self.leave_at_open(t, m, asked, True, "signal", flags)
            if rest > 0:
                order |= {"size": rest, "carried": True}
                return False
            if p.side:
                p.weight = order["target"]
        elif order["adds"] and p.side == 0:
            self.refuse("nothing_to_resize")
        else:
            return self.enter(t, m, flags)
        return True

    def enter(self, t: int, m: int, flags: set[str]) -> bool:
        p, x, order = self.held[m], self.instruments[m], self.held[m].order
        raw, side = self.bars[m][t][0], order["side"]
        reference, price = self.mid(t, m, raw), self.price_of(t, m, raw, side)
        paid = self.slipped(m, side, price, True)
        free = self.cash + sum(self.profit(t, c) - self.used(t, c) for c in self.columns())

        def needed(steps: int) -> float:
            size = steps * x["step"]
            margin = size * reference * self.worth(t, m) / self.leverage(m)
            return margin + abs(paid - reference) * size * self.worth(t, m) + self.fees(m, size, paid) * self.rate(t, m)

        whole = math.floor(order["size"] / x["step"] + 1e-6)
        if whole == 0:
            self.refuse("size_below_min")
            return True
        wanted = steps = min(whole, self.whole(m, self.room[m]))
        if wanted == 0:
            order["carried"] = True
            return False
        while steps > 0 and needed(steps) > free + 1e-9 * abs(free):
            steps -= 1
        size = steps * x["step"]
        if steps < wanted and (self.case["sizing"] == "size" or steps == 0 or size < x["min"] - 1e-9 * x["step"]):
            self.refuse("no_money")
            return True
        rest = whole - wanted if steps == wanted else 0
        if steps < wanted:
            flags = flags | {"reduced"}
        if rest:
            flags = flags | {"partial"}
        self.room[m] = max(self.room[m] - size, 0.0)
        opened = p.side == 0
        row = self.fill(t, m, side, size, reference, price, True, opens=True, reason="signal", flags=set(flags))
        p.side = side
        p.weight = order["target"] if not rest else p.weight + (order["target"] - p.weight) * wanted / whole
        order |= {"size": rest * x["step"], "adds": True, "carried": True}
        costs = {name: row[name] for name in ("spread_cost", "slippage_cost", "fees", "financing_cost")}
        lot = Lot(t, p.own_bars, self.stamps[t], size, row["price"], reference, self.rate(t, m), costs, reference,
                  reference, set(flags))  # fmt: skip
        if x["costs"]["financing"] == "interval":
            opening = x["costs"]["opening_bps"] / 10_000 * size * x["contract"] * lot.price * lot.rate
            lot.costs["financing_cost"] += opening
            self.cash += opening
        p.lots.append(lot)
        self.place_levels(m, opened)
        return not rest

    # -- the run -------------------------------------------------------------------------------------------------

    def run(self) -> Oracle:
        last = len(self.stamps) - 1
        for t in range(last + 1):
            self.make_room(t)
            self.corporate_actions(t)
            self.financing(t)
            for m in self.columns():
                if self.bars[m][t] is not None:
                    self.held[m].mark = self.mid(t, m, self.bars[m][t][0])
            self.exits_at_open(t)
            self.orders_at_open(t)
            self.exits_inside(t)
            self.mark(t)
            if self.ruined:
                self.equity += [self.cash] * (last + 1 - len(self.equity))
                return self
            self.choose(t, t == last)
        self.close_all(last, "end_of_data")
        self.equity[-1] = self.cash
        return self

    def mark(self, t: int) -> None:
        for m in self.columns():
            p, bar = self.held[m], self.bars[m][t]
            if bar is None:
                continue
            p.mark, p.half, p.own_bars = self.mid(t, m, bar[3]), self.half(t, m), p.own_bars + 1
            if p.side and self.status(t, m) == "trading":
                for lot in p.lots:
                    lot.high, lot.low = max(lot.high, self.mid(t, m, bar[1])), min(lot.low, self.mid(t, m, bar[2]))
                extreme = self.price_of(t, m, bar[1] if p.side > 0 else bar[2], -p.side)
                if p.side * (extreme - p.best) > 0:
                    p.best = extreme
                self.follow(m)
        equity = self.cash + sum(self.profit(t, m) for m in self.columns())
        used = sum(self.used(t, m) for m in self.columns())
        self.last_equity = equity
        self.equity.append(equity)
        if equity <= 0 or equity < 0.8 * used:
            self.margin_calls += 1
            if equity <= 0:
                self.close_all(t, "margin")
                self.ruined, self.equity[-1] = True, self.cash
            elif equity < 0.4 * used:
                for p in self.held:
                    if p.side and p.closing is None:
                        p.closing = "margin"

    def choose(self, t: int, last: bool) -> None:
        for m in self.columns():
            p = self.held[m]
            longest = self.case["protection"]["max_holding_bars"]
            if longest and p.side and p.closing is None and p.own_bars - p.lots[0].own_bar >= longest:
                p.closing = "time"
            target = self.case["targets"][m][t]
            if not math.isnan(target) and target != p.seen:
                if last:
                    self.discarded += 1
                else:
                    self.decide(t, m, target)

    def close_all(self, t: int, reason: str) -> None:
        for m in self.columns():
            p = self.held[m]
            self.discarded += p.order is not None
            if p.side:
                p.own_bars -= 1
                self.leave(t, m, p.size, p.mark, p.mark - p.side * p.half, True, reason, set(), p.mark, p.mark)
