"""The route that tests the gates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from mintmark.api.faults import Answer
from mintmark.api.shapes import Started, errors, of
from mintmark.app import App, SelfTestRequest, answers


def routes(app: App) -> APIRouter:
    """Return the route that feeds the gates with cycles nobody asked for."""
    router = APIRouter(tags=["gates"])

    @router.post("/selftests", status_code=202, responses={**of(Started, 202), **errors(404, 422)})
    def selftest(request: Annotated[SelfTestRequest | None, Body()] = None) -> Answer:
        """Feed the gates with noise and with planted edges, and count what they let through."""
        return Answer(answers.selftest(app, request or SelfTestRequest()), status_code=202)

    return router
