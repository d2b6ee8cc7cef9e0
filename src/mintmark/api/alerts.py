"""Routes of alerts and notifications."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from mintmark.api.faults import Answer
from mintmark.api.identity import actor_of
from mintmark.api.shapes import Json, Shape, errors, of
from mintmark.app import AlertRequest, App
from mintmark.app import alert_answers as answers

AlertId = Annotated[str, Path(max_length=64)]
NotificationId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class Alert(Shape):
    """An alert; ``last`` says what came of the last look at it."""

    alert_id: str
    name: str
    portfolio_id: str | None
    condition: Json
    cooldown_minutes: int
    channels: list[str]
    text: str
    active: bool
    created_at: str
    fired_at: str | None
    last: Json | None


class OneAlert(Shape):
    success: Literal[True]
    data: Alert


class AlertList(Shape):
    success: Literal[True]
    data: list[Alert]


class Notification(Shape):
    """What an alert said, with its playbook and how far its deliveries are."""

    notification_id: str
    alert_id: str
    day: str
    title: str
    told: str
    observed: str
    pack_id: str | None
    playbook: Json
    deliveries: list[Json]
    made_at: str
    read_at: str | None


class NotificationList(Shape):
    success: Literal[True]
    data: list[Notification]


class Done(Shape):
    success: Literal[True]
    data: Json


def routes(app: App) -> APIRouter:
    """Return ``/alerts`` and ``/notifications``."""
    router = APIRouter()

    @router.get("/alerts", tags=["alerts"], responses={**of(AlertList), **errors()})
    def list_alerts(request: Request) -> Answer:
        """List your alerts, oldest first."""
        return Answer(answers.alerts(app, actor_of(request)))

    @router.post("/alerts", tags=["alerts"], status_code=201, responses={**of(OneAlert, 201), **errors(404)})
    def create_alert(request: Request, asked: AlertRequest) -> Answer:
        """Watch a condition on every new pack."""
        return Answer(answers.create(app, actor_of(request), asked), status_code=201)

    @router.post("/alerts/{alert_id}/pause", tags=["alerts"], responses={**of(OneAlert), **errors(404)})
    def pause_alert(request: Request, alert_id: AlertId) -> Answer:
        """Stop looking at an alert, and keep it."""
        return Answer(answers.switch(app, actor_of(request), alert_id, active=False))

    @router.post("/alerts/{alert_id}/resume", tags=["alerts"], responses={**of(OneAlert), **errors(404)})
    def resume_alert(request: Request, alert_id: AlertId) -> Answer:
        """Look at a paused alert again."""
        return Answer(answers.switch(app, actor_of(request), alert_id, active=True))

    @router.delete("/alerts/{alert_id}", tags=["alerts"], responses={**of(Done), **errors(404)})
    def delete_alert(request: Request, alert_id: AlertId) -> Answer:
        """Delete an alert; what it said stays."""
        return Answer(answers.drop(app, actor_of(request), alert_id))

    @router.get("/notifications", tags=["alerts"], responses={**of(NotificationList), **errors()})
    def list_notifications(
        request: Request, unread: bool = False, limit: Annotated[int, Query(ge=1, le=500)] = 50
    ) -> Answer:
        """List what your alerts said, newest first."""
        return Answer(answers.notifications(app, actor_of(request), unread=unread, limit=limit))

    @router.post("/notifications/{notification_id}/read", tags=["alerts"], responses={**of(Done), **errors(404)})
    def read_notification(request: Request, notification_id: NotificationId) -> Answer:
        """Mark a notification as read."""
        return Answer(answers.read(app, actor_of(request), notification_id))

    return router
