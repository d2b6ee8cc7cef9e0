"""The shape of a pattern file: a declared chain of capability calls that answers one question."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mintmark.domain import canonical_json

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
InputType = Literal["uuid", "string", "number", "integer", "boolean", "date", "array", "object"]
Seconds = Annotated[int, Field(ge=0)]
CAPABILITY_NAME = r"^[a-z][a-z_]*\.[a-z][a-z0-9_]*$"


class Shape(BaseModel):
    """A part of a pattern file; a key it does not know is refused, and nothing is coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Input(Shape):
    """One input of a pattern; ``min`` and ``max`` bound a number, the length of a text or the items of a list."""

    type: InputType
    required: bool = False
    default: Any = None
    min: int | float | None = None
    max: int | float | None = None
    enum: list[Any] | None = None
    description: str = ""


class Step(Shape):
    """One call of a capability; its result is kept under ``key``.

    ``on_refusal`` None: a refusal leaves null and the pattern goes on.
    """

    capability: Annotated[str, StringConstraints(pattern=CAPABILITY_NAME)]
    key: Key = Field(alias="as")
    args: dict[str, Any] = Field(default_factory=dict)
    condition: str | None = None
    on_refusal: Literal["fail"] | None = "fail"
    depends_on: list[Key] = Field(default_factory=list)

    @property
    def sure(self) -> bool:
        """Whether its result is there whenever the pattern goes on."""
        return self.condition is None and self.on_refusal == "fail"


class ExportAllowed(Shape):
    """The formats an answer may leave the house in."""

    json_: bool = Field(alias="json")
    csv: bool
    xlsx: bool
    pdf: bool

    def allows(self, format: str) -> bool:
        """Return whether ``format`` is allowed."""
        return bool(getattr(self, "json_" if format == "json" else format))


class Panel(Shape):
    """One part of the page that shows the answer; ``source`` is a path into the outputs."""

    id: Key
    title: Words
    type: Literal["metrics", "table", "chart", "card", "text"]
    ttl: Seconds
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(alias="from")


class Pattern(Shape):
    """A pattern as its file tells it."""

    id: Key
    name: Words
    description: Words
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
    category: Key
    inputs: dict[Key, Input]
    steps: Annotated[list[Step], Field(min_length=1, max_length=30)]
    outputs: Annotated[list[Key], Field(min_length=1)]
    export_allowed: ExportAllowed
    min_role: Literal["viewer", "trader", "admin"]
    effects: bool
    panels: list[Panel] = Field(default_factory=list)

    @cached_property
    def sha256(self) -> str:
        """The hash of all it says."""
        return hashlib.sha256(canonical_json(self.as_json())).hexdigest()

    @property
    def asks_of_portfolio(self) -> bool:
        """Whether it asks about one portfolio."""
        return "portfolio_id" in self.inputs

    @property
    def exports(self) -> bool:
        """Whether its answer holds something made to leave the house."""
        return any(step.capability.startswith("reports.") for step in self.steps)

    def as_json(self) -> Mapping[str, Any]:
        """Return the pattern as its file writes it, defaults filled in."""
        return self.model_dump(by_alias=True, mode="json")
