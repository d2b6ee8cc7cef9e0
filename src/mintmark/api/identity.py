"""Routes of short tokens, and of the files that answers were made into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from mintmark.api.faults import Answer
from mintmark.api.shapes import OneRevoked, OneToken, errors, of
from mintmark.app import App, access_answers, rights_answers
from mintmark.runtime import Identity

if TYPE_CHECKING:
    from mintmark.portfolio import Actor

TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]


def routes(app: App) -> APIRouter:
    """Return the routes under ``/tokens`` and ``/artifacts``."""
    router = APIRouter()

    @router.post("/tokens", tags=["identity"], status_code=201, responses={**of(OneToken, 201), **errors()})
    def create(request: Request) -> Answer:
        """Make a token of 15 minutes from the key it is asked with."""
        return Answer(access_answers.create_token(app, identity_of(request)), status_code=201)

    @router.delete("/tokens/{token_id}", tags=["identity"], responses={**of(OneRevoked), **errors(404)})
    def revoke(token_id: TokenId, request: Request) -> Answer:
        """Revoke a token, at once."""
        return Answer(access_answers.revoke_token(app, token_id, identity_of(request)))

    @router.get(
        "/artifacts/{artifact_id}",
        tags=["artifacts"],
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": {}}}, **errors(404)},
    )
    def artifact(artifact_id: UUID, request: Request) -> Response:
        """Return a file that an answer was made into, to whoever asked for it, for 30 days."""
        found = rights_answers.artifact(app, identity_of(request).user_id, artifact_id)
        named = {"Content-Disposition": f'attachment; filename="{found.file_name}"', "Cache-Control": "private"}
        return Response(found.content, media_type=found.media_type, headers=named)

    return router


def actor_of(request: Request) -> Actor:
    """Return whoever asks, as the rooms know them."""
    from mintmark.portfolio import Actor

    identity = identity_of(request)
    return Actor(identity.user_id, identity.role)


def identity_of(request: Request) -> Identity:
    """Return whoever asks; the gatekeeper has looked already."""
    identity: Identity = request.scope["state"]["identity"]
    return identity
