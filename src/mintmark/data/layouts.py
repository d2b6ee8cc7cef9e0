"""What a file of bars looks like, and its columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from mintmark.domain import Refused

LAYOUTS = ("plain", "mt5", "ccxt")
PRICES = ("open", "high", "low", "close")
_STAMP_NAMES = ("timestamp", "time", "date")
_MT5_COLUMNS = ("<DATE>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>")
_CCXT_COLUMNS = ("stamp", "open", "high", "low", "close", "volume")
_PARQUET = b"PAR1"
_MILLISECONDS = 10**11

FileKind = Literal["text", "json", "parquet"]


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a file, before anything was judged.

    ``frame`` holds ``line`` (where the row stands in the file, from 1), ``stamp`` as written,
    the prices and where the file has them ``volume`` and ``spread``; text where the file is text.
    ``volume_kind`` is set where the layout itself says what the volume counts.
    """

    layout: str
    frame: pl.DataFrame
    volume_kind: str | None = None


def read_columns(content: bytes, layout: str = "auto") -> Columns:
    """Return the columns of ``content``, a CSV, JSON or parquet file.

    Raises:
        Refused: ``layout_unknown`` when no layout fits, ``layout_ambiguous`` when two do,
            ``file_unreadable`` when the rows cannot be split.
    """
    if layout not in ("auto", *LAYOUTS):
        raise Refused(f"expected a layout of auto, {', '.join(LAYOUTS)}, found {layout!r}", path="layout")
    kind: FileKind = "parquet" if content[:4] == _PARQUET else "json" if content.lstrip()[:1] == b"[" else "text"
    if kind == "text":
        content = _as_utf8(content)
    names = _header(content, kind)
    chosen = _chosen(layout, [name for name in LAYOUTS if _fits(name, names, kind)], names)
    try:
        return _READERS[chosen](content, kind)
    except (pl.exceptions.PolarsError, json.JSONDecodeError) as error:
        raise Refused(f"the rows cannot be read: {_first_line(error)}", code="file_unreadable") from error


def _as_utf8(content: bytes) -> bytes:
    try:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            content = content.decode("utf-16").encode()
        content = content.removeprefix(b"\xef\xbb\xbf")
        _top_line(content)
    except UnicodeDecodeError as error:
        raise Refused("expected text in UTF-8, a JSON list or a parquet file", code="file_unreadable") from error
    if not content or content.isspace():
        raise Refused("the file is empty", code="no_bars")
    return content


def _top_line(content: bytes) -> str:
    end = content.find(b"\n")
    return content[: end if end >= 0 else None].decode().strip("\r")


def _header(content: bytes, kind: FileKind) -> list[str]:
    if kind == "parquet":
        try:
            return pl.read_parquet(content, n_rows=0).columns
        except pl.exceptions.PolarsError as error:
            raise Refused(f"the parquet file cannot be read: {_first_line(error)}", code="file_unreadable") from error
    if kind == "json":
        return []
    line = _top_line(content)
    return [name.strip().strip('"') for name in line.split(_separator(line))]


def _separator(line: str) -> str:
    return max(("\t", ";", ","), key=line.count)


def _fits(layout: str, names: list[str], kind: FileKind) -> bool:
    if layout == "mt5":
        return kind == "text" and set(_MT5_COLUMNS) <= {name.upper() for name in names}
    if layout == "plain":
        lower = [name.lower() for name in names]
        return all(lower.count(price) == 1 for price in PRICES) and sum(lower.count(n) for n in _STAMP_NAMES) == 1
    return kind == "json" or (kind == "text" and len(names) == len(_CCXT_COLUMNS) and _is_candle(names))


def _is_candle(values: list[str]) -> bool:
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        return False
    return numbers[0] >= _MILLISECONDS and numbers[0].is_integer()


def _chosen(asked: str, fitting: list[str], names: list[str]) -> str:
    found = f"found the columns {', '.join(names[:12])}" if names else "found a JSON list"
    if asked != "auto" and asked not in fitting:
        raise Refused(f"the file is not laid out as {asked}: {found}", code="layout_unknown", columns=names[:50])
    if not fitting:
        raise Refused(
            f"expected one of timestamp, time, date and open, high, low, close (plain), <DATE> <TIME> <OPEN> ... (mt5),"
            f" or six numbers from milliseconds to volume (ccxt); {found}",
            code="layout_unknown",
            columns=names[:50],
        )
    if asked == "auto" and len(fitting) > 1:
        raise Refused(f"the file fits {' and '.join(fitting)}: choose with --layout", code="layout_ambiguous")
    return fitting[0] if asked == "auto" else asked


def _plain(content: bytes, kind: FileKind) -> Columns:
    if kind == "parquet":
        frame, first_line = pl.read_parquet(content), 1
    else:
        frame, first_line = _text_table(content, _separator(_top_line(content))), 2
    lower = {name.strip().strip('"').lower(): name for name in frame.columns}
    stamp = next(name for name in _STAMP_NAMES if name in lower)
    wanted = {lower[stamp]: "stamp", **{lower[name]: name for name in (*PRICES, "volume") if name in lower}}
    return Columns("plain", _numbered(frame.select(*wanted).rename(wanted), first_line))


def _mt5(content: bytes, _kind: FileKind) -> Columns:
    frame = _text_table(content, _separator(_top_line(content)))
    frame = frame.rename({name: name.strip().upper().strip("<>").lower() for name in frame.columns})
    stamp = pl.col("date") + " " + pl.col("time") if "time" in frame.columns else pl.col("date") + " 00:00"
    volume, kind = _mt5_volume(frame)
    columns = [stamp.alias("stamp"), *PRICES, *volume, *(["spread"] if "spread" in frame.columns else [])]
    return Columns("mt5", _numbered(frame.select(columns), 2), kind)


def _mt5_volume(frame: pl.DataFrame) -> tuple[list[pl.Expr], str]:
    traded = "vol" in frame.columns and bool(frame["vol"].cast(pl.Float64, strict=False).fill_null(0).gt(0).any())
    if traded:
        return [pl.col("vol").alias("volume")], "shares"
    return ([pl.col("tickvol").alias("volume")] if "tickvol" in frame.columns else []), "ticks"


def _ccxt(content: bytes, kind: FileKind) -> Columns:
    if kind == "text":
        frame = pl.read_csv(content, has_header=False, new_columns=list(_CCXT_COLUMNS), infer_schema=False)
        return Columns("ccxt", _numbered(frame, 1), "base")
    rows = json.loads(content)
    wrong = next((n for n, row in enumerate(rows, 1) if not isinstance(row, list) or len(row) != 6), None)
    if wrong is not None or not rows:
        raise Refused(f"expected rows of [milliseconds, open, high, low, close, volume]; row {wrong or 0} is not",
                      code="layout_unknown" if rows else "no_bars")  # fmt: skip
    columns: Mapping[str, Any] = dict(zip(_CCXT_COLUMNS, zip(*rows, strict=True), strict=True))
    texts = {name: [None if value is None else str(value) for value in column] for name, column in columns.items()}
    return Columns("ccxt", _numbered(pl.DataFrame(texts), 1), "base")


def _text_table(content: bytes, separator: str) -> pl.DataFrame:
    return pl.read_csv(content, separator=separator, infer_schema=False)


def _numbered(frame: pl.DataFrame, first_line: int) -> pl.DataFrame:
    return frame.with_row_index("line", offset=first_line)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


_READERS = {"plain": _plain, "mt5": _mt5, "ccxt": _ccxt}
