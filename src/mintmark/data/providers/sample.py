"""The real series that come with the package ``arch``, read without importing it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from mintmark.data.macro import MacroDeclared
from mintmark.domain import Refused

SOURCE = "sample:arch"
RIGHTS = "sample"
AS_OF = date(2018, 12, 31)
POLICY = "SAMPLE"
INDICES = {"SP500": "sp500", "NASDAQ": "nasdaq"}

_PERCENT = Decimal("0.01")


def _declared(
    name: str, unit: str, frequency: str, release_days: int, origin: str, scale: Decimal = Decimal(1)
) -> MacroDeclared:
    return MacroDeclared(name, unit, frequency, release_days, SOURCE, RIGHTS, origin, scale)  # type: ignore[arg-type]


_FACTORS = "arch.data.frenchdata (Kenneth R. French data library)"
_YIELDS = "arch.data.default (FRED AAA, BAA; Moody's)"
_MACRO: tuple[tuple[str, str, MacroDeclared], ...] = (
    ("vix", "vix", _declared("VIX", "index points", "daily", 1, "arch.data.vix (CBOE)")),
    ("wti", "DCOILWTICO", _declared("WTI", "USD per barrel", "daily", 1, "arch.data.wti (FRED DCOILWTICO)")),
    ("default", "AAA", _declared("AAA", "fraction per year", "monthly", 1, _YIELDS, _PERCENT)),
    ("default", "BAA", _declared("BAA", "fraction per year", "monthly", 1, _YIELDS, _PERCENT)),
    ("core_cpi", "CPILFESL", _declared("CORE_CPI", "index", "monthly", 15, "arch.data.core_cpi (FRED CPILFESL)")),
    ("frenchdata", "Mkt-RF", _declared("MKT_RF", "fraction per month", "monthly", 30, _FACTORS, _PERCENT)),
    ("frenchdata", "SMB", _declared("SMB", "fraction per month", "monthly", 30, _FACTORS, _PERCENT)),
    ("frenchdata", "HML", _declared("HML", "fraction per month", "monthly", 30, _FACTORS, _PERCENT)),
    ("frenchdata", "RF", _declared("RF", "fraction per month", "monthly", 30, _FACTORS, _PERCENT)),
)


def sample_bars(folder: str) -> pl.DataFrame:
    """Return the daily bars of one index: line, stamp, timestamp, prices, volume."""
    frame = _arch(folder)
    days = frame["Date"].str.to_datetime("%m/%d/%Y", time_unit="us").dt.replace_time_zone("UTC")
    prices = {name.title(): name for name in ("open", "high", "low", "close", "volume")}
    bars = frame.select("Date", *prices).rename({"Date": "stamp", **prices})
    return bars.with_columns(days.alias("timestamp")).with_row_index("line", offset=2)


def sample_macro() -> Iterator[tuple[MacroDeclared, list[tuple[date, str]]]]:
    """Give each macro series with its rows: period, value as printed (empty where there is none)."""
    for folder, column, declared in _MACRO:
        frame = _arch(folder)
        rows = zip(frame["Date"], frame[column], strict=True)
        yield declared, [(_period(text), value or "") for text, value in rows]


def _period(text: str) -> date:
    # The factor file writes its months as the number 192607.
    if len(text) == 6 and text.isdigit():
        return date(int(text[:4]), int(text[4:]), 1)
    return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007


def _arch(folder: str) -> pl.DataFrame:
    return table("arch", f"data/{folder}/{folder.replace('_', '-')}.csv.gz")


def table(package: str, path: str) -> pl.DataFrame:
    """Return the CSV at ``path`` in an installed package as text, without importing the package.

    Refuses: ``sample_unavailable`` when the package is not installed or has no such file.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise Refused(f"the sample lies in the package {package}, which is not installed", code="sample_unavailable")
    home = Path(found.submodule_search_locations[0])
    try:
        return pl.read_csv((home / path).read_bytes(), infer_schema=False)
    except FileNotFoundError as error:
        raise Refused(f"this version of {package} has no {path}", code="sample_unavailable", path=path) from error
