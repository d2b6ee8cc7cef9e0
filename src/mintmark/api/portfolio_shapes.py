"""The bodies of answers about portfolios and patterns, as the OpenAPI document tells them."""

from __future__ import annotations

from typing import Literal

from mintmark.api.shapes import Json, OpenShape, Shape


class Warned(Shape):
    code: str
    message: str


class Executed(Shape):
    """The answer of a pattern; ``undefined`` gives for each null its reason."""

    result: Json
    undefined: dict[str, str]
    refusals: list[Json]
    warnings: list[Warned]
    metadata: Json
    trace_id: str
    request_id: str


class Portfolio(Shape):
    portfolio_id: str
    code: str
    name: str
    base_currency: str
    policy: Literal["EOD", "UTC"]
    booking: str
    allow_shorts: bool
    tax_rule: str
    benchmark: str | None
    rights_profile: str
    active: bool
    created_at: str


class OnePortfolio(Shape):
    success: Literal[True]
    data: Portfolio


class Portfolios(Shape):
    success: Literal[True]
    data: list[Portfolio]


class PatternLine(OpenShape):
    id: str
    name: str
    description: str
    version: str
    category: str


class PatternLines(Shape):
    success: Literal[True]
    data: list[PatternLine]


class OnePattern(Shape):
    success: Literal[True]
    data: PatternLine
