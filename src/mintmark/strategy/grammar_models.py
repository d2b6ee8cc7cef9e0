"""The sections of the grammar that say what is learned, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mintmark.strategy.grammar_inputs import Part

Units = Annotated[int, Field(ge=2, le=256)]


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
