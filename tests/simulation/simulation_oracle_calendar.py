"""The second opinion's calendar: splits, dividends, nights and hours held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from simulation_oracle_book import Held, OracleBook


class OracleCalendar(OracleBook):
    def corporate_actions(self, t: int) -> None:
        due = [a for a in self.case["actions"] if t > 0 and self.stamps[t - 1] < a["ex"] <= self.stamps[t]]
        for action in due:
            self.split(self.held[action["column"]], action["split"])
        for action in due:
            p, m = self.held[action["column"]], action["column"]
            for lot in p.lots:
                paid = p.side * action["dividend"] * lot.size * self.worth(t, m)
                lot.dividends += paid
                self.cash += paid

    def split(self, p: Held, ratio: float) -> None:
        p.mark /= ratio
        p.best /= ratio
        p.entry /= ratio
        p.stop = None if p.stop is None else p.stop / ratio
        p.target = None if p.target is None else p.target / ratio
        p.trail = None if p.trail is None else p.trail / ratio
        if p.order:
            p.order["size"] *= ratio
        if self.case["sizing"] == "size":
            p.weight *= ratio
        for lot in p.lots:
            lot.size *= ratio
            lot.price, lot.reference = lot.price / ratio, lot.reference / ratio
            lot.high, lot.low = lot.high / ratio, lot.low / ratio

    def nights(self, t: int, m: int) -> int:
        """Count the nights of every rollover after the bar before and up to this bar, looking at each day."""
        x, total = self.instruments[m], 0
        zone = ZoneInfo(x["rollover_zone"])
        hour, minute = (int(part) for part in x["rollover_time"].split(":"))
        first = datetime.fromtimestamp(self.stamps[t - 1] // 10**9, UTC)
        day = first.astimezone(zone).date() - timedelta(days=1)
        last = datetime.fromtimestamp(self.stamps[t] // 10**9, UTC)
        while day <= last.astimezone(zone).date() + timedelta(days=1):
            moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            if first < moment <= last:
                triple = x["costs"]["triple_day"]
                total += 1 if triple is None else [1, 1, 1, 1, 1, 0, 0][day.weekday()] * (
                    3 if day.weekday() == triple else 1
                )  # fmt: skip
            day += timedelta(days=1)
        return total

    def financing(self, t: int) -> None:
        for m in self.columns():
            p, x = self.held[m], self.instruments[m]
            if not p.side or t == 0:
                continue
            c = x["costs"]
            yearly, nights = c["long"] if p.side > 0 else c["short"], self.nights(t, m)
            span = range(self.stamps[t - 1] + 1, self.stamps[t] + 1)
            funded = sum(one["rate"] for one in self.case["funding"] if one["column"] == m and one["at"] in span)
            for lot in p.lots:
                notional = lot.size * x["contract"] * p.mark * self.rate(t, m)
                charge = {
                    "points": yearly * x["tick"] * x["contract"] * lot.size * self.rate(t, m),
                    "money": yearly * lot.size * self.rate(t, m),
                    "percent": yearly / 100 / 360 * notional,
                }.get(c["financing"], 0.0) * nights
                charge += p.side * funded * notional
                if p.side < 0:
                    charge -= c["borrow"] / 10_000 / 360 * notional * nights
                lot.costs["financing_cost"] += charge
                self.cash += charge
        for m in self.columns():
            self.hours_held(t, m)

    def hours_held(self, t: int, m: int) -> None:
        p, x = self.held[m], self.instruments[m]
        if p.side and x["costs"]["financing"] == "interval":
            rate = x["costs"]["long"] if p.side > 0 else x["costs"]["short"]
            for lot in p.lots:
                full = (self.stamps[t] - lot.stamp) // (x["costs"]["interval_hours"] * 3_600 * 10**9)
                notional = lot.size * x["contract"] * lot.price * self.rate(t, m)
                charge = (full - lot.intervals) * rate / 10_000 * notional
                lot.intervals = full
                lot.costs["financing_cost"] += charge
                self.cash += charge
