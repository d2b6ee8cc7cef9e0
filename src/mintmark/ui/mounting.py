"""Puts the pages into the application that serves the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any

from fastapi import FastAPI
from nicegui import ui
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Scope

from mintmark.ui import (
    backtest,
    backtests,
    cycle,
    data,
    ledger,
    ledger_import,
    ledger_verify,
    operation,
    operations,
    overview,
    portfolio,
    research,
)
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.entry import Entry
from mintmark.ui.frame import STATIC, Frame
from mintmark.ui.parts import Part, broke, lost, nowhere

_OTHERS = ("/api", "/health", "/metrics", "/openapi.json")
_THEME_COOKIE = "mintmark_theme"

Page = Callable[..., Awaitable[None]]


class _Pages(Mount):
    """A mount at the root that leaves the paths of the API alone, also those it does not know."""

    def __init__(self, pages: ASGIApp, entry: Entry) -> None:
        super().__init__("/", app=entry.guarding(pages), name="pages")
        self._pages = pages

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope.get("path", "")
        if any(path == other or path.startswith(f"{other}/") for other in _OTHERS):
            return Match.NONE, {}
        match, found = super().matches(scope)
        # The pages look whether they are the end of the way: whoever stands before them is not.
        return match, {**found, "endpoint": self._pages} if found else found


class _Rooms(ui.sub_pages):
    """The pages by their path; a path without a page says so."""

    def _render_404(self) -> None:
        Part(nowhere).show(self._router.current_path)

    def _render_error(self, error: Exception) -> None:
        Part(broke).show(type(error).__name__)


def mount(application: FastAPI, entry: Entry | None = None) -> None:
    """Serve the pages from ``application``, which must hold the routes of the API already.

    The pages ask those routes as any client would, as whoever ``entry`` says. May be called once in a process.
    """
    entry = entry or Entry()
    entry.add_to(application)
    ui.add_head_html(_head(), shared=True)
    ui.run_with(
        application,
        root=partial(_root, application, entry),
        title="Mintmark",
        favicon=STATIC / "mark.svg",
        dark=True,
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=10.0,
    )
    mounted = application.router.routes.pop()
    assert isinstance(mounted, Mount)
    application.router.routes.append(_Pages(mounted.app, entry))


def _head() -> str:
    css, script = (STATIC / "pages.css").read_text(), (STATIC / "pages.js").read_text()
    return f"<style>{css}</style><script>{script}</script>"


def _root(application: FastAPI, entry: Entry) -> None:
    request = ui.context.client.request
    api = Api(application, entry.bearer(request.cookies))
    ui.dark_mode(value=request.cookies.get(_THEME_COOKIE) != "light")
    Frame(api)
    routes: dict[str, Page] = {
        "/": overview.page,
        "/research": research.page,
        "/research/{operation_id}": cycle.page,
        "/backtests": backtests.page,
        "/backtests/{operation_id}": backtest.page,
        "/portfolio": portfolio.page,
        "/portfolio/{code}": portfolio.page,
        "/portfolio/{code}/{pattern_id}": portfolio.page,
        "/portfolio/{code}/{pattern_id}/{security_id}": portfolio.page,
        "/ledger": ledger.page,
        "/ledger/entries/{entry_id}": ledger.entry,
        "/ledger/at/{commit_hash}": ledger.at,
        "/ledger/lots": ledger.lots,
        "/ledger/balances": ledger.balances,
        "/ledger/verify": ledger_verify.page,
        "/ledger/import": ledger_import.page,
        "/data": data.page,
        "/data/{pack_id}": data.page,
        "/operations": operations.page,
        "/operations/{operation_id}": operation.page,
    }
    held = {path: _guarded(partial(page, api)) for path, page in routes.items()}
    with ui.element("div").classes("page"):
        _Rooms(held)


def _guarded(page: Page) -> Page:
    """Return ``page`` with a refused first look shown as what happened, why and what to do."""

    @wraps(page)
    async def shown(**arguments: Any) -> None:
        try:
            await page(**arguments)
        except ApiRefused as error:
            Part(lost).show(error)

    return shown
