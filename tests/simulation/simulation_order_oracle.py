"""The slow, plain second opinion on orders, written from the specification: sending them, and the run."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from simulation_oracle import INFINITY
from simulation_order_oracle_fills import SIDES, OrderFills

from mintmark.domain import Order, Quote, check_order
from mintmark.domain.orders import changed, settled


class OrderOracle(OrderFills):
    # -- sending -----------------------------------------------------------------------------------------------

    def send(self, t: int, last: bool) -> None:
        for i, (bar, order) in enumerate(self.case["orders"]):
            if bar != t:
                continue
            if last:
                self.discarded += 1
                self.end(i, "discarded")
            elif order.action in ("cancel", "modify"):
                code = self.change(t, i)
                self.end(i, "refused" if code else "done", code)
            else:
                self.submit(t, i)

    def check(self, t: int, order: Order, before: Order | None = None) -> str | None:
        p, close = self.held[0], self.bars[0][t][3]
        step = Decimal(str(self.instruments[0]["step"]))
        held = Decimal(p.side) * (Decimal(p.size) / step).to_integral_value(ROUND_HALF_EVEN) * step
        quote = Quote(exactly(self.bid(t, 0, close)), exactly(self.ask(t, 0, close)))
        answer = check_order(
            order, self.instrument, quote, held=held, before=before, offers=self.case["offers"],
            in_hours=self.status(t, 0) != "closed",
        )  # fmt: skip
        return None if answer is None else answer.code

    def submit(self, t: int, i: int) -> None:
        x = self.instruments[0]
        order = settled(self.orders[i], SIDES.get(self.orders[i].action, -1), Decimal(str(x["tick"])))
        if order.size is None and order.action in SIDES:
            size = self.ruled_size(t, order)
            if isinstance(size, str):
                self.end(i, "refused", size)
                return
            fields = {name: getattr(order, name) for name in order.__dataclass_fields__}
            order = Order(**{**fields, "size": size})
            if self.case["sizing"].rule != "fixed":
                self.ruled.add(i)
        self.orders[i] = order
        code = self.check(t, order)
        if code:
            self.end(i, "refused", code)
            return
        self.state[i], self.until[i] = "live", self.lasts(order, t)
        self.live.append(i)

    def ruled_size(self, t: int, order: Order) -> Decimal | str:
        p, x, sizing = self.held[0], self.instruments[0], self.case["sizing"]
        asked = {"market": None, "stop_limit": order.limit_price}.get(order.type, order.price)
        if order.type != "market" and asked is None:
            return Decimal(0)
        price = p.mark if asked is None else float(asked)
        worth, equity = self.worth(t, 0), self.last_equity
        if sizing.rule == "fixed":
            wanted = sizing.value
        elif sizing.rule == "fixed_fraction":
            wanted = (1.0 if sizing.value is None else sizing.value) * equity / (price * worth)
        elif sizing.rule == "risk":
            if order.stop_loss is None:
                return "stop_required"
            if float(order.stop_loss) == price:
                return Decimal(0)
            risked = (0.01 if sizing.value is None else sizing.value) * equity
            wanted = risked / (abs(price - float(order.stop_loss)) * worth)
        else:
            closes = [row[3] for row in self.bars[0][max(0, t - 60) : t + 1]]
            if len(closes) < 61:
                return "too_few_returns"
            moves = [b / a - 1 for a, b in pairwise(closes)]
            mean = sum(moves) / 60
            yearly = (sum((move - mean) ** 2 for move in moves) / 59 * 6_240) ** 0.5
            share = min((0.1 if sizing.value is None else sizing.value) / yearly, self.leverage(0))
            wanted = equity * share / (price * worth)
        steps = int(wanted / x["step"] + 1e-6)
        return steps * Decimal(str(x["step"])) if steps * x["step"] >= x["min"] - 1e-12 else "size_below_min"

    def lasts(self, order: Order, t: int) -> float:
        if order.expiry == "day":
            return next((bar - 1 for bar in range(t + 2, len(self.stamps)) if self.is_night(t + 1, bar)), INFINITY)
        return t + order.expiry if isinstance(order.expiry, int) else INFINITY

    def is_night(self, first: int, bar: int) -> bool:
        """The rollover is at 17:00 UTC in these cases."""
        day, at = 86_400 * 10**9, 17 * 3_600 * 10**9
        return (self.stamps[first] - at) // day < (self.stamps[bar] - at) // day

    def change(self, t: int, i: int) -> str | None:
        order = self.orders[i]
        if order.target is None:
            return self.move_levels(t, i) if order.action == "modify" else self.cancel_all(t, order)
        if order.target >= i or self.state[order.target] != "live":
            return "order_done"
        if order.action == "cancel":
            return self.cancel(t, order, order.target)
        old = self.orders[order.target]
        if old.action not in SIDES:
            return "order_done"
        wrong = {"market": (order.price, order.limit_price), "stop_limit": ()}.get(old.type, (order.limit_price,))
        if any(price is not None for price in wrong):
            return "bad_price"
        new = settled(changed(old, order), SIDES.get(old.action, -1), self.instrument.tick)
        code = self.check(t, new, old)
        if not code:
            self.orders[order.target] = new
            if order.size is not None:
                self.ruled.discard(order.target)
                self.left.pop(order.target, None)
            if order.expiry is not None:
                self.until[order.target] = self.lasts(new, t)
        return code

    def cancel(self, t: int, order: Order, meant: int) -> str | None:
        code = self.check(t, order, self.orders[meant])
        if not code:
            self.end(meant, "cancelled")
        return code

    def cancel_all(self, t: int, order: Order) -> str | None:
        codes = [self.cancel(t, order, meant) for meant in list(self.live)]
        return next((code for code in reversed(codes) if code), None)

    def move_levels(self, t: int, i: int) -> str | None:
        p = self.held[0]
        if not p.side:
            return "order_done"
        order = settled(self.orders[i], p.side, self.instrument.tick)
        stop, target = (None if level is None else exactly(level) for level in (p.stop, p.target))
        now = Order("modify", stop_loss=stop, take_profit=target)
        code = self.check(t, changed(now, order), now)
        if not code:
            self.change_levels(order)
        return code

    # -- the run -----------------------------------------------------------------------------------------------

    def run(self) -> OrderOracle:
        last = len(self.stamps) - 1
        p = self.held[0]
        for t in range(last + 1):
            self.make_room(t)
            self.financing(t)
            if self.status(t, 0) == "trading":
                self.play(t)
            else:
                self.deferred |= {i for i in self.live if self.orders[i].type == "market"}
                p.deferred = p.deferred or p.closing is not None
            self.mark(t)
            if self.ruined:
                self.equity += [self.cash] * (last + 1 - len(self.equity))
                break
            for i in [i for i in self.live if self.until[i] <= t]:
                self.end(i, "expired")
            longest = self.case["max_holding_bars"]
            if longest and p.side and p.closing is None and p.own_bars - p.lots[0].own_bar >= longest:
                p.closing = "time"
            self.send(t, t == last)
        if not self.ruined:
            self.close_all(last, "end_of_data")
            self.equity[-1] = self.cash
        for i in list(self.live):
            self.end(i, "end_of_data")
        return self


def exactly(price: float) -> Decimal:
    return Decimal(repr(round(price, 10)))
