"""Answers in the shapes the providers document, and a local server that gives them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FRED_SERIES = {
    "realtime_start": "2026-02-20", "realtime_end": "2026-02-20",
    "seriess": [{
        "id": "UNRATE", "realtime_start": "2026-02-20", "realtime_end": "2026-02-20", "title": "Unemployment Rate",
        "observation_start": "1948-01-01", "observation_end": "2026-01-01", "frequency": "Monthly",
        "frequency_short": "M", "units": "Percent", "units_short": "%", "seasonal_adjustment_short": "SA",
        "last_updated": "2026-02-06 07:44:03-06", "popularity": 95, "notes": "...",
    }],
}  # fmt: skip
FRED_VALUES = {
    "realtime_start": "2026-02-20", "realtime_end": "2026-02-20", "units": "lin", "output_type": 1,
    "file_type": "json", "order_by": "observation_date", "sort_order": "asc", "count": 3, "offset": 0, "limit": 100000,
    "observations": [
        {"realtime_start": "2026-02-20", "realtime_end": "2026-02-20", "date": "2025-09-01", "value": "4.4"},
        {"realtime_start": "2026-02-20", "realtime_end": "2026-02-20", "date": "2025-10-01", "value": "."},
        {"realtime_start": "2026-02-20", "realtime_end": "2026-02-20", "date": "2025-11-01", "value": "4.5"},
    ],
}  # fmt: skip
POLYGON_BARS = {
    "ticker": "AAPL", "queryCount": 2, "resultsCount": 2, "adjusted": False, "status": "OK", "request_id": "6a7e",
    "count": 2,
    "results": [
        {"v": 70790813, "vw": 131.6292, "o": 130.465, "c": 130.15, "h": 133.41, "l": 129.89, "t": 1673240400000,
         "n": 645365},
        {"v": 63896155, "vw": 129.822, "o": 130.26, "c": 130.73, "h": 131.2636, "l": 128.12, "t": 1673326800000,
         "n": 554940},
    ],
}  # fmt: skip
POLYGON_SPLITS = {
    "status": "OK", "request_id": "a1",
    "results": [
        {"execution_date": "2020-08-31", "id": "E36416cce", "split_from": 1, "split_to": 4, "ticker": "AAPL"},
        {"execution_date": "2005-02-28", "id": "E90a77bdf", "split_from": 1, "split_to": 2, "ticker": "AAPL"},
    ],
}  # fmt: skip
POLYGON_DIVIDENDS = {
    "status": "OK", "request_id": "a2",
    "results": [{
        "cash_amount": 0.22, "currency": "USD", "declaration_date": "2021-10-28", "dividend_type": "CD",
        "ex_dividend_date": "2021-11-05", "frequency": 4, "id": "E8e3c4f7", "pay_date": "2021-11-11",
        "record_date": "2021-11-08", "ticker": "AAPL",
    }],
}  # fmt: skip
NEWS = {
    "status": "ok", "totalResults": 1,
    "articles": [{
        "source": {"id": "reuters", "name": "Reuters"}, "author": "A. Writer", "title": "Apple\nreports a quarter",
        "description": "What happened", "url": "https://news.example/apple", "urlToImage": None,
        "publishedAt": "2026-01-29T21:31:00Z", "content": "The whole story [+2212 chars]",
    }],
}  # fmt: skip
_DATED = {
    "date": "2024-09-28", "symbol": "AAPL", "reportedCurrency": "USD", "cik": "0000320193",
    "fillingDate": "2024-11-01", "acceptedDate": "2024-11-01 06:01:36", "calendarYear": "2024", "period": "FY",
}  # fmt: skip
FMP_INCOME = [{**_DATED, "revenue": 391035000000, "grossProfit": 180683000000, "grossProfitRatio": 0.46206,
               "operatingIncome": 123216000000, "interestExpense": 0, "netIncome": 93736000000}]  # fmt: skip
FMP_BALANCE = [{**_DATED, "cashAndShortTermInvestments": 65171000000, "totalDebt": 106629000000,
                "totalStockholdersEquity": 56950000000, "totalCurrentAssets": 152987000000,
                "totalCurrentLiabilities": 176392000000, "goodwillAndIntangibleAssets": 0,
                "totalAssets": 364980000000}]  # fmt: skip
FMP_CASH = [{**_DATED, "dividendsPaid": -15234000000, "operatingCashFlow": 118254000000,
             "capitalExpenditure": -9447000000, "freeCashFlow": 108807000000}]  # fmt: skip
FMP_RATIOS = [{"symbol": "AAPL", "date": "2024-09-28", "calendarYear": "2024", "period": "FY",
               "currentRatio": 0.8673125765340832, "payoutRatio": 0.16252027823674}]  # fmt: skip
FMP_PROFILE = [{"symbol": "AAPL", "price": 237.3, "companyName": "Apple Inc.", "currency": "USD",
                "exchangeShortName": "NASDAQ", "industry": "Consumer Electronics", "sector": "Technology"}]  # fmt: skip
FMP_QUOTE = [{"symbol": "AAPL", "name": "Apple Inc.", "price": 237.33, "changesPercentage": 1.02,
              "previousClose": 234.93, "timestamp": 1732914001}]  # fmt: skip

RIGHT: dict[str, Any] = {
    "/series": FRED_SERIES,
    "/series/observations": FRED_VALUES,
    "/v2/aggs/ticker/AAPL/range/1/day/2023-01-09/2023-01-10": POLYGON_BARS,
    "/v3/reference/splits": POLYGON_SPLITS,
    "/v3/reference/dividends": POLYGON_DIVIDENDS,
    "/v2/everything": NEWS,
    "/v2/top-headlines": NEWS,
    "/v3/income-statement/AAPL": FMP_INCOME,
    "/v3/balance-sheet-statement/AAPL": FMP_BALANCE,
    "/v3/cash-flow-statement/AAPL": FMP_CASH,
    "/v3/ratios/AAPL": FMP_RATIOS,
    "/v3/profile/AAPL": FMP_PROFILE,
    "/v3/quote/AAPL": FMP_QUOTE,
}


class Provider:
    """A local server. ``script`` is played first, one entry a request; then the right answers come."""

    def __init__(self) -> None:
        self.script: list[tuple[int, bytes, dict[str, str], float]] = []
        self.answers: dict[str, Any] = dict(RIGHT)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def fail(self, status: int, body: bytes = b"", *, times: int = 1, after: float = 0.0, **headers: str) -> None:
        """Answer the next ``times`` requests with ``status``."""
        self.script += [(status, body, headers, after)] * times


@contextmanager
def serving() -> Iterator[Provider]:
    """Serve on this machine until the end of the block."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append((self.path, dict(self.headers.items())))
            if provider.script:
                status, body, headers, after = provider.script.pop(0)
                time.sleep(after)
            else:
                found = provider.answers.get(self.path.split("?")[0])
                status, body, headers = (404, b"{}", {}) if found is None else (200, json.dumps(found).encode(), {})
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
