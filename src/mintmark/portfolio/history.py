"""A portfolio as arrays: the one place where exact quantities, flows and closes become floats."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refused
from mintmark.measures import daily_returns
from mintmark.portfolio.capability import Reading

FloatArray = NDArray[np.float64]
ACTIONS: Final = frozenset({"split", "spin_off", "merger", "return_of_capital"})
_HELD: Final = frozenset({"units", "cash", "receivable", "margin"})


class Line(NamedTuple):
    """Something held: units of ``symbol`` (``what`` is units), or an amount of ``currency``."""

    what: str
    symbol: str
    currency: str


@dataclass(frozen=True, eq=False)
class History:
    """What a portfolio was worth at the close of each valuation day, and what moved it.

    Shape: ``values``, ``inflows``, ``outflows`` and ``returns`` (n_days,), in ``base``; ``worth``, ``local`` and
    ``fx`` (n_days, n_lines): value at the close, and the returns of price and currency since the close before.
    ``income``, ``trading``, ``costs`` (n_days, n_lines) are amounts in ``base``, costs positive. A day on which
    something held has no close or rate is no valuation day: it stands in ``left_out``. Entries of days that are none
    count on the next one.
    """

    base: str
    days: tuple[date, ...]
    lines: tuple[Line, ...]
    values: FloatArray
    inflows: FloatArray
    outflows: FloatArray
    returns: FloatArray
    worth: FloatArray
    local: FloatArray
    fx: FloatArray
    income: FloatArray
    trading: FloatArray
    costs: FloatArray
    left_out: tuple[date, ...]

    @property
    def opened(self) -> FloatArray:
        """What each line was worth before each day: (n_days, n_lines)."""
        return np.vstack([np.zeros((1, len(self.lines))), self.worth[:-1]])

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """The days as numpy has them."""
        return np.array(self.days, dtype="datetime64[D]")


def history_of(reading: Reading) -> History:
    """Return the history of the portfolio of the question, made once a request; raises as ``open_history``."""
    owned, end = reading.owned, reading.ctx.asof_date
    tell_assumed(reading)

    def make(pack: Any, ledger: Any) -> History:
        return open_history(pack, ledger, owned.code, owned.base_currency, end)

    if reading.once is None:
        return make(reading.pack, reading.ledger)
    found: History = reading.once("history", make)
    return found


def tell_assumed(reading: Reading) -> None:
    """Warn of dividends whose pay date was assumed when they came in."""
    count = reading.ledger.assumed_pay_dates(reading.owned.code, reading.ctx.asof_date)
    if count:
        message = f"the pay dates of {count} dividends are assumed, with their rates: no source named them"
        reading.notes.warn("pay_date_assumed", message)


def open_history(pack: Any, ledger: Any, code: str, base: str, end: date) -> History:
    """Return the history of portfolio ``code`` up to ``end``, from the valuation view and the ledger at a head.

    Raises:
        Refused: ``history_empty`` without an entry; ``price_missing`` or ``rate_missing`` where a pack knows nothing
            of an instrument or currency that was ever held, or not enough to value the last day.
    """
    first = ledger.first_date(code)
    days = () if first is None or first > end else tuple(pack.trading_days(first, end))
    if not days:
        raise Refused(f"{code} has no entry up to {end}", code="history_empty", portfolio=code)
    changes, flows = ledger.changes(code, date.min, end), ledger.flows(code, date.min, end)
    parents = _parents(ledger, code, end)
    opening = _Opening(pack, base, days, changes, parents)
    gaps = opening.gaps()
    if gaps:
        kept = tuple(day for day in days if day not in gaps)
        if not kept or kept[-1] != days[-1]:
            message = f"something {code} held on {days[-1]} has no close or rate"
            raise Refused(message, code="price_missing", portfolio=code, day=days[-1].isoformat())
        opening = _Opening(pack, base, kept, changes, parents)
    return opening.history(flows, tuple(sorted(gaps)))


class _Places:
    """The row of the first valuation day on or after a date."""

    def __init__(self, days: Sequence[date]) -> None:
        self._days = days
        self._known: dict[date, int] = {}

    def __getitem__(self, day: date) -> int:
        if day not in self._known:
            self._known[day] = bisect_left(self._days, day)
        return self._known[day]


class _Opening:
    """One opening of a history; arrays are made once a currency and symbol."""

    def __init__(
        self,
        pack: Any,
        base: str,
        days: tuple[date, ...],
        changes: Sequence[Any],
        parents: Mapping[str, str],
    ) -> None:
        self._pack, self._base, self._days, self._places = pack, base, days, _Places(days)
        # What is dated after the last valuation day belongs to a day that has not been.
        self._changes = [one for one in changes if self._places[one.date] < len(days)]
        self._parents = parents
        self._rates: dict[str, FloatArray] = {base: np.ones(len(days))}
        self._closes: dict[str, FloatArray] = {}
        self._currencies: dict[str, str] = {}
        self._lines = self._found_lines()
        self._column = {line: index for index, line in enumerate(self._lines)}

    def gaps(self) -> frozenset[date]:
        """Return the days on which something held has no close or rate."""
        return frozenset(self._days[row] for row in np.flatnonzero(np.isnan(self._worth[3]).any(axis=1)))

    @cached_property
    def _worth(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return quantities, prices, rates and worth of each line: (n_days, n_lines)."""
        quantities = self._quantities()
        prices = np.column_stack([self._price(line) for line in self._lines])
        rates = np.column_stack([self._rate(line.currency) for line in self._lines])
        with np.errstate(invalid="ignore"):
            return quantities, prices, rates, np.where(quantities == 0.0, 0.0, quantities * prices * rates)

    def history(self, flows: Iterable[Any], left_out: tuple[date, ...]) -> History:
        """Return all of it."""
        quantities, prices, rates, worth = self._worth
        values = worth.sum(axis=1)
        inflows, outflows = self._flows(flows)
        acted, income, trading, costs = self._results(prices, rates)
        local, fx = self._moves(quantities, prices, rates, acted, trading)
        return History(
            self._base, self._days, self._lines, values, inflows, outflows,
            daily_returns(values, inflows, outflows), worth, local, fx, income, trading, costs, left_out,
        )  # fmt: skip

    def _found_lines(self) -> tuple[Line, ...]:
        held = {self._line(one) for one in self._changes if one.what in _HELD}
        costs = {Line("cash", "", one.commodity) for one in self._changes if one.what in ("expense", "income")}
        return tuple(sorted(held | costs))

    def _line(self, change: Any) -> Line:
        if change.what == "units":
            symbol = change.commodity
            if symbol not in self._currencies:
                self._currencies[symbol] = self._pack.series(symbol).currency
            return Line("units", symbol, self._currencies[symbol])
        return Line(change.what, change.symbol or "", change.commodity)

    def _quantities(self) -> FloatArray:
        """Return what was held at the close of each day: sums are exact, only they become floats."""
        moved: dict[Line, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for one in self._changes:
            if one.what in _HELD:
                moved[self._line(one)][self._places[one.date]] += one.units
        found = np.zeros((len(self._days), len(self._lines)))
        for line, by_day in moved.items():
            total = Decimal(0)
            for row in sorted(by_day):
                total += by_day[row]
                found[row:, self._column[line]] = float(total)
        return found

    def _price(self, line: Line) -> FloatArray:
        return self._close(line.symbol) if line.what == "units" else np.ones(len(self._days))

    def _close(self, symbol: str) -> FloatArray:
        if symbol not in self._closes:
            self._closes[symbol] = self._pack.close_array(symbol, self._days)
        return self._closes[symbol]

    def _rate(self, currency: str) -> FloatArray:
        if currency not in self._rates:
            self._rates[currency] = self._pack.rate_array(currency, self._base, self._days)
        return self._rates[currency]

    def _flows(self, flows: Iterable[Any]) -> tuple[FloatArray, FloatArray]:
        found = np.zeros((2, len(self._days)))
        for flow in flows:
            row = self._places[flow.date]
            if row == len(self._days):
                continue
            line = Line("cash", "", flow.currency)
            if flow.symbol is not None:
                line = Line("units", flow.symbol, self._pack.series(flow.symbol).currency)
            amount = float(flow.units) * self._price(line)[row] * self._rate(line.currency)[row]
            found[0 if amount > 0 else 1, row] += abs(amount)
        return found[0], found[1]

    def _results(self, prices: FloatArray, rates: FloatArray) -> tuple[FloatArray, ...]:
        """Return what corporate actions, income, trading and costs brought, each posting at the close of its day.

        The postings of an entry are worth something at the close; what income and expenses do not account for came
        of trading at another price than the close.
        """
        shape = (len(self._days), len(self._lines))
        acted, income, trading, costs = (np.zeros(shape) for _ in range(4))
        mains = self._main_lines()
        for one in self._changes:
            if one.kind in ("deposit", "withdrawal", "transfer_in", "transfer_out") or one.what == "equity":
                continue
            row, main = self._places[one.date], mains[one.entry_id]
            if one.what in _HELD:
                column = self._column[self._line(one)]
                amount = float(one.units) * prices[row, column] * rates[row, column]
                (acted if one.kind in ACTIONS else trading)[row, main] += amount
            elif one.kind in ACTIONS or ":Gains:" in one.account:
                continue
            else:
                amount = float(one.units) * self._rate(one.commodity)[row]
                trading[row, main] += amount
                if one.what == "income":
                    income[row, main] -= amount
                else:
                    costs[row, main] += amount
        return acted, income, trading, costs

    def _main_lines(self) -> dict[str, int]:
        """Return for each entry the line its results belong to: the instrument it names, else its money."""
        found: dict[str, int] = {}
        units = {line.symbol: column for line, column in self._column.items() if line.what == "units"}
        for one in self._changes:
            named = self._parents.get(one.entry_id) or one.symbol
            if named in units:
                found[one.entry_id] = units[named]
            elif one.entry_id not in found and one.what != "equity":
                line = self._line(one) if one.what in _HELD else Line("cash", "", one.commodity)
                found[one.entry_id] = self._column[line]
        return found

    def _moves(
        self, quantities: FloatArray, prices: FloatArray, rates: FloatArray, acted: FloatArray, trading: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the returns of price and currency of what was held over each day; actions count with their parent."""
        before = quantities[:-1]
        opened = before * prices[:-1]
        # Seen in the line's own money: an action is valued at the close, in base.
        brought = np.divide(acted[1:], rates[1:], out=np.zeros_like(before), where=rates[1:] > 0.0)
        held = before != 0.0
        local, fx = np.zeros_like(quantities), np.zeros_like(quantities)
        with np.errstate(invalid="ignore", divide="ignore"):
            local[1:] = np.where(held, (before * prices[1:] + brought) / opened - 1.0, 0.0)
            fx[1:] = np.where(held, rates[1:] / rates[:-1] - 1.0, 0.0)
        trading[1:] += np.where(held, 0.0, acted[1:])
        trading[0] += acted[0]
        return local, fx


def _parents(ledger: Any, code: str, end: date) -> dict[str, str]:
    """Return for each entry the instrument it is about, where it names one."""
    return {entry.id: str(entry.meta["symbol"]) for entry in ledger.entries(code, None, end) if "symbol" in entry.meta}
