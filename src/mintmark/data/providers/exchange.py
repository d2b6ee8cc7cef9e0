"""Public bars of an exchange, through ccxt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mintmark.domain import ProviderFailed, Refused, Timeframe

RETRIES = 5
MOST_PAGES = 20_000
WAIT_SECONDS = 1.0

# Exchanges that answer by window say nothing where nothing traded; this many bars further they are asked again.
_EMPTY_STEP_BARS = 300

Row = Sequence[float]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Asked:
    """Which bars are wanted: from ``since_ms`` on, those that have closed by ``until_ms``."""

    symbol: str
    timeframe: Timeframe
    since_ms: int
    until_ms: int

    @property
    def step_ms(self) -> int:
        return self.timeframe.seconds * 1_000


def open_exchange(name: str) -> Any:
    """Return ccxt's asynchronous client of ``name``, held to the exchange's rate limit.

    Raises:
        Refused: ``invalid_request`` for a name ccxt does not know; ``provider_unavailable`` without ccxt.
    """
    try:
        import ccxt.async_support as ccxt
    except ImportError as error:
        message = "exchanges need the extra `live`: pip install mintmark[live]"
        raise Refused(message, code="provider_unavailable") from error
    if name not in ccxt.exchanges:
        raise Refused(f"expected the name of an exchange such as kraken, found {name!r}", path="exchange")
    return getattr(ccxt, name)({"enableRateLimit": True, "enableLastJsonResponse": True})


def fetch_rows(
    exchange: Any,
    asked: Asked,
    known: Mapping[int, Sequence[Row]],
    keep: Callable[[int, Sequence[Row]], None],
    progress: Callable[[float, str], None] | None = None,
) -> list[Row]:
    """Return the closed bars of ``asked``, oldest first, page by page; ``exchange`` is closed at the end.

    A page in ``known`` (by the moment it was asked from) is not asked for again; each new one is
    handed to ``keep`` before the next is asked for. A call is made again up to 5 times with back-off.

    Raises:
        ProviderFailed: ``provider_timeout`` or ``provider_failed`` when the retries are used up.
        Refused: ``symbol_unknown`` or ``timeframe_unknown`` at this exchange.
    """
    return asyncio.run(_walk(exchange, asked, dict(known), keep, progress))


async def _walk(
    exchange: Any,
    asked: Asked,
    known: dict[int, Sequence[Row]],
    keep: Callable[[int, Sequence[Row]], None],
    progress: Callable[[float, str], None] | None,
) -> list[Row]:
    rows: dict[int, Row] = {}
    cursor = asked.since_ms
    try:
        for _ in range(MOST_PAGES):
            if cursor + asked.step_ms > asked.until_ms:
                break
            page = _kept_from(known, cursor)
            if page is None:
                page = await _page(exchange, asked, cursor)
                if page:
                    keep(cursor, page)
            rows.update((int(row[0]), row) for row in page)
            cursor = int(page[-1][0]) + asked.step_ms if page else cursor + _EMPTY_STEP_BARS * asked.step_ms
            if progress is not None:
                share = (cursor - asked.since_ms) / max(asked.until_ms - asked.since_ms, 1)
                progress(min(share, 1.0), f"Fetched {len(rows)} bars of {asked.symbol}")
    finally:
        await exchange.close()
    return [rows[stamp] for stamp in sorted(rows)]


def _kept_from(known: Mapping[int, Sequence[Row]], cursor: int) -> list[Row] | None:
    starts = [start for start, page in known.items() if start <= cursor <= page[-1][0]]
    if not starts:
        return None
    return [row for row in known[max(starts)] if row[0] >= cursor]


async def _page(exchange: Any, asked: Asked, cursor: int) -> list[Row]:
    if asked.timeframe.value not in (exchange.timeframes or {}):
        message = f"{exchange.id} has no {asked.timeframe.value} bars; it has {', '.join(exchange.timeframes or {})}"
        raise Refused(message, code="timeframe_unknown", timeframe=asked.timeframe.value)
    await _tried(exchange, asked, exchange.load_markets)
    found = await _tried(
        exchange, asked, lambda: exchange.fetch_ohlcv(asked.symbol, asked.timeframe.value, since=cursor)
    )
    return [list(row) for row in found if cursor <= row[0] and row[0] + asked.step_ms <= asked.until_ms]


async def _tried(exchange: Any, asked: Asked, call: Callable[[], Awaitable[_T]]) -> _T:
    import ccxt
    import stamina

    try:
        async for attempt in stamina.retry_context(
            on=ccxt.NetworkError, attempts=RETRIES + 1, timeout=None, wait_initial=WAIT_SECONDS, wait_max=60.0
        ):
            with attempt:
                found = await call()
                # A page of a proxy or of a maintenance is no JSON; ccxt reads it as an answer without bars.
                if exchange.last_json_response is None:
                    raise ccxt.ExchangeNotAvailable("the answer is no JSON")
                return found
    except ccxt.BadSymbol as error:
        message = f"{exchange.id} has no {asked.symbol}"
        raise Refused(message, code="symbol_unknown", symbol=asked.symbol) from error
    except ccxt.RequestTimeout as error:
        message = f"{exchange.id} did not answer in time, {RETRIES + 1} times over: {error}"
        raise ProviderFailed(message, code="provider_timeout", provider=exchange.id) from error
    except ccxt.BaseError as error:
        raise ProviderFailed(f"{exchange.id} failed: {error}"[:500], provider=exchange.id) from error
    raise AssertionError("a retry ends with an answer or an error")
