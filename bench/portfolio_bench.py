"""Portfolios of 50 holdings and five years: the night, the choice of a pack, and answers over HTTP.

The closes are made up, the macro series are the bundled ones; the entries are posted, the night runs, and a server
of its own answers.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from sqlalchemy import delete
from story_house import House

from figures import Figure, below, p95, seen
from mintmark.app import App, local_owner, open_app
from mintmark.app.nights import night_of
from mintmark.data import gate
from mintmark.portfolio.operations.ahead_rows import rows as prewarmed
from portfolio_world import DAY, HOLDINGS, PACK, codes, fill

PORTFOLIOS: Final = 50
CLIENTS: Final = 50
RUNS: Final = 5
_OFTEN: Final = 200
_UNHURRIED: Final = {"MINTMARK_ACCESS__REQUESTS_PER_MINUTE": "10000000"}


def measure() -> list[Figure]:
    """Fill a home, run its night, serve it, ask, and return the figures."""
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        folder = Path(name)
        house = House(folder / "home", None, _UNHURRIED)
        app = open_app(home=house.home)
        try:
            fill(app, folder, PORTFOLIOS)
            night = _night(app)
            choice = _choice(app)
            server = psutil.Process(house.serve().pid)
            answers = _answers(app, Asker(house, app), server)
            return [*answers, choice, *_health(house), *_files(app, house), night]
        finally:
            house.close()
            app.close()


class Asker:
    """Asks a pattern of every portfolio in turn."""

    def __init__(self, house: House, app: App) -> None:
        self._house = house
        self._portfolios = [
            str(app.portfolio.portfolio(local_owner(), code).portfolio_id) for code in codes(PORTFOLIOS)
        ]
        self._turns = count()

    def ask(self, pattern: str = "portfolio_overview", client: httpx.Client | None = None) -> tuple[float, Any]:
        """Return how many seconds the next answer took, and its body."""
        portfolio = self._portfolios[next(self._turns) % len(self._portfolios)]
        asked = {"pattern_id": pattern, "pack_id": PACK, "inputs": {"portfolio_id": portfolio}}
        began = time.perf_counter()
        answer = (client or self._house.client).post("/execute", json=asked)
        took = time.perf_counter() - began
        assert answer.status_code == 200, answer.text
        return took, answer

    def round(self, before: Callable[[], None] = lambda: None) -> list[float]:
        """Ask for each portfolio once, one after the other, and return the seconds."""
        found = []
        for _ in self._portfolios:
            before()
            found.append(self.ask()[0])
        return found

    def crowd(self) -> list[float]:
        """Let 50 clients ask for three portfolios each, all at once, and return the seconds."""
        made = {"base_url": self._house.client.base_url, "headers": self._house.client.headers, "timeout": 120.0}
        clients = [httpx.Client(**made) for _ in range(CLIENTS)]
        try:
            with ThreadPoolExecutor(CLIENTS) as pool:
                asked = [pool.submit(lambda one: [self.ask(client=one)[0] for _ in range(3)], one) for one in clients]
                return [took for future in asked for took in future.result()]
        finally:
            for client in clients:
                client.close()


def _median_p95(once: Callable[[], Sequence[float]], runs: int = RUNS) -> float:
    return statistics.median(p95(once()) for _ in range(runs))


def _night(app: App) -> Figure:
    app.portfolio.warm()
    began = time.perf_counter()
    report = night_of(app).run("EOD", DAY, "bench")
    took = time.perf_counter() - began
    assert report["blocked_at"] is None, report
    assert app.data.states.choose("EOD", PACK).status == "fresh"
    return below(f"the night of {PORTFOLIOS} portfolios of {HOLDINGS} holdings", took, "s", 300.0)


def _busy(server: psutil.Process) -> float:
    """Return the seconds the server has computed; other programs on the machine do not count."""
    spent = server.cpu_times()
    return float(spent.user + spent.system)


def _answers(app: App, asker: Asker, server: psutil.Process) -> list[Figure]:
    what = f"portfolio_overview, {HOLDINGS} holdings, 5 years, p95"
    # The first round opens the pack and folds the journals; nothing is measured before both are there.
    asker.round()
    before = _busy(server)
    warm = _median_p95(asker.round)
    spent = (_busy(server) - before) / (RUNS * PORTFOLIOS)
    crowded = _median_p95(asker.crowd)
    cold = _median_p95(lambda: asker.round(lambda: _forget(app)), 1)
    at_risk = [_at_risk(app, asker) for _ in range(RUNS)]
    return [
        below(f"{what}, 1 client", 1000 * warm, "ms", 150.0),
        seen("the server's processor time for one of them", 1000 * spent, "ms"),
        below(f"{what}, {CLIENTS} clients", crowded, "s", 1.2),
        below(f"{what}, 1 client, nothing computed ahead", cold, "s", 2.0),
        below(f"drawdown at risk, {HOLDINGS} holdings", statistics.median(at_risk), "s", 3.0),
    ]


def _forget(app: App) -> None:
    with app.database.write() as connection:
        connection.execute(delete(prewarmed))


def _at_risk(app: App, asker: Asker) -> float:
    """Return the seconds the estimate itself took, as the answer's trace tells them."""
    _forget(app)
    _, answer = asker.ask("portfolio_macro_overview")
    steps = {step["capability"]: step for step in answer.json()["metadata"]["trace"]["steps"]}
    assert steps["macro.compute_dar"]["status"] == "ok", steps
    return float(steps["macro.compute_dar"]["duration_ms"]) / 1000


def _choice(app: App) -> Figure:
    def choose() -> float:
        began = time.perf_counter()
        refused = gate(app.data.states.choose("EOD", asof=DAY), True)
        assert refused is None
        return time.perf_counter() - began

    took = _median_p95(lambda: [choose() for _ in range(_OFTEN)])
    return below("choice of a pack and the freshness gate, p95", 1000 * took, "ms", 5.0)


def _health(house: House) -> list[Figure]:
    client, address = house.client, house.client.base_url.copy_with(path="/health/pack")

    def look() -> float:
        began = time.perf_counter()
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        return time.perf_counter() - began

    took = _median_p95(lambda: [look() for _ in range(_OFTEN)])
    return [below("GET /health/pack, p95", 1000 * took, "ms", 10.0)]


def _files(app: App, house: House) -> list[Figure]:
    asker = Asker(house, app)
    took = statistics.median(asker.ask("export_portfolio_report")[0] for _ in range(RUNS))
    return [below(f"a report as PDF, {HOLDINGS} holdings", took, "s", 2.0)]
