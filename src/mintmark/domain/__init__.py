"""The words of the house: pure, standard library only."""

from mintmark.domain.bars import Bars
from mintmark.domain.errors import (
    Damaged,
    Fault,
    MintmarkError,
    NotWritable,
    ProviderFailed,
    Refusal,
    Refused,
    StoreUnavailable,
    outcome_of,
)
from mintmark.domain.gates import GateAnswer, GateVerdict, first_failing
from mintmark.domain.instruments import ASSET_CLASSES, CostProfile, Instrument, default_instrument
from mintmark.domain.mark import Mark
from mintmark.domain.money import FloatInMoney, Money, exact
from mintmark.domain.time import (
    NANOSECONDS,
    Clock,
    SystemClock,
    Timeframe,
    day_end,
    day_start,
    from_iso,
    iso,
    moment_of,
    stamp_of,
)

__all__ = [
    "ASSET_CLASSES",
    "NANOSECONDS",
    "Bars",
    "Clock",
    "CostProfile",
    "Damaged",
    "Fault",
    "FloatInMoney",
    "GateAnswer",
    "GateVerdict",
    "Instrument",
    "Mark",
    "MintmarkError",
    "Money",
    "NotWritable",
    "ProviderFailed",
    "Refusal",
    "Refused",
    "StoreUnavailable",
    "SystemClock",
    "Timeframe",
    "day_end",
    "day_start",
    "default_instrument",
    "exact",
    "first_failing",
    "from_iso",
    "iso",
    "moment_of",
    "outcome_of",
    "stamp_of",
]
