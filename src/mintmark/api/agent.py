"""Routes of research cycles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from mintmark.api.faults import Answer
from mintmark.api.shapes import AgentStatus, Budget, Cancelled, Triggered, errors, of
from mintmark.app import App, OperationId, TriggerRequest, answers


def routes(app: App) -> APIRouter:
    """Return the routes under ``/agent``."""
    router = APIRouter(prefix="/agent", tags=["agent"])

    @router.post("/trigger", status_code=202, responses={**of(Triggered, 202), **errors(404, 409, 422, 429)})
    def trigger(request: Annotated[TriggerRequest | None, Body()] = None) -> Answer:
        """Start a research cycle."""
        return Answer(answers.trigger(app, request or TriggerRequest()), status_code=202)

    @router.get("/status", responses={**of(AgentStatus), **errors()})
    def status() -> Answer:
        """Return the active cycles, the last one, workers, budget and capacity."""
        return Answer(answers.agent_status(app))

    @router.get("/budget", responses={**of(Budget), **errors()})
    def budget() -> Answer:
        """Return what language models have cost today."""
        return Answer(answers.agent_budget(app))

    @router.delete("/cancel", responses={**of(Cancelled), **errors(404, 409)})
    def cancel_the_active() -> Answer:
        """Cancel the one active cycle."""
        return Answer(answers.cancel_cycle(app, None))

    @router.delete("/cancel/{operation_id}", responses={**of(Cancelled), **errors(404, 409)})
    def cancel(operation_id: OperationId) -> Answer:
        """Cancel a research cycle."""
        return Answer(answers.cancel_cycle(app, operation_id))

    return router
