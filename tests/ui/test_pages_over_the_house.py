"""The pages over the whole house: a real server, a real worker, the sample pack."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import Keep, OpenPage, environment, free_port, wait_for
from playwright.sync_api import expect

from keys import bearer

MINTMARK = [sys.executable, "-m", "mintmark.cli"]
LONG_TRAINING = "model: {kind: mlp, params: {hidden: [64, 32], epochs: 1000}}"
VERDICT_SECONDS = 240
# What the tests themselves show the API; the pages need none.
SHOWN: dict[str, str] = {}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A house with the sample pack, a server and a worker; the address of its pages."""
    home = tmp_path_factory.mktemp("house")
    port = free_port()
    around = {**environment(), "MINTMARK_HOME": str(home)}
    subprocess.run([*MINTMARK, "data", "sample"], env=around, check=True, capture_output=True, timeout=120)
    started: list[subprocess.Popen[bytes]] = []
    with (home / "log").open("wb") as log:

        def start(*command: str) -> subprocess.Popen[bytes]:
            started.append(subprocess.Popen([*MINTMARK, *command], env=around, stdout=log, stderr=log))
            return started[-1]

        try:
            SHOWN.update(bearer(f"sqlite:///{home / 'mintmark.db'}"))
            server = start("serve", "--port", str(port))
            start("worker")
            wait_for(f"http://127.0.0.1:{port}/health", server)
            _slow_strategy(home, f"http://127.0.0.1:{port}/api/v1")
            yield f"http://127.0.0.1:{port}"
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(20)


def _slow_strategy(home: Path, api: str) -> None:
    """Save a strategy whose training lasts long enough to be cancelled."""
    spec = httpx.get(f"{api}/strategies/starting_1", headers=SHOWN).json()["data"]["yaml"]
    spec = re.sub(r"(?m)^name: .*$", "name: slow_one", spec)
    spec = re.sub(r"(?m)^model:.*(\n +.*)*$", LONG_TRAINING, spec)
    folder = home / "strategies"
    folder.mkdir(exist_ok=True)
    (folder / "slow_one.yaml").write_text(f"{spec.rstrip()}\n")
    found = httpx.post(f"{api}/strategies/validate", json={"yaml": spec}, headers=SHOWN).json()
    assert found["valid"], found["errors"]


