"""Who opens the pages: the local owner on a loopback address, elsewhere whoever signs in with a key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from anyio import to_thread
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mintmark.app import App

if TYPE_CHECKING:
    from mintmark.runtime import Identity

COOKIE = "mintmark_session"
SIGN_IN = "/signin"
SIGN_OUT = "/signout"
_OPEN = (SIGN_IN, SIGN_OUT, "/_nicegui/")
_MOST_BYTES = 4_096
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mintmark</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px system-ui,sans-serif;background:#101418;color:#e6eaee;display:grid;place-items:center;
height:100vh;margin:0}}form{{display:grid;gap:12px;width:min(92vw,360px)}}input,button{{font:inherit;padding:10px;
border-radius:6px;border:1px solid #39424c;background:#181e24;color:inherit}}button{{background:#0f766e;border:0;
color:#fff}}p{{margin:0;color:#f0b429}}label{{color:#a3adb8}}</style>
<form method="post" action="/signin"><h1>Mintmark</h1><label for="key">Key of <code>mintmark key create</code></label>
<input id="key" name="key" type="password" autocomplete="off" autofocus required><p role="alert">{said}</p>
<button>Sign in</button></form></html>"""


class Entry:
    """Pages that anybody opens and that show no identity; an API of its own may stand behind them."""

    def add_to(self, application: FastAPI) -> None:
        """Add the routes it needs."""

    def bearer(self, cookies: Mapping[str, str]) -> str | None:  # noqa: ARG002
        """Return what the pages show the API for a browser with ``cookies``."""
        return None

    def guarding(self, pages: ASGIApp) -> ASGIApp:
        """Return ``pages`` behind this entry."""
        return pages


class LocalEntry(Entry):
    """The pages work as the local owner; what a page links to may be read with a cookie of this process alone."""

    def __init__(self, house: App) -> None:
        self._bearer = house.access.open_local()
        reading = house.access.open_local("viewer")
        self._cookie = f"{COOKIE}={reading}; Path=/api/v1; HttpOnly; SameSite=Strict"

    def bearer(self, cookies: Mapping[str, str]) -> str | None:  # noqa: ARG002
        return self._bearer

    def guarding(self, pages: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers = MutableHeaders(scope=message)
                    if headers.get("content-type", "").startswith("text/html"):
                        headers.append("Set-Cookie", self._cookie)
                await send(message)

            await pages(scope, receive, answer if scope["type"] == "http" else send)

        return guarded


class KeyEntry(Entry):
    """A browser signs in with a key and works in its role, until it signs out, twelve hours or a revocation."""

    def __init__(self, house: App) -> None:
        self._house = house

    def add_to(self, application: FastAPI) -> None:
        application.add_route(SIGN_IN, self._sign_in, methods=["GET", "POST"], include_in_schema=False)
        application.add_route(SIGN_OUT, self._sign_out, methods=["POST"], include_in_schema=False)

    def bearer(self, cookies: Mapping[str, str]) -> str | None:
        return cookies.get(COOKIE)

    def guarding(self, pages: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan" or scope["path"].startswith(_OPEN) or await self._signed_in(scope):
                await pages(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            elif scope["method"] == "GET":
                await RedirectResponse(SIGN_IN, status_code=303)(scope, receive, send)
            else:
                await PlainTextResponse("sign in first", status_code=401)(scope, receive, send)

        return guarded

    async def _signed_in(self, scope: Scope) -> bool:
        session = HTTPConnection(scope).cookies.get(COOKIE)
        return session is not None and await to_thread.run_sync(self._house.access.known, session) is not None

    async def _sign_in(self, request: Request) -> Response:
        if request.method != "POST":
            return HTMLResponse(_PAGE.format(said=""))
        from mintmark.runtime import SESSION_LIFE

        address = request.client.host if request.client else "local"
        if self._house.limits.attempt(address) is not None:
            return HTMLResponse(_PAGE.format(said="Too many wrong keys; wait a minute."), status_code=429)
        key = await _key_in(request)
        identity: Identity | None = await to_thread.run_sync(self._house.access.known, key)
        if identity is None or identity.key_id is None or identity.by_token:
            self._house.limits.wrong(address)
            return HTMLResponse(_PAGE.format(said="This key is not known, or was revoked."), status_code=401)
        make = partial(self._house.access.create_token, identity, SESSION_LIFE)
        made = await to_thread.run_sync(make)
        answer = RedirectResponse("/", status_code=303)
        life = int(SESSION_LIFE.total_seconds())
        answer.set_cookie(COOKIE, made["token"], max_age=life, secure=True, httponly=True, samesite="strict")
        return answer

    async def _sign_out(self, request: Request) -> Response:
        session = request.cookies.get(COOKIE)
        if session is not None:
            await to_thread.run_sync(self._house.access.end_token, session)
        answer = RedirectResponse(SIGN_IN, status_code=303)
        answer.delete_cookie(COOKIE)
        return answer


async def _key_in(request: Request) -> str:
    """Return the key of a form, or nothing for one that is too long or none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("key", [""])[0].strip()
