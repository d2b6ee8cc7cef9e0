"""A real browser on real pages. Screenshots are kept in ``artifacts/pages``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import ARGUMENTS, ARTIFACTS, LOCAL, ContextFor, Keep, OpenPage, environment, free_port, in_state, wait_for
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no chromium is installed: the pages cannot be looked at")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def context_for(browser: Browser) -> Iterator[ContextFor]:
    """One context for each width and theme, so that what was fetched once stays in its cache."""
    held: dict[tuple[int, str], BrowserContext] = {}

    def given(width: int, theme: str) -> BrowserContext:
        if (width, theme) not in held:
            held[width, theme] = browser.new_context(viewport={"width": width, "height": 900})
        return held[width, theme]

    yield given
    for context in held.values():
        context.close()


@pytest.fixture
def open_page(context_for: ContextFor) -> Iterator[OpenPage]:
    """Open an address; afterwards fail on any request that left the machine and any error of a script."""
    outside: list[str] = []
    errors: list[str] = []
    pages: list[Page] = []

    def note(request: Request) -> None:
        if not request.url.startswith(LOCAL):
            outside.append(request.url)

    def opened(address: str, *, width: int = 1440, theme: str = "dark") -> Page:
        context = context_for(width, theme)
        context.add_cookies([{"name": "mintmark_theme", "value": theme, "url": address}])
        page = context.new_page()
        pages.append(page)
        page.set_default_timeout(60_000)
        page.on("request", note)
        page.on("websocket", lambda socket: outside.append(socket.url) if not socket.url.startswith(LOCAL) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for page in pages:
        page.close()
    assert outside == []
    assert errors == []


@pytest.fixture
def keep() -> Keep:
    """Keep a screenshot of the whole page."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)

    def kept(page: Page, name: str) -> None:
        page.screenshot(path=str(ARTIFACTS / f"{name}.png"), full_page=True)

    return kept


@pytest.fixture(scope="module")
def house() -> Iterator[str]:
    """The pages over bodies of a known house; its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(Path(__file__).parent / "house.py"), str(port)], env=environment())
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/v1/packs", process)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def loaded(house: str) -> str:
    """The house with a running cycle, ended ones and packs."""
    return in_state(house, "loaded")
