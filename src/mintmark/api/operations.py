"""Routes of durable operations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from mintmark.api.faults import Answer
from mintmark.api.shapes import (
    Cancelled,
    Children,
    Events,
    Gates,
    OneOperation,
    Operations,
    Resumed,
    Rounds,
    errors,
    of,
)
from mintmark.app import App, CancelRequest, ListRequest, OperationId, answers


def routes(app: App) -> APIRouter:
    """Return the routes under ``/operations``."""
    router = APIRouter(prefix="/operations", tags=["operations"])

    @router.get("", responses={**of(Operations), **errors()})
    def list_operations(request: Annotated[ListRequest, Query()]) -> Answer:
        """List operations, newest first; a result among their parameters with its figures alone."""
        return Answer(answers.operations(app, request))

    @router.get("/{operation_id}", responses={**of(OneOperation), **errors(404)})
    def show(operation_id: OperationId) -> Answer:
        """Return one operation, every field of it."""
        return Answer(answers.operation(app, operation_id))

    @router.get("/{operation_id}/children", responses={**of(Children), **errors(404)})
    def children(operation_id: OperationId) -> Answer:
        """Return the operations it started, oldest first."""
        return Answer(answers.children(app, operation_id))

    @router.get("/{operation_id}/gates", responses={**of(Gates), **errors(404)})
    def gates(operation_id: OperationId) -> Answer:
        """Return what its gates said, in order."""
        return Answer(answers.gates(app, operation_id))

    @router.get("/{operation_id}/events", responses={**of(Events), **errors(404)})
    def events(operation_id: OperationId) -> Answer:
        """Return what happened to it, oldest first."""
        return Answer(answers.events(app, operation_id))

    @router.get("/{operation_id}/metrics", responses={**of(Rounds), **errors(404)})
    def rounds(operation_id: OperationId, after: Annotated[int, Query(ge=-1, le=2**31 - 1)] = -1) -> Answer:
        """Return its training rounds after round ``after``."""
        return Answer(answers.rounds(app, operation_id, after))

    @router.delete("/{operation_id}", responses={**of(Cancelled), **errors(404, 409)})
    def cancel(operation_id: OperationId, request: Annotated[CancelRequest | None, Body()] = None) -> Answer:
        """Cancel it, what it started, and the process that works for it."""
        return Answer(answers.cancel(app, operation_id, request.reason if request else None))

    @router.post("/{operation_id}/resume", responses={**of(Resumed), **errors(404, 409)})
    def resume(operation_id: OperationId) -> Answer:
        """Go on with it from its last checkpoint, under its own id."""
        return Answer(answers.resume(app, operation_id))

    return router
