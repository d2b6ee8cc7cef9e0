"""The agent that renders: what other steps found becomes a file, through the one gate of exports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from mintmark.domain import Refusal
from mintmark.portfolio.capability import Agent, Answer, Arguments, Capability, Reading
from mintmark.portfolio.envelope import joined
from mintmark.portfolio.export_gate import ExportGate, Wanted
from mintmark.portfolio.question import Format

SECONDS = 30.0


class RenderArguments(Arguments):
    """What to render: the results of other steps by the name of their part; a part that is null is left out."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    parts: Annotated[dict[str, Any], Field(min_length=1, max_length=50)]
    undefined: dict[str, str] = Field(default_factory=dict)
    pattern_id: Annotated[str, StringConstraints(max_length=64)] = "export_portfolio_report"


class Report(Answer):
    """Where the file lies, and its hash."""

    artifact_id: str
    sha256: str
    bytes: int
    format: str
    url: str
    expires_at: str


def _renderer(form: Format) -> Callable[[Reading, RenderArguments], Report | Refusal]:
    def run(reading: Reading, given: RenderArguments) -> Report | Refusal:
        wanted = Wanted(
            answer={
                "result": {name: part for name, part in given.parts.items() if part is not None},
                "undefined": given.undefined,
            },
            format=form,
            ctx=reading.ctx,
            pattern_id=given.pattern_id,
            title=given.title,
            sources=joined((reading.inherited, reading.reads.sources)),
            key=reading.idempotency_key,
        )
        made = reading.services.need(ExportGate).export(wanted)
        return made if isinstance(made, Refusal) else Report(**made)

    return run


def _capability(form: Format) -> Capability:
    return Capability(
        name=f"reports.render_{form}",
        arguments=RenderArguments,
        result=Report,
        run=_renderer(form),
        summary=f"Render results as {form.upper()}, with their mark, as an artifact of whoever asks.",
        effects=True,
    )


AGENT = Agent("reports", tuple(_capability(form) for form in ("pdf", "csv", "json", "xlsx")), SECONDS)
