"""The API as the pages see it: the same routes any client calls, without a network between."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import httpx
from starlette.types import ASGIApp

SECONDS = 30.0


class ApiRefused(Exception):
    """The API said no. ``code``, ``message`` and ``request_id`` come from its error body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("error", "internal"))
        self.message = str(body.get("message", f"the API answered {status}"))
        self.details: dict[str, Any] = body.get("details") or {}
        self.request_id: str | None = body.get("request_id")
        super().__init__(self.message)


class Api:
    """Calls the routes under ``/api/v1`` of the application the pages are mounted in, as whoever ``bearer`` is."""

    def __init__(self, application: ASGIApp, bearer: str | None = None) -> None:
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        shown = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://localhost/api/v1", headers=shown, timeout=SECONDS
        )

    async def get(self, path: str, *, seconds: float = SECONDS, **query: Any) -> Any:
        """Return the body of a GET, which may take ``seconds``; a query value of None is left out.

        Raises:
            ApiRefused: any answer that is not 2xx.
        """
        given = {key: value for key, value in query.items() if value is not None}
        with _page_span("GET", path):
            return _body(await self._client.get(path, params=given, timeout=seconds))

    async def post(self, path: str, body: dict[str, Any] | None = None, *, seconds: float = SECONDS) -> Any:
        """Return the body of a POST of ``body`` as JSON; it may take ``seconds``."""
        with _page_span("POST", path):
            return _body(await self._client.post(path, json=body or {}, timeout=seconds))

    async def delete(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the body of a DELETE of ``body`` as JSON."""
        with _page_span("DELETE", path):
            return _body(await self._client.request("DELETE", path, json=body or {}))

    async def data(self, path: str, **query: Any) -> Any:
        """Return what lies under ``data`` of a GET, or the body where there is no such wrapping."""
        body = await self.get(path, **query)
        return body["data"] if isinstance(body, dict) and "data" in body else body


def _page_span(method: str, path: str) -> AbstractContextManager[None]:
    """Open the span that a page's request begins with; it names the first part of the path, no id."""
    from mintmark.runtime import span

    return span("page.request", method=method, route=f"/{path.strip('/').split('/')[0]}")


def _body(answer: httpx.Response) -> Any:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if answer.is_success:
        return body
    raise ApiRefused(answer.status_code, body if isinstance(body, dict) else {})
