"""A broker's history over real closes: eleven US names bought from euros, with every dividend and split in between."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

NAMES = ("AAPL", "AIG", "BAC", "EEM", "GOOG", "IBM", "IWM", "QQQ", "SPY", "USO", "WM")
FUNDS = ("EEM", "IWM", "QQQ", "SPY", "USO")
PAIRS = ("EURUSD", "GBPUSD", "EURGBP", "USDJPY", "USDCAD", "USDCHF", "AUDUSD")
OPENED, ENDS = date(2011, 6, 1), date(2016, 11, 30)
PAY_LAG = 30
SPEND = Decimal(50_000)
HEADER = ("date", "type", "symbol", "quantity", "price", "currency", "amount", "fee", "fx_rate", "settle_date")


@dataclass(frozen=True)
class Action:
    """A split or a dividend of the file, as printed."""

    ex_date: date
    kind: str
    value: Decimal


def closes_of(path: Path) -> dict[date, Decimal]:
    """Return the closes of a file of daily bars, by day."""
    frame = pl.read_parquet(path)
    return {stamp.date(): Decimal(repr(close)) for stamp, close in zip(frame["timestamp"], frame["close"], strict=True)}


def actions_of(path: Path, symbol: str) -> list[Action]:
    """Return the splits and dividends of ``symbol``, oldest first."""
    with path.open(newline="") as file:
        found = [
            Action(date.fromisoformat(row["ex_date"]), row["kind"], Decimal(row["split_ratio"] or row["dividend"]))
            for row in csv.DictReader(file)
            if row["symbol"] == symbol
        ]
    return sorted(found, key=lambda one: one.ex_date)


class Broker:
    """Writes what a broker would have sent of a portfolio in euros, at the closes of its days."""

    def __init__(self, data: Path) -> None:
        self._rates = closes_of(data / "bars" / "EURUSD_1d.parquet")
        self._closes = {name: closes_of(data / "equities" / f"{name}_1d.parquet") for name in NAMES}
        self._actions = {name: actions_of(data / "equities" / "corporate_actions.csv", name) for name in NAMES}
        self._rows: list[Mapping[str, str]] = []

    def history(self) -> list[Mapping[str, str]]:
        """Return the rows of five and a half years, oldest first."""
        self._row(OPENED, "deposit", amount="600000", currency="EUR")
        self._row(OPENED, "deposit", amount="20000", currency="GBP")
        dollars = round(Decimal(500_000) * self._usd(OPENED), 2)
        self._row(OPENED, "conversion", symbol="USD", quantity=str(dollars), amount="500000", currency="EUR")
        bought = date(2011, 6, 2)
        for name in NAMES:
            if name == "GOOG":
                self._held(name, date(2015, 6, 1), [(date(2015, 6, 1), 40), (date(2016, 6, 1), -40)])
            elif name == "USO":
                # Sold at a loss and bought again within thirty days.
                units = self._units(name, bought)
                later = [(date(2016, 2, 10), -units // 2), (date(2016, 2, 25), 300)]
                self._held(name, bought, [(bought, units), *later])
            elif name == "AIG":
                units = self._units(name, bought)
                self._held(name, bought, [(bought, units), (date(2016, 3, 1), -units // 2)])
            else:
                self._held(name, bought, [(bought, self._units(name, bought))])
        return sorted(self._rows, key=lambda row: row["date"])

    def _held(self, name: str, first: date, trades: list[tuple[date, int]]) -> None:
        units, waiting = Decimal(0), sorted(trades)
        for action in [one for one in self._actions[name] if first < one.ex_date <= ENDS]:
            while waiting and waiting[0][0] < action.ex_date:
                units += self._trade(name, *waiting.pop(0))
            if action.kind == "split":
                units *= action.value
                self._row(action.ex_date, "split", symbol=name, quantity=str(int(action.value)), price="1")
            else:
                self._dividend(name, action, units)
        for trade in waiting:
            self._trade(name, *trade)

    def _trade(self, name: str, day: date, units: int) -> int:
        kind = "buy" if units > 0 else "sell"
        price, fx = self._closes[name][day], round(1 / self._usd(day), 10)
        self._row(
            day, kind, symbol=name, quantity=str(abs(units)), price=str(price), currency="USD", fee="5",
            fx_rate=str(fx),
        )  # fmt: skip
        return units

    def _dividend(self, name: str, action: Action, units: Decimal) -> None:
        pays = action.ex_date + timedelta(days=PAY_LAG)
        self._row(
            action.ex_date, "dividend", symbol=name, quantity=str(units), price=str(action.value), currency="USD",
            fx_rate=str(round(1 / self._usd(pays), 10)),
        )  # fmt: skip

    def _units(self, name: str, day: date) -> int:
        return int(SPEND / self._closes[name][day])

    def _usd(self, day: date) -> Decimal:
        return self._rates[max(one for one in self._rates if one <= day)]

    def _row(self, day: date, kind: str, **cells: str) -> None:
        self._rows.append({"date": day.isoformat(), "type": kind, **cells})


def write_rows(path: Path, rows: list[Mapping[str, str]]) -> Path:
    """Write the rows as the CSV of a broker."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, HEADER, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


