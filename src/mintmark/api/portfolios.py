"""Routes of portfolios, patterns and the executor."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request

from mintmark.api.faults import Answer, WrittenAnswer
from mintmark.api.identity import actor_of
from mintmark.api.portfolio_shapes import Executed, OnePattern, OnePortfolio, PatternLines, Portfolios
from mintmark.api.shapes import errors, of
from mintmark.app import App, ExecuteRequest, PortfolioRequest, portfolio_answers

PatternId = Annotated[str, Path(max_length=64)]


def routes(app: App) -> APIRouter:
    """Return ``/execute``, ``/patterns`` and ``/portfolios``."""
    router = APIRouter()

    @router.post("/execute", tags=["portfolio"], responses={**of(Executed), **errors(401, 404, 429, 504)})
    def execute(request: Request, asked: ExecuteRequest) -> Answer:
        """Answer one pattern over one pack and one state of the ledger."""
        executed = portfolio_answers.execute(app, actor_of(request), asked, request.scope["request_id"])
        return WrittenAnswer(executed.written())

    @router.get("/patterns", tags=["portfolio"], responses={**of(PatternLines), **errors()})
    def list_patterns() -> Answer:
        """List the patterns, by id."""
        return Answer(portfolio_answers.patterns(app))

    @router.get("/patterns/{pattern_id}", tags=["portfolio"], responses={**of(OnePattern), **errors(404)})
    def show_pattern(pattern_id: PatternId) -> Answer:
        """Return one pattern whole, with its hash."""
        return Answer(portfolio_answers.pattern(app, pattern_id))

    @router.get("/portfolios", tags=["portfolio"], responses={**of(Portfolios), **errors()})
    def list_portfolios(request: Request) -> Answer:
        """List your portfolios, by code."""
        return Answer(portfolio_answers.portfolios(app, actor_of(request)))

    @router.post("/portfolios", tags=["portfolio"], status_code=201, responses={**of(OnePortfolio, 201), **errors(404)})
    def create_portfolio(request: Request, asked: PortfolioRequest) -> Answer:
        """Add a portfolio and start its book in the ledger."""
        return Answer(portfolio_answers.create(app, actor_of(request), asked), status_code=201)

    @router.get("/portfolios/{portfolio_id}", tags=["portfolio"], responses={**of(OnePortfolio), **errors(404)})
    def show_portfolio(request: Request, portfolio_id: UUID) -> Answer:
        """Return one of your portfolios."""
        return Answer(portfolio_answers.portfolio(app, actor_of(request), portfolio_id))

    return router
