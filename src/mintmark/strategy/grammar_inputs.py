"""The sections of the grammar that say what a strategy reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model, field_validator, model_validator
from pydantic_core import PydanticCustomError

from mintmark.domain import Timeframe
from mintmark.strategy.catalogue import INDICATORS, PRICE_FEATURES, PRICE_SOURCES, SOURCES, IndicatorKind

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Lag = Annotated[int, Field(ge=0, le=20)]
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9^][A-Za-z0-9._/:^=+-]{0,63}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


def _branch_of_frames(value: Any) -> str:
    return "word" if isinstance(value, str) else "list"


AllOrSome = Annotated[
    Annotated[Literal["all"], Tag("word")] | Annotated[tuple[Timeframe, ...], Tag("list")],
    Discriminator(_branch_of_frames),
]
POINTS: Mapping[str, int] = {"triangle": 3, "trapezoid": 4, "gaussian": 2}


class Part(BaseModel):
    """A section of a strategy: frozen, exact types, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        twice = next(value for at, value in enumerate(values) if value in values[:at])
        raise PydanticCustomError("not_unique", "expected each entry once, found {twice} twice", {"twice": str(twice)})
    return values


class Universe(Part):
    """What is traded, and at which closes."""

    symbols: tuple[Symbol, ...] = Field(min_length=1, max_length=50, description="unique, tradable in the pack")
    timeframe: Timeframe = Field(description="base: decisions are made at its closes")
    context_timeframes: tuple[Timeframe, ...] = Field(
        (), max_length=3, description="each coarser and a whole multiple of the base"
    )

    _each_once = field_validator("symbols", "context_timeframes")(_unique)

    @model_validator(mode="after")
    def _coarser(self) -> Self:
        for frame in self.context_timeframes:
            if not frame.is_multiple_of(self.timeframe):
                raise PydanticCustomError(
                    "not_a_multiple",
                    "expected a coarser whole multiple of {base}, found {frame}",
                    {"base": str(self.timeframe), "frame": str(frame), "at": "context_timeframes"},
                )
        return self

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        return (self.timeframe, *self.context_timeframes)


class Span(Part):
    """Which part of the pack is read; the holdout is its last share."""

    start: date | None = Field(None, description="default: the first day all symbols have; inside the pack")
    end: date | None = Field(None, description="default: the last day all symbols have; inside the pack")
    holdout: float = Field(0.25, ge=0.10, le=0.50, description="last share of the span, read by backtests only")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise PydanticCustomError(
                "span_backwards",
                "expected start before end, found {start} to {end}",
                {"start": str(self.start), "end": str(self.end), "at": "start"},
            )
        return self


class Indicator(Part):
    """An indicator with its parameters; the fields of each type come from the catalogue."""

    type: str
    source: str = "close"

    @property
    def kind(self) -> IndicatorKind:
        return INDICATORS[self.type]

    @property
    def parameters(self) -> dict[str, int | float]:
        return {parameter.name: getattr(self, parameter.name) for parameter in self.kind.parameters}

    @property
    def uses_volume(self) -> bool:
        return self.kind.uses_volume or self.source == "volume"


class _Macd(Indicator):
    @model_validator(mode="after")
    def _fast_first(self) -> Self:
        fast, slow = self.parameters["fast"], self.parameters["slow"]
        if fast >= slow:
            raise PydanticCustomError(
                "fast_not_below_slow",
                "expected fast below slow, found {fast} and {slow}",
                {"fast": fast, "slow": slow, "at": "fast"},
            )
        return self


_SOURCE_WORDS: Mapping[str, tuple[str, ...]] = {
    "source": SOURCES,
    "price_source": PRICE_SOURCES,
    "bars": ("close",),
    "bars_volume": ("close",),
}


def _indicator_model(kind: IndicatorKind) -> type[Indicator]:
    fields: dict[str, Any] = {
        "type": (Literal[kind.name], ...),
        "source": (Literal[_SOURCE_WORDS[kind.reads]], "close"),
    }
    for parameter in kind.parameters:
        number: type = int if isinstance(parameter.default, int) else float
        fields[parameter.name] = (number, Field(parameter.default, ge=parameter.low, le=parameter.high))
    base = _Macd if kind.name == "macd" else Indicator
    return create_model(f"Indicator_{kind.name}", __base__=base, **fields)


INDICATOR_MODELS: Mapping[str, type[Indicator]] = {name: _indicator_model(kind) for name, kind in INDICATORS.items()}

if TYPE_CHECKING:
    AnyIndicator: TypeAlias = Indicator
else:
    AnyIndicator = Annotated[Union[tuple(INDICATOR_MODELS.values())], Field(discriminator="type")]  # noqa: UP007


class Membership(Part):
    """A degree from 0 to 1 over an indicator's values."""

    shape: Literal["triangle", "trapezoid", "gaussian"]
    points: tuple[Number, ...] = Field(
        description="triangle 3, trapezoid 4 points ascending, gaussian [centre, width > 0]"
    )

    @field_validator("points")
    @classmethod
    def _fits_shape(cls, points: tuple[float, ...], info: Any) -> tuple[float, ...]:
        shape = info.data.get("shape")
        if shape is None:
            return points
        if len(points) != POINTS[shape]:
            raise PydanticCustomError(
                "wrong_points",
                "expected {needed} points of a {shape}, found {found}",
                {"needed": POINTS[shape], "shape": shape, "found": len(points), "allowed": POINTS[shape]},
            )
        if shape == "gaussian" and points[1] <= 0:
            raise PydanticCustomError("wrong_points", "expected a width above 0, found {width}", {"width": points[1]})
        if shape != "gaussian" and (list(points) != sorted(points) or points[0] == points[-1]):
            raise PydanticCustomError("wrong_points", "expected points ascending, found {points}", {"points": points})
        return points


class FuzzySet(Part):
    """Memberships over one indicator."""

    indicator: str = Field(description="`id`, or `id.output` where the indicator has several outputs")
    memberships: dict[Identifier, Membership] = Field(min_length=1)


class Feature(Part):
    """Columns from one source: indicator, fuzzy_set or price."""

    indicator: str | None = None
    fuzzy_set: str | None = None
    price: Literal[PRICE_FEATURES] | None = None  # type: ignore[valid-type]
    timeframes: AllOrSome | None = Field(None, description="`all`, or of the universe; default: the base")
    transform: Literal["none", "zscore", "rank"] = Field(
        "none", description="zscore: fitted on the train part; rank: trailing 250-bar percentile; not with fuzzy_set"
    )
    lags: tuple[Lag, ...] = Field((0,), min_length=1, description="in bars of the feature's timeframe")

    _each_once = field_validator("lags")(_unique)

    @field_validator("timeframes")
    @classmethod
    def _frames_once(cls, frames: Any) -> Any:
        if isinstance(frames, tuple):
            if not frames:
                raise PydanticCustomError("out_of_range", "expected at least one timeframe, found none")
            _unique(frames)
        return frames

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("indicator", "fuzzy_set", "price") if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "one_source",
                "expected exactly one of indicator, fuzzy_set, price, found {given}",
                {"given": " and ".join(given) or "none", "allowed": ["indicator", "fuzzy_set", "price"]},
            )
        if self.fuzzy_set is not None and self.transform != "none":
            raise PydanticCustomError(
                "transform_not_allowed",
                "expected no transform with a fuzzy_set, found {transform}",
                {"transform": self.transform, "allowed": ["none"], "at": "transform"},
            )
        return self
