"""``/health``, ``/health/pack`` and ``/metrics``."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from mintmark.api.faults import Answer
from mintmark.api.shapes import Health, PackHealth, errors, of
from mintmark.app import App, answers, pack_answers

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def routes(app: App) -> APIRouter:
    """Return the routes for whoever watches the process."""
    router = APIRouter(tags=["watching"])

    @router.get("/health", responses={**of(Health), **errors()})
    def health() -> Answer:
        """Say that the process answers and reaches its database."""
        return Answer(answers.health(app))

    @router.get("/health/pack", responses={**of(PackHealth), **errors(503)})
    def health_pack(policy: Literal["EOD", "UTC"] | None = None) -> Answer:
        """Say how far the newest pack that portfolios are valued by is on its way."""
        return Answer(pack_answers.health(app, policy))

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **errors()})
    def metrics() -> Response:
        """Return the metrics of all processes, in the text format of Prometheus."""
        return Response(answers.metrics(app), media_type=PROMETHEUS)

    return router
