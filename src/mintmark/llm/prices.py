"""What a call of a language model costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mintmark.domain import Refused, exact

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Price:
    """USD per million tokens in and out."""

    input: Decimal
    output: Decimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "input", exact(self.input))
        object.__setattr__(self, "output", exact(self.output))


DEFAULT_PRICES: Mapping[str, Price] = {
    "deepseek-chat": Price(Decimal("0.28"), Decimal("0.42")),
    "claude-sonnet-4-5": Price(Decimal(3), Decimal(15)),
    "claude-opus-4-5": Price(Decimal(5), Decimal(25)),
    "claude-haiku-4-5": Price(Decimal(1), Decimal(5)),
}


def cost_of(prices: Mapping[str, Price], model: str, input_tokens: int, output_tokens: int) -> Decimal:
    """Return the cost of a call in USD, exact.

    Raises:
        Refused: ``price_unknown`` when ``model`` has no price.

    >>> cost_of(DEFAULT_PRICES, "claude-opus-4-5", 2_500, 1_800)
    Decimal('0.0575')
    """
    price = prices.get(model)
    if price is None:
        known = ", ".join(sorted(prices))
        raise Refused(f"{model!r} has no price; known: {known}", code="price_unknown", model=model)
    return (price.input * input_tokens + price.output * output_tokens) / _MILLION
