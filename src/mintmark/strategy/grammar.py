"""The strategy grammar as types. Rules that look across sections are in ``rules``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model, field_validator, model_validator
from pydantic_core import PydanticCustomError

from mintmark.domain import Timeframe
from mintmark.strategy.catalogue import INDICATORS, PRICE_FEATURES, PRICE_SOURCES, SOURCES, IndicatorKind

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Probability = Annotated[float, Field(ge=0.34, le=0.99)]
Distance = Annotated[float, Field(ge=0.001, le=0.5)]
Share = Annotated[float, Field(ge=0.05, le=0.9)]
Lag = Annotated[int, Field(ge=0, le=20)]
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9^][A-Za-z0-9._/:^=+-]{0,63}$")]
Units = Annotated[int, Field(ge=2, le=256)]
Number = Annotated[float, Field(allow_inf_nan=False)]


def _branch_of_bars(value: Any) -> str:
    return "word" if isinstance(value, str) else "number"


def _branch_of_frames(value: Any) -> str:
    return "word" if isinstance(value, str) else "list"


AllOrSome = Annotated[
    Annotated[Literal["all"], Tag("word")] | Annotated[tuple[Timeframe, ...], Tag("list")],
    Discriminator(_branch_of_frames),
]
AutoOrBars = Annotated[
    Annotated[Literal["auto"], Tag("word")] | Annotated[int, Field(ge=0, le=5000), Tag("number")],
    Discriminator(_branch_of_bars),
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


class ZigzagLabels(Part):
    """Direction of the segment a bar lies in."""

    kind: Literal["zigzag"]
    threshold: float = Field(0.03, ge=0.001, le=0.5)


class ForwardReturnLabels(Part):
    """Return from the next open over ``horizon`` bars."""

    kind: Literal["forward_return"]
    horizon: int = Field(5, ge=1, le=250)
    neutral_band: float = Field(0.0, ge=0.0, le=0.2)


class TripleBarrierLabels(Part):
    """First of take, stop (in ATR(14)) and time."""

    kind: Literal["triple_barrier"]
    take: float = Field(2.0, ge=0.25, le=10.0)
    stop: float = Field(2.0, ge=0.25, le=10.0)
    max_bars: int = Field(60, ge=2, le=250)


Labels = Annotated[ZigzagLabels | ForwardReturnLabels | TripleBarrierLabels, Field(discriminator="kind")]


class LogisticParams(Part):
    """``c`` is the inverse strength of the ridge."""

    c: float = Field(1.0, ge=1e-4, le=1e4)


class GbdtParams(Part):
    """Boosted trees."""

    rounds: int = Field(200, ge=10, le=2000)
    leaves: int = Field(15, ge=2, le=127)
    learning_rate: float = Field(0.05, ge=0.005, le=0.5)
    min_leaf: int = Field(30, ge=5, le=1000)
    subsample: float = Field(0.8, ge=0.3, le=1.0)


class MlpParams(Part):
    """Layers and their training."""

    hidden: tuple[Units, ...] = Field((32, 16), min_length=1, max_length=3)
    epochs: int = Field(50, ge=1, le=1000)
    learning_rate: float = Field(0.001, ge=1e-5, le=0.1)
    batch: int = Field(64, ge=8, le=4096)
    l2: float = Field(1e-4, ge=0.0, le=1.0)


class LstmParams(MlpParams):
    """One recurrent layer over ``sequence`` bars."""

    hidden: tuple[Units, ...] = Field((32,), min_length=1, max_length=1)
    sequence: int = Field(20, ge=2, le=250)


Output = Literal["classification", "regression"]


class LogisticModel(Part):
    """Logistic regression; ridge where the output is regression."""

    kind: Literal["logistic"]
    output: Output = "classification"
    params: LogisticParams = LogisticParams()


class GbdtModel(Part):
    """Gradient boosted trees."""

    kind: Literal["gbdt"]
    output: Output = "classification"
    params: GbdtParams = GbdtParams()


class MlpModel(Part):
    """A small network."""

    kind: Literal["mlp"]
    output: Output = "classification"
    params: MlpParams = MlpParams()


class TorchMlpModel(Part):
    """A network in torch."""

    kind: Literal["torch_mlp"]
    output: Output = "classification"
    params: MlpParams = MlpParams()


class TorchLstmModel(Part):
    """A recurrent network in torch."""

    kind: Literal["torch_lstm"]
    output: Output = "classification"
    params: LstmParams = LstmParams()


Model = Annotated[
    LogisticModel | GbdtModel | MlpModel | TorchMlpModel | TorchLstmModel,
    Field(discriminator="kind", description="regression only with forward_return"),
]


class Decisions(Part):
    """When a position is entered and left."""

    enter_at: Probability = Field(0.55, description="classification")
    exit_at: Probability = Field(0.50, description="at most enter_at; classification")
    edge_multiple: float = Field(
        1.5, ge=0.5, le=10.0, description="regression: enter when abs(prediction) > round-trip cost x this"
    )
    allow_short: bool = Field(False, description="true only where every instrument may be sold short")
    min_bars_between: int = Field(
        0, ge=0, le=250, description="bars between an entry and the change of position (or the start) before it"
    )

    @model_validator(mode="after")
    def _exit_under_enter(self) -> Self:
        if self.exit_at > self.enter_at:
            raise PydanticCustomError(
                "exit_above_enter",
                "expected exit_at at most enter_at ({enter_at}), found {exit_at}",
                {"enter_at": self.enter_at, "exit_at": self.exit_at, "at": "exit_at"},
            )
        return self


class Sizing(Part):
    """How large an entry is, as a weight of equity."""

    method: Literal["fixed_fraction", "risk", "volatility_target"] = Field(
        "fixed_fraction", description="risk needs stop_loss"
    )
    fraction: float = Field(0.25, ge=0.01, le=1.0, description="of equity, split equally over the symbols")
    risk: float = Field(0.01, ge=0.001, le=0.05, description="of equity lost at the stop")
    target_volatility: float = Field(0.10, ge=0.01, le=1.0, description="a year")


class Risk(Part):
    """Protection and size. Distances are fractions of the entry price."""

    stop_loss: Distance | None = Field(None, description="of the entry price")
    take_profit: Distance | None = Field(None, description="of the entry price")
    trailing_stop: Distance | None = Field(None, description="from the best extreme since entry")
    max_holding_bars: int = Field(0, ge=0, le=5000, description="0: none")
    sizing: Sizing = Sizing()
    max_gross: float = Field(1.0, ge=0.1, le=3.0)

    @model_validator(mode="after")
    def _stop_for_risk(self) -> Self:
        if self.sizing.method == "risk" and self.stop_loss is None:
            raise PydanticCustomError(
                "stop_required", "expected a stop_loss with sizing method risk, found none", {"at": "stop_loss"}
            )
        return self


class Training(Part):
    """How the span before the holdout is cut and learned from."""

    train: Share = Field(0.70, description="the three sum to 1; of the span before the holdout, in time order")
    validation: Share = 0.15
    test: Share = 0.15
    purge_bars: AutoOrBars = Field("auto", description="auto: the reach of each label; a number may only widen it")
    embargo: float = Field(0.01, ge=0.0, le=0.1, description="of the training span, after each border")
    patience: int = Field(20, ge=1, le=500, description="rounds without better validation loss")
    sample_weights: Literal["none", "balanced", "uniqueness"] = Field(
        "none", description="uniqueness: inverse of overlapping labels; balanced needs classes"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1.0) > 1e-9:
            raise PydanticCustomError(
                "parts_sum", "expected train + validation + test = 1, found {total}", {"total": round(total, 12)}
            )
        return self


class StrategySpec(Part):
    """A strategy as written in its file, defaults filled in."""

    grammar: Literal[1]
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")
    description: str = Field("", max_length=500)
    universe: Universe
    span: Span = Span()
    indicators: dict[Identifier, AnyIndicator] = Field(default_factory=dict)
    fuzzy_sets: dict[Identifier, FuzzySet] = Field(default_factory=dict)
    features: tuple[Feature, ...] = Field(min_length=1, max_length=64, description="at most 64 columns in all")
    labels: Labels
    model: Model
    decisions: Decisions = Decisions()
    risk: Risk = Risk()
    training: Training = Training()

    @property
    def base(self) -> Timeframe:
        return self.universe.timeframe

    @property
    def regression(self) -> bool:
        return self.model.output == "regression"

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes the label kind defines, found or not; none for regression."""
        if self.regression:
            return ()
        three = isinstance(self.labels, TripleBarrierLabels) or (
            isinstance(self.labels, ForwardReturnLabels) and self.labels.neutral_band > 0
        )
        return ("down", "neutral", "up") if three else ("down", "up")
