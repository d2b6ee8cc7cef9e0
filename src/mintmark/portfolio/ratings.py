"""How safe a dividend, how wide a moat, how strong a balance sheet, from published statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

METHODS = ("dividend_safety_v1", "moat_strength_v1", "resilience_v1")
BILLION = Decimal(10) ** 9


class Step(NamedTuple):
    """Points for a value over (or under) a bound; ``reached``: the bound itself counts."""

    bound: Decimal
    points: int
    reached: bool = False


@dataclass(frozen=True)
class Scale:
    """How one input becomes points: the first step it passes, else ``otherwise``; its weight in the rating."""

    weight: Decimal
    over: bool
    steps: tuple[Step, ...]
    otherwise: int

    def points(self, value: Decimal) -> int:
        """Return the points of ``value``, 0 to 10."""
        for step in self.steps:
            beyond = value > step.bound if self.over else value < step.bound
            if beyond or (step.reached and value == step.bound):
                return step.points
        return self.otherwise


def _scale(weight: str, sign: str, bounds: str, points: str, unit: Decimal = Decimal(1)) -> Scale:
    *given, otherwise = (int(one) for one in points.split("/"))
    steps = (Step(Decimal(one) * unit, mark, sign == ">=") for one, mark in zip(bounds.split("/"), given, strict=True))
    return Scale(Decimal(weight), sign != "<", tuple(steps), otherwise)


RATINGS: Mapping[str, Mapping[str, Scale]] = {
    "dividend_safety": {
        "payout_5y": _scale(".30", "<", ".30/.50/.70", "10/7/5/2"),
        "fcf_cover": _scale(".35", ">", "3/2/1", "10/7/5/2"),
        "growth_streak_years": _scale(".20", ">=", "20/10/5", "10/9/7/5"),
        "net_cash_usd": _scale(".15", ">", "50/10/1", "10/8/6/4", BILLION),
    },
    "moat_strength": {
        "roe_5y": _scale(".45", ">", ".20/.15/.10", "10/8/6/4"),
        "gross_margin_5y": _scale(".35", ">", ".60/.40/.25", "10/8/6/4"),
        "intangibles_share": _scale(".20", ">", ".30/.15", "8/6/4"),
    },
    "resilience": {
        "debt_to_equity": _scale(".40", "<", ".5/1/2", "10/8/6/3"),
        "current_ratio": _scale(".25", ">", "2/1.5/1", "10/8/7/4"),
        "interest_cover": _scale(".20", ">", "10/5/2", "10/8/6/3"),
        "operating_margin_sd": _scale(".15", "<", ".02/.05/.10", "10/8/6/4"),
    },
}
"""Each rating: its inputs, fractions not percent, and how each becomes points."""

GRADES = (("A", Decimal(8)), ("B", Decimal("6.5")), ("C", Decimal(5)), ("D", Decimal("3.5")))


@dataclass(frozen=True)
class Component:
    """One input of a rating; value and points are None where it is missing."""

    name: str
    value: Decimal | None
    points: int | None
    weight: Decimal


@dataclass(frozen=True)
class Rating:
    """A rating from 0 to 10, None where ``missing`` names inputs that are not there."""

    name: str
    method: str
    rating: Decimal | None
    components: tuple[Component, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Overall:
    """The mean of the three ratings and its grade, None where one of them is."""

    rating: Decimal | None
    grade: str | None
    missing: tuple[str, ...]


def rate(name: str, inputs: Mapping[str, Decimal | None]) -> Rating:
    """Return the rating ``name`` of ``RATINGS`` from its inputs; nothing stands in for one that is missing."""
    components = tuple(
        Component(one, value, None if value is None else scale.points(value), scale.weight)
        for one, scale in RATINGS[name].items()
        for value in (inputs.get(one),)
    )
    missing = tuple(one.name for one in components if one.points is None)
    total = sum((one.weight * one.points for one in components if one.points is not None), Decimal(0))
    return Rating(name, f"{name}_v1", None if missing else total, components, missing)


def overall(ratings: Sequence[Rating]) -> Overall:
    """Return the mean of the three ``ratings``, half-even at four places, and its grade."""
    missing = tuple(one.name for one in ratings if one.rating is None)
    if missing or len(ratings) != len(RATINGS):
        return Overall(None, None, missing or tuple(set(RATINGS) - {one.name for one in ratings}))
    total = sum((one.rating for one in ratings if one.rating is not None), Decimal(0))
    mean = (total / len(ratings)).quantize(Decimal("0.0001"))
    return Overall(mean, grade_of(mean), ())


def grade_of(rating: Decimal) -> str:
    """Return the grade of a rating.

    >>> [grade_of(Decimal(one)) for one in ("8", "7.9999", "3.49")]
    ['A', 'B', 'F']
    """
    return next((grade for grade, least in GRADES if rating >= least), "F")
