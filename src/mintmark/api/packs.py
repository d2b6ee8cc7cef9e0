"""Routes of packs and workers."""

from __future__ import annotations

from fastapi import APIRouter

from mintmark.api.faults import Answer
from mintmark.api.shapes import Manifest, PackQuality, Packs, Workers, errors, of
from mintmark.app import App, PackId, answers


def routes(app: App) -> APIRouter:
    """Return the routes under ``/packs``, and ``/workers``."""
    router = APIRouter()

    @router.get("/packs", tags=["packs"], responses={**of(Packs), **errors()})
    def list_packs() -> Answer:
        """List the packs, newest first."""
        return Answer(answers.packs(app))

    @router.get("/packs/{pack_id}", tags=["packs"], responses={**of(Manifest), **errors(404)})
    def show(pack_id: PackId) -> Answer:
        """Return the manifest of a pack."""
        return Answer(answers.pack(app, pack_id))

    @router.get("/packs/{pack_id}/quality", tags=["packs"], responses={**of(PackQuality), **errors(404)})
    def quality(pack_id: PackId) -> Answer:
        """Return the quality report of each of its series."""
        return Answer(answers.pack_quality(app, pack_id))

    @router.get("/workers", tags=["workers"], responses={**of(Workers), **errors()})
    def workers() -> Answer:
        """List the workers: their queues, load and last heartbeat."""
        return Answer(answers.workers(app))

    return router
