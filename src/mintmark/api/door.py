"""The outermost layer: who asks, how much is sent, and what happens when something breaks."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mintmark.api.faults import Faults
from mintmark.app import MAX_BODY_BYTES, MAX_IMPORT_BYTES
from mintmark.domain import MintmarkError, Refused
from mintmark.runtime import trail

logger = logging.getLogger(__name__)
_READING = {"GET", "HEAD", "OPTIONS"}
LIMITED = "/api/"
IMPORTS = frozenset({"/api/v1/ledger/import"})


class Door:
    """Gives each request an id, bounds its body, keeps other sites out, and answers what broke.

    ``hosts``: the host names this server answers to; None takes any. A page of another site
    that a browser has open cannot reach a loopback server through a name of its own.
    """

    def __init__(self, app: ASGIApp, faults: Faults, hosts: frozenset[str] | None = None) -> None:
        self._app = app
        self._faults = faults
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = scope["request_id"] = _request_id(headers)
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        refused = self._refusal(scope, headers)
        if refused is not None:
            await self._faults.answer(refused, request_id)(scope, receive, answer)
            return
        try:
            with _traced(scope, headers, request_id):
                limit = _limit(scope["path"])
                await self._app(scope, receive if limit is None else _bounded(receive, limit), answer)
        except Exception:
            logger.exception("request broke", extra={"request_id": request_id, "path": scope["path"]})
            if started:
                raise
            await self._faults.answer(MintmarkError("broke"), request_id)(scope, receive, answer)

    def _refusal(self, scope: Scope, headers: Headers) -> Refused | None:
        host = headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            return Refused(f"this server does not answer to the host {host!r}", code="cross_site")
        origin = headers.get("origin")
        if origin and scope["method"] not in _READING and urlsplit(origin).netloc != host:
            return Refused(f"a page of {origin} may not ask for this", code="cross_site")
        length, limit = headers.get("content-length", "0"), _limit(scope["path"])
        if limit is not None and length.isdigit() and int(length) > limit:
            return _too_large(int(length), limit)
        return None


@contextmanager
def _traced(scope: Scope, headers: Headers, request_id: str) -> Iterator[None]:
    """Give each request of the API its trace, continued from the caller's; log lines carry both ids."""
    with trail(request_id=request_id):
        if not scope["path"].startswith(LIMITED):
            yield
            return
        from mintmark.runtime import request_trace

        with request_trace(headers.get("traceparent"), "http.request", request_id=request_id) as trace_id:
            scope["trace_id"] = trace_id
            yield


def _request_id(headers: Headers) -> str:
    """Return the caller's id when it is a UUID, else one of ours."""
    try:
        return str(uuid.UUID(headers.get("x-request-id", "")))
    except ValueError:
        return str(uuid.uuid4())


def _name(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""


def _limit(path: str) -> int | None:
    """Return the most bytes the body of a request to ``path`` may have."""
    if path in IMPORTS:
        return MAX_IMPORT_BYTES
    return MAX_BODY_BYTES if path.startswith(LIMITED) else None


def _too_large(found: int, limit: int) -> Refused:
    message = f"a body has at most {limit} bytes, found {found} or more"
    return Refused(message, code="too_large", limit=limit, observed=found)


def _bounded(receive: Receive, limit: int) -> Receive:
    """Return ``receive``, ending a body that grows too large without having said so."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413, _too_large(total, limit).message)
        return message

    return counted
