"""The strategy grammar as types. Rules that look across sections are in ``rules``."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from mintmark.domain import Timeframe
from mintmark.strategy.grammar_inputs import (
    INDICATOR_MODELS,
    AnyIndicator,
    Feature,
    FuzzySet,
    Identifier,
    Indicator,
    Membership,
    Part,
    Span,
    Universe,
)
from mintmark.strategy.grammar_models import (
    ForwardReturnLabels,
    GbdtModel,
    GbdtParams,
    Labels,
    LogisticModel,
    LogisticParams,
    LstmParams,
    MlpModel,
    MlpParams,
    Model,
    TorchLstmModel,
    TorchMlpModel,
    TripleBarrierLabels,
    ZigzagLabels,
)

__all__ = [
    "INDICATOR_MODELS",
    "AnyIndicator",
    "Decisions",
    "Feature",
    "ForwardReturnLabels",
    "FuzzySet",
    "GbdtModel",
    "GbdtParams",
    "Identifier",
    "Indicator",
    "Labels",
    "LogisticModel",
    "LogisticParams",
    "LstmParams",
    "Membership",
    "MlpModel",
    "MlpParams",
    "Model",
    "Part",
    "Risk",
    "Sizing",
    "Span",
    "StrategySpec",
    "TorchLstmModel",
    "TorchMlpModel",
    "Training",
    "TripleBarrierLabels",
    "Universe",
    "ZigzagLabels",
]

Probability = Annotated[float, Field(ge=0.34, le=0.99)]
Distance = Annotated[float, Field(ge=0.001, le=0.5)]
Share = Annotated[float, Field(ge=0.05, le=0.9)]


def _branch_of_bars(value: Any) -> str:
    return "word" if isinstance(value, str) else "number"


AutoOrBars = Annotated[
    Annotated[Literal["auto"], Tag("word")] | Annotated[int, Field(ge=0, le=5000), Tag("number")],
    Discriminator(_branch_of_bars),
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
    max_gross: float = Field(1.0, ge=0.1, le=3.0, description="of the weights together; the leverage must carry it")

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
