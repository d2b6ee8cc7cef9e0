"""The agent that rates companies by their published statements."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

from mintmark.domain import Refusal
from mintmark.portfolio.capabilities.data_harvester import Statements, statements_of
from mintmark.portfolio.capability import DAY_SECONDS, Agent, Answer, Arguments, Capability, Reading
from mintmark.portfolio.ratings import RATINGS, Rating, overall, rate
from mintmark.portfolio.shapes import of_state


class SymbolsGiven(Arguments):
    """The instruments to rate."""

    symbols: list[str]


class StatementsGiven(Arguments):
    """What ``fundamentals.load`` gave."""

    statements: Annotated[Statements, BeforeValidator(of_state(Statements))]


class Part(Answer):
    """One input of a rating and its points."""

    name: str
    value: Decimal | None
    points: int | None
    weight: Decimal


class Rated(Answer):
    """One rating from 0 to 10, None where ``missing`` names what the statements lack."""

    symbol: str
    name: str
    method: str
    rating: Decimal | None
    components: list[Part]
    missing: list[str]


class Badge(Answer):
    """The mean of the three ratings and its grade, None where one of them is."""

    symbol: str
    rating: Decimal | None
    grade: str | None
    ratings: dict[str, Decimal | None]
    missing: list[str]


class Badges(Answer):
    """The grade of each company."""

    badges: list[Badge]


class RatedGiven(Arguments):
    """What the three ratings gave."""

    ratings: list[Annotated[Rated, BeforeValidator(of_state(Rated))]]


class Component(Answer):
    """One input of one rating and its points, None where the statements lack it."""

    rating: str
    name: str
    value: Decimal | None
    points: int | None
    weight: Decimal


class Components(Answer):
    """Every input of the ratings."""

    symbol: str
    components: list[Component]


class Flag(Answer):
    """An input that speaks for the company (10 points), against it (5 or fewer), or is missing."""

    rating: str
    name: str
    kind: str
    value: Decimal | None
    points: int | None


class Flags(Answer):
    """What to look at first: what is weak, then what is missing, then what is strong."""

    symbol: str
    flags: list[Flag]


def components(reading: Reading, given: RatedGiven) -> Components | Refusal:
    """Return the inputs of all ratings side by side."""
    if not given.ratings:
        return Refusal("input_invalid", "expected a rating at least", details={"field": "ratings"})
    found = [
        Component(rating=rated.name, name=one.name, value=one.value, points=one.points, weight=one.weight)
        for rated in given.ratings
        for one in rated.components
    ]
    for index, one in enumerate(found):
        for name in ("value", "points"):
            if getattr(one, name) is None:
                reading.notes.undefined(f"components.{index}.{name}", "statements_incomplete")
    return Components(symbol=given.ratings[0].symbol, components=found)


def flags(reading: Reading, given: RatedGiven) -> Flags | Refusal:
    """Return the inputs that stand out."""
    if not given.ratings:
        return Refusal("input_invalid", "expected a rating at least", details={"field": "ratings"})
    found = [
        Flag(rating=rated.name, name=one.name, kind=_kind(one.points), value=one.value, points=one.points)
        for rated in given.ratings
        for one in rated.components
        if _kind(one.points) in _KINDS
    ]
    found.sort(key=lambda one: _KINDS.index(one.kind))
    for index, one in enumerate(found):
        for name in ("value", "points"):
            if getattr(one, name) is None:
                reading.notes.undefined(f"flags.{index}.{name}", "statements_incomplete")
    return Flags(symbol=given.ratings[0].symbol, flags=found)


_KINDS = ("weak", "missing", "strong")


def _kind(points: int | None) -> str:
    if points is None:
        return "missing"
    return "strong" if points == 10 else "weak" if points <= 5 else "plain"


def aggregate(reading: Reading, given: SymbolsGiven) -> Badges | Refusal:
    """Return the grade of each company; refuses ``fundamentals_missing`` where the pack has statements of none."""
    badges = []
    refusal: Refusal | None = None
    for index, symbol in enumerate(given.symbols):
        found = statements_of(reading, symbol)
        if isinstance(found, Refusal):
            refusal = refusal or found
            badges.append(Badge(symbol=symbol, rating=None, grade=None, ratings={}, missing=["statements"]))
            reading.notes.undefined(f"badges.{index}.rating", found.code)
            continue
        badges.append(_badge(reading, index, found))
    if refusal is not None and all(one.missing == ["statements"] for one in badges):
        return Refusal(refusal.code, refusal.message, details={"symbols": given.symbols})
    return Badges(badges=badges)


def _badge(reading: Reading, index: int, statements: Statements) -> Badge:
    ratings = [rate(name, statements.inputs) for name in RATINGS]
    found = overall(ratings)
    if found.rating is None:
        reading.notes.undefined(f"badges.{index}.rating", "statements_incomplete")
    return Badge(
        symbol=statements.symbol,
        rating=found.rating,
        grade=found.grade,
        ratings={one.name: one.rating for one in ratings},
        missing=sorted({name for one in ratings for name in one.missing}),
    )


def _rater(name: str) -> Callable[[Reading, StatementsGiven], Rated]:
    def run(reading: Reading, given: StatementsGiven) -> Rated:
        found = rate(name, given.statements.inputs)
        reading.notes.inputs(len(found.components) - len(found.missing), len(found.components))
        if found.rating is None:
            reading.notes.undefined("rating", "statements_incomplete")
        return _rated(given.statements.symbol, found)

    return run


def _rated(symbol: str, found: Rating) -> Rated:
    parts = [Part(name=one.name, value=one.value, points=one.points, weight=one.weight) for one in found.components]
    return Rated(
        symbol=symbol,
        name=found.name,
        method=found.method,
        rating=found.rating,
        components=parts,
        missing=list(found.missing),
    )


_RATERS = tuple(
    Capability(f"ratings.{name}", StatementsGiven, Rated, _rater(name), f"Rate {said}.", ttl=DAY_SECONDS)
    for name, said in (
        ("dividend_safety", "how safe the dividend is"),
        ("moat_strength", "how wide the moat is"),
        ("resilience", "how strong the balance sheet is"),
    )
)
_AGGREGATE = Capability(
    "ratings.aggregate", SymbolsGiven, Badges, aggregate, "The grade of each company.", ttl=DAY_SECONDS
)

_COMPONENTS = Capability(
    "ratings.components", RatedGiven, Components, components, "The inputs of all ratings.", ttl=DAY_SECONDS
)
_FLAGS = Capability("ratings.flags", RatedGiven, Flags, flags, "The inputs that stand out.", ttl=DAY_SECONDS)

AGENT = Agent("ratings", (*_RATERS, _AGGREGATE, _COMPONENTS, _FLAGS), timeout=10.0)
