"""A house behind its HTTP door, as tests see it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from mintmark.app import App
from mintmark.portfolio import RequestCtx, Wanted
from mintmark.runtime import LOCAL_OWNER

ERROR_FIELDS = {"error", "message", "details", "request_id", "timestamp"}
UNKNOWN = "op_training_20260301_101502_5d0c1f77"
SAMPLE = "PP_2018-12-31_SAMPLE_v1"
EXPORTED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Door:
    """Asks an application as a client would, without a network between."""

    def __init__(self, api: FastAPI, base_url: str = "http://testserver", *, bearer: str | None = "") -> None:
        self._api = api
        self._base_url = base_url
        # Nothing said: as the local owner; None: as nobody.
        self.bearer = api.state.house.access.open_local() if bearer == "" else bearer

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send one request and return its answer."""

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._api, raise_app_exceptions=False)
            shown = {} if self.bearer is None else {"Authorization": f"Bearer {self.bearer}"}
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url, headers=shown) as client:
                return await client.request(method, path, **given)

        return asyncio.run(once())

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.ask("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self.ask("POST", path, **given)

    def put(self, path: str, **given: Any) -> httpx.Response:
        return self.ask("PUT", path, **given)

    def delete(self, path: str, **given: Any) -> httpx.Response:
        return self.ask("DELETE", path, **given)


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Return the error body of ``answer``, which must have ``status`` and the one shape of errors."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) == ERROR_FIELDS
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["timestamp"].endswith("Z")
    return body


def paths_of(body: Mapping[str, Any]) -> list[str]:
    """Return the paths of the problems of an ``invalid_request``."""
    assert body["error"] == "invalid_request"
    return [problem["path"] for problem in body["details"]["problems"]]


def an_export(app: App) -> tuple[str, bytes]:
    """Return the id and the bytes of an export of the local owner."""
    ctx = RequestCtx(
        pricing_pack_id="PP_2018-12-31_SAMPLE_v1",
        pack_sha256="ab" * 32,
        ledger_commit_hash="cd" * 32,
        trace_id="1" * 32,
        user_id=LOCAL_OWNER,
        request_id="r-1",
        timestamp=EXPORTED_AT,
        asof_date=EXPORTED_AT.date(),
        policy="EOD",
        rights_profile="default",
        require_fresh=True,
    )
    made = app.exports.export(Wanted({"result": {"a": 1}}, "json", ctx, "p", "P", ("ledger",), "r-1:p"))
    assert isinstance(made, dict)
    return made["artifact_id"], app.blobs.get(made["sha256"])