def until(seen: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Return what ``seen`` returns as soon as it is true."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if answer := seen():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"not seen in {seconds} s")


def test_a_person_starts_a_cycle_and_follows_it_to_its_verdict(served: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{served}/research")
    page.get_by_role("button", name="Start the first cycle").click()
    page.get_by_label("or a saved strategy", exact=True).fill("starting_1")
    page.get_by_label("When a gate refuses", exact=True).click()
    page.get_by_role("option", name="assess it all the same").click()

    page.get_by_role("button", name="Start the cycle").click()
    page.locator("section.card h2 a", has_text="starting_1").click()

    verdict = page.locator("h1 .badge", has_text=re.compile("promising|mediocre|poor"))
    expect(verdict).to_be_visible(timeout=VERDICT_SECONDS * 1000)
    expect(page.get_by_text("Training gate:")).to_be_visible()
    expect(page.get_by_text("Backtest gate:")).to_be_visible()
    expect(page.locator("[aria-label^='Equity'] svg path[stroke='var(--accent)']").first).to_be_visible()
    expect(page.locator("[aria-label^='Loss'] svg path[stroke='var(--accent)']").first).to_be_visible()
    keep(page, "real_cycle_1440_dark")
    identity = page.url.rsplit("/", 1)[1]
    body = httpx.get(f"{served}/api/v1/operations/{identity}", headers=SHOWN).json()["data"]
    assert verdict.inner_text() == body["result_summary"]["verdict"]
    drawn = page.locator(".tile", has_text="Trades").locator("b").inner_text()
    assert drawn == str(body["result_summary"]["backtest_result"]["total_trades"])


def test_the_report_opens_from_its_cycle(served: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{served}/research", width=390, theme="light")
    page.locator("a.row", has_text="starting_1").click()

    address = page.get_by_role("link", name="Report").get_attribute("href")
    page.goto(served + str(address))

    expect(page.get_by_text("Mintmark research report")).to_be_visible()
    expect(page.get_by_role("heading", name="Evidence against luck")).to_be_visible()
    keep(page, "real_report_390")


def test_cancel_pressed_on_a_page_ends_the_work(served: str, open_page: OpenPage, keep: Keep):
    httpx.post(f"{served}/api/v1/agent/trigger", json={"strategy": "slow_one"}, headers=SHOWN).raise_for_status()
    page = open_page(f"{served}/research", width=390, theme="light")
    page.locator("section.card h2 a", has_text="slow_one").click()
    expect(page.get_by_text("Training has not ended.")).to_be_visible(timeout=60_000)
    identity = page.url.rsplit("/", 1)[1]

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("Cancelled: cancelled on its page.")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    keep(page, "real_cancelled_390_light")
    listed = httpx.get(f"{served}/api/v1/operations/{identity}/children", headers=SHOWN).json()["data"]
    assert [child["status"] for child in listed] == ["cancelled"]
    until(
        lambda: all(
            worker["busy"] == 0 for worker in httpx.get(f"{served}/api/v1/workers", headers=SHOWN).json()["data"]
        ),
        20,
    )


def test_the_bars_of_the_pack_are_drawn_as_candles(served: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{served}/data")

    expect(page.get_by_text("5,031").first).to_be_visible()
    expect(page.get_by_text("251 bars", exact=True)).to_be_visible()
    candles = page.locator("[aria-label^='Candles'] svg").locator(
        "path[stroke='var(--gain)'], path[stroke='var(--loss)']"
    )
    until(lambda: candles.count() >= 251)
    keep(page, "real_data_1440_dark")


def test_the_overview_counts_what_is_there(served: str, open_page: OpenPage):
    page = open_page(served)

    expect(page.locator(".tile", has_text="live packs").locator("b")).to_have_text("1")
    expect(page.locator(".tile", has_text="live workers").locator("b")).to_have_text("1")
    expect(page.get_by_text("Needs a person")).to_be_hidden()


@pytest.mark.long
def test_a_sweep_started_on_its_page_ends_with_the_sheet_that_was_stored(served: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{served}/backtests")
    page.get_by_role("button", name="New backtest").click()
    page.get_by_label("What", exact=True).click()
    page.get_by_role("option", name="Sweep").click()
    page.get_by_label("Grid", exact=True).fill("fast=5:20:5,slow=40:80:20")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("name one of NASDAQ, SP500")).to_be_visible()
    page.get_by_label("Symbol", exact=True).click()
    page.get_by_role("option", name="NASDAQ").click()

    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("h1 .badge")).to_have_text("completed", timeout=VERDICT_SECONDS * 1000)

    expect(page.locator("figure svg text", has_text="best of 6 tries")).to_be_visible()
    identity = page.url.rsplit("/", 1)[1]
    told = httpx.get(f"{served}/api/v1/operations/{identity}", headers=SHOWN).json()["data"]["result_summary"]
    rows = httpx.get(f"{served}/api/v1/operations/{identity}/rows?table=table&sort=sharpe_ratio", headers=SHOWN).json()[
        "data"
    ]
    best = dict(zip(rows["columns"], rows["rows"][0], strict=True))
    assert rows["total"] == told["combinations"] == 6
    assert {name: best[name] for name in ("fast", "slow", "sharpe_ratio")}.items() <= told["best"][0].items()
    tile = page.locator(".tile", has_text="Tries counted").locator("b")
    assert tile.inner_text() == f"{told['dsr_trials']:,}"
    keep(page, "real_sweep_1440_dark")
    page.goto(served + str(page.get_by_role("link", name="Full report").get_attribute("href")))
    expect(page.get_by_role("heading", name="Map of the sweep")).to_be_visible()
