"""The quality report on real files equals what was measured of them, independently, in SOURCES.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from data_builders import bring_in

from mintmark.data import DataRoom

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "SOURCES.md"
EQUITIES = {"AAPL", "SPY", "IBM", "AIG", "BAC", "EEM", "GOOG", "IWM", "QQQ", "USO", "WM"}
COINS = {"ADAUSDT", "BNBUSDT", "BTCPERP", "BTCUSDT", "BTCUSD", "ETHUSDT", "XRPUSDT"}
COMMODITIES = {"GER40", "UKOUSD", "XAGUSD"}


@dataclass(frozen=True)
class Measured:
    """One bar file of SOURCES.md: its headline and its line of figures."""

    name: str
    rows: int
    first: str
    last: str
    line: str

    @property
    def symbol(self) -> str:
        return Path(self.name).stem.rsplit("_", 1)[0]

    @property
    def timeframe(self) -> str:
        return Path(self.name).stem.rsplit("_", 1)[1]

    def number(self, pattern: str) -> float | None:
        found = re.search(pattern, self.line)
        return float(found.group(1)) if found else None


def measured_files() -> Iterator[Measured]:
    if not SHARED.exists():
        return
    for section in SHARED.read_text().split("\n### ")[1:]:
        head = re.match(r"((?:bars|equities)/\w+_\d+[mhd]\.parquet)  \(([\d,]+) rows", section)
        if head:
            span = re.search(r"- span: (\S+ \S+) \.\. (\S+ \S+)\n", section)
            line = re.search(r"- measured: (.*)\n", section)
            assert span
            assert line
            yield Measured(head[1], int(head[2].replace(",", "")), span[1], span[2], line[1])


FILES = list(measured_files())


def brought(room: DataRoom, folder: Path, file: Measured, **options: Any) -> dict[str, Any]:
    symbol = file.symbol
    asset_class = next(
        (
            name
            for name, held in (("equity", EQUITIES), ("crypto", COINS), ("commodity", COMMODITIES))
            if symbol in held
        ),
        "fx",
    )
    words = {"symbol": symbol, "timeframe": file.timeframe, "asset_class": asset_class, "source": "file:shared"}
    return bring_in(room, folder / file.name, **words, **options)


def test_there_are_measured_files_to_compare(shared_data: Path):
    assert len([file for file in FILES if (shared_data / file.name).exists()]) == 42


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_the_report_equals_what_was_measured(room: DataRoom, shared_data: Path, file: Measured):
    report = brought(room, shared_data, file)

    assert (report["rows"], report["first"][:16], report["last"][:16]) == (
        file.rows,
        file.first.replace(" ", "T"),
        file.last.replace(" ", "T"),
    )
    gaps = re.search(r"(\d+) gaps \((\d+) shorter than 30 h, (\d+) bars missing in them; longest ([\d.]+) h", file.line)
    if gaps:
        found = [report[key] for key in ("gaps_total", "gaps_under_30h", "missing_bars_under_30h")]
        assert found == [int(gaps[n]) for n in (1, 2, 3)]
        # A series without a gap is described there by the length of a bar, or by nothing.
        assert int(gaps[1]) == 0 or round(report["longest_gap_hours"], 1) == float(gaps[4])
    days = file.number(r"longest hole (\d+) days")
    assert days is None or report["longest_gap_hours"] == days * 24
    unknown = "volume 0 on EVERY row" in file.line
    zero = file.rows if unknown else file.number(r"(\d+) zero volumes")
    assert report["zero_volume"] == zero
    assert ("volume_unknown" in {warning["code"] for warning in report["warnings"]}) == unknown
    flat = file.number(r"(\d+) flat bars")
    assert flat is None or report["flat_bars"] == flat
    # The figures there were cut to four places first, then to three.
    assert round(round(report["max_abs_log_return"], 4), 3) == file.number(r"move \+([\d.]+) \(log\)")
    at = re.search(r"\(log\) at (\S+) (\S+)", file.line)
    assert at
    assert report["max_abs_log_return_at"][:16] == f"{at[1]}T{at[2]}"
    assert (report["ohlc_violations"], report["not_finite"], report["dropped"]) == (0, 0, [])
    assert sum(report["gaps_by_kind"].values()) == report["gaps_total"]


def test_hourly_euros_have_the_figures_of_the_specification(room: DataRoom, shared_data: Path):
    report = brought(room, shared_data, next(file for file in FILES if file.name == "bars/EURUSD_1h.parquet"))

    assert report["rows"] == 74_439
    assert (report["gaps_total"], report["gaps_under_30h"], report["missing_bars_under_30h"]) == (641, 12, 205)
    assert (report["longest_gap_hours"], report["flat_bars"]) == (152.0, 1)
    assert round(report["max_abs_log_return"], 3) == 0.023
    assert report["max_abs_log_return_at"] == "2009-03-18T18:00:00Z"
    assert report["gaps_by_kind"] == {"weekend": 614, "holiday": 14, "daily_break": 2, "unexpected": 11}
    assert report["completeness"] > 0.99