YIELDS, PRICES = ("--unit", "fraction per year"), ("--unit", "index")
MONTHLY_YIELDS = (*YIELDS, "--frequency", "monthly", "--scale", "0.01", "--release-days", "1")
MACRO: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "us_treasury_curve_daily.csv",
        "date",
        ("DGS10=10year", "DGS2=2year", "DGS3MO=3month"),
        ("--frequency", "daily", *YIELDS),
    ),
    (
        "us_cpi_monthly.csv",
        "Date",
        ("CPIAUCNS=Index",),
        ("--frequency", "monthly", *PRICES, "--release-days", "15"),
    ),
    ("us_10y_yield_monthly.csv", "Date", ("GS10=Rate",), MONTHLY_YIELDS),
    ("us_moody_yields_monthly.csv", "date", ("AAA=AAA", "BAA=BAA"), MONTHLY_YIELDS),
    (
        "us_macro_quarterly.csv",
        "quarter_start",
        ("UNRATE=unemp",),
        ("--frequency", "quarterly", "--unit", "fraction", "--scale", "0.01", "--release-days", "10"),
    ),
    ("vix_daily.csv", "DATE", ("VIXCLS=CLOSE",), ("--frequency", "daily", *PRICES)),
    (
        "sp500_shiller_monthly.csv",
        "Date",
        ("CAPE=PE10",),
        ("--frequency", "monthly", "--unit", "ratio", "--zero-is-missing", "--release-days", "30"),
    ),
    (
        "fama_french_3_monthly.csv",
        "month",
        ("Mkt-RF=Mkt-RF", "SMB=SMB", "HML=HML", "RF=RF"),
        ("--frequency", "monthly", "--unit", "fraction per month", "--scale", "0.01", "--release-days", "30"),
    ),
)
"""Of each file: its name, the column of its days, its series and how they read."""


def import_commands(data: Path) -> list[tuple[str, ...]]:
    """Return the commands that bring in the eleven names, seven pairs of currencies, every action and the economy."""
    found: list[tuple[str, ...]] = []
    for name in (*NAMES, *PAIRS):
        folder, kind = ("bars", "fx") if name in PAIRS else ("equities", "etf" if name in FUNDS else "equity")
        path = str(data / folder / f"{name}_1d.parquet")
        what = ("--symbol", name, "--timeframe", "1d", "--asset-class", kind, "--source", "file:lean")
        found.append(("data", "import", path, *what))
    found.append(("data", "actions", str(data / "equities" / "corporate_actions.csv"), "--announce-lead-days", "45"))
    for file, days, series, how in MACRO:
        named = [word for one in series for word in ("--series", one)]
        path = str(data / "macro" / file)
        found.append(("data", "import-macro", path, *named, "--dates", days, "--source", "file:macro", *how))
    return found


QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "portfolio_overview": (),
    "holding_deep_dive": ("--security", "AAPL"),
    "portfolio_macro_overview": (),
    "portfolio_scenario_analysis": ("--input", "scenario_id=equity_selloff"),
    "buffett_checklist": ("--security", "AAPL"),
    "news_impact_analysis": ("--input", "lookback_hours=480"),
    "export_portfolio_report": ("--input", "include_macro=true"),
    "policy_rebalance": (),
    "macro_trend_monitor": (),
    "macro_cycles_overview": (),
    "portfolio_cycle_risk": (),
    "cycle_deleveraging_scenarios": (),
    "corporate_actions_upcoming": (),
    "portfolio_tax_report": ("--input", "tax_year=2016"),
    "tax_harvesting_opportunities": ("--input", "short_rate=0.3", "--input", "long_rate=0.15"),
}
"""Each pattern with what it asks for beside the portfolio."""
WITHOUT_PORTFOLIO = frozenset({"buffett_checklist", "macro_cycles_overview"})
