"""The HTTP application: every route, every error, nothing computed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import mintmark
from mintmark.api import (
    agent,
    alerts,
    gates,
    identity,
    ledger,
    operations,
    packs,
    pictures,
    portfolios,
    strategies,
    watching,
)
from mintmark.api.door import Door
from mintmark.api.faults import Faults
from mintmark.api.gatekeeper import Gatekeeper
from mintmark.app import App
from mintmark.domain import MintmarkError

PREFIX = "/api/v1"
# Requests answered at a time; each may hold a connection of the database.
THREADS = 8


@asynccontextmanager
async def _bounded(_api: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def create_api(app: App, *, hosts: frozenset[str] | None = None) -> FastAPI:
    """Return the HTTP door of ``app``: a client of the store that executes no work.

    ``hosts``: the host names it answers to; None takes any.
    """
    faults = Faults(app.clock)
    api = FastAPI(
        title="Mintmark",
        version=mintmark.__version__,
        description="Research cycles, operations, strategies and packs. Times are ISO 8601 with Z; money is a "
        "string with a currency beside it; what is undefined is null and named in `undefined`.",
        docs_url=None,
        redoc_url=None,
        lifespan=_bounded,
        # Spans and logs of the framework begin traces of their own, and may hold paths and words of exceptions.
        telemetry={"exclude": lambda _scope: True, "auto_configure": False},
    )
    api.state.house = app
    api.add_middleware(Gatekeeper, house=app, faults=faults)
    api.add_middleware(Door, faults=faults, hosts=hosts)
    api.add_exception_handler(MintmarkError, faults.of_mintmark)
    api.add_exception_handler(RequestValidationError, faults.of_validation)
    api.add_exception_handler(HTTPException, faults.of_http)
    # The executor is asked most, and routes are tried in this order.
    for room in (portfolios, agent, operations, strategies, gates, packs, pictures, ledger, alerts, identity):
        api.include_router(room.routes(app), prefix=PREFIX)
    api.include_router(watching.routes(app))
    return api
