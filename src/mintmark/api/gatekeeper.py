"""Who comes in: an identity on every route under ``/api/v1``, its role, how much it may ask, and what it did."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mintmark.api.faults import Faults
from mintmark.api.roles import LEAST_ROLE, READING, route_of
from mintmark.app import App
from mintmark.domain import MintmarkError, Refusal, Refused

if TYPE_CHECKING:
    from mintmark.runtime import Identity, Limits

GUARDED = "/api/v1"
SESSION_COOKIE = "mintmark_session"
_LOOKS = 4
_READS = {"GET", "HEAD"}


class Gatekeeper:
    """Lets requests under ``/api/v1`` in when somebody known asks who may, and writes down what was changed."""

    def __init__(self, app: ASGIApp, house: App, faults: Faults) -> None:
        self._app = app
        self._house = house
        self._faults = faults
        self._room: Room | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _guarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        self._room = self._room or Room(self._house.settings.access.running, self._house.settings.access.waiting)
        try:
            identity = await self._entered(scope)
            leave = await self._room.enter()
        except MintmarkError as refused:
            await self._refuse(refused, scope, receive, send)
            return
        try:
            scope.setdefault("state", {})["identity"] = identity
            await self._app(scope, receive, self._noted(scope, identity, send))
        finally:
            leave()

    async def _entered(self, scope: Scope) -> Identity:
        limits: Limits = self._house.limits
        address = _address(scope)
        _raise(limits.attempt(address))
        bearer = _bearer(scope)
        identity: Identity | None = (
            None if bearer is None else await self._room_for(partial(self._house.access.known, bearer))
        )
        if identity is None:
            if bearer is not None:
                limits.wrong(address)
            said = "send a key or a token as `Authorization: Bearer ...`: see `mintmark key create`"
            raise Refused(said, code="unauthorized")
        _raise(limits.request(identity.key_id or str(identity.user_id)))
        least = LEAST_ROLE.get(route_of(scope["method"], scope["path"]) or "", "admin")
        if not identity.may(least):
            await self._note(scope, identity, "forbidden")
            message = f"this asks for the role {least}, yours is {identity.role}"
            raise Refused(message, code="forbidden", expected=least, found=identity.role)
        return identity

    def _noted(self, scope: Scope, identity: Identity, send: Send) -> Send:
        """Return ``send``, after the log has what a request changed or was refused."""
        route = route_of(scope["method"], scope["path"])
        if scope["method"] in _READS or route is None or route in READING:
            return send

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = int(message["status"])
                await self._note(scope, identity, "done" if status < 400 else str(status))
            await send(message)

        return noted

    async def _note(self, scope: Scope, identity: Identity, outcome: str) -> None:
        from mintmark.runtime import Action

        action = Action(
            user_id=str(identity.user_id),
            key_id=identity.key_id,
            action=route_of(scope["method"], scope["path"]) or scope["method"],
            subject=scope["path"],
            address=_address(scope),
            request_id=scope["request_id"],
            outcome=outcome,
        )
        await self._room_for(partial(self._house.access.note, action))

    async def _room_for(self, look: Callable[[], Any]) -> Any:
        # Looks at keys never wait behind long answers.
        assert self._room is not None
        return await to_thread.run_sync(look, limiter=self._room.looks)

    async def _refuse(self, refused: MintmarkError, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"WWW-Authenticate": "Bearer"} if refused.code == "unauthorized" else {}
        if "retry_after" in refused.details:
            headers["Retry-After"] = str(refused.details["retry_after"])
        await self._faults.answer(refused, scope["request_id"], headers=headers)(scope, receive, send)


class Room:
    """How many requests run at once in this process, and how many may wait for that."""

    def __init__(self, running: int, waiting: int) -> None:
        self._running = anyio.Semaphore(running)
        self._most = waiting
        self._waiting = 0
        self.looks = CapacityLimiter(_LOOKS)

    async def enter(self) -> Callable[[], None]:
        """Return how to leave, once there is room; refuses ``rate_limited`` when too many wait already."""
        if self._waiting >= self._most:
            message = f"{self._most} requests wait already; try again in a moment"
            raise Refused(message, code="rate_limited", limit=self._most, retry_after=1)
        self._waiting += 1
        try:
            await self._running.acquire()
        finally:
            self._waiting -= 1
        return self._running.release


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused.because(refusal)


def _guarded(path: str) -> bool:
    return path == GUARDED or path.startswith(f"{GUARDED}/")


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "local"


def _bearer(scope: Scope) -> str | None:
    """Return what the caller shows: a bearer, or the cookie of a page, which lets nobody write."""
    headers = Headers(scope=scope)
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    return session_of(headers) if scope["method"] in _READS else None


def session_of(headers: Headers) -> str | None:
    """Return the session a browser shows, or None."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return found.value if found is not None and found.value else None
