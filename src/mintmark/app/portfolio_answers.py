"""What the doors answer about portfolios and patterns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from mintmark.app.wiring import App
from mintmark.domain import Refused

if TYPE_CHECKING:
    from mintmark.app.requests import ExecuteRequest, PortfolioRequest
    from mintmark.portfolio import Actor, Executed, Pattern

Body = dict[str, Any]


def execute(app: App, actor: Actor, request: ExecuteRequest, request_id: str) -> Executed:
    """Return the answer of a pattern; raises as ``Executor.execute``."""
    from mintmark.portfolio import Question
    from mintmark.runtime import Action

    question = Question(**request.model_dump())
    if not question.require_fresh:
        override = Action(str(actor.user_id), "freshness.override", question.pattern_id[:64], "asked")
        app.access.note(replace(override, request_id=request_id))
    return app.portfolio.execute(actor, question, request_id=request_id)


def run(
    app: App,
    actor: Actor,
    pattern_id: str,
    *,
    portfolio: str | None,
    inputs: Sequence[str],
    security: str | None,
    out: Path | None,
    **asked: Any,
) -> Body:
    """Return the answer of a pattern as the command line asks for it, by code and symbol.

    With ``out`` the file of the asked format is written there.
    """
    from mintmark.app.requests import ExecuteRequest, read_request
    from mintmark.portfolio import security_id

    pattern = app.portfolio.executor.pattern(pattern_id)
    given: Body = {"pattern_id": pattern_id, "inputs": inputs_of(pattern, inputs), **asked}
    if portfolio is not None:
        given["portfolio_id"] = app.portfolio.portfolio(actor, portfolio).portfolio_id
    if security is not None:
        given["security_id"] = security_id(security)
    body = dict(execute(app, actor, read_request(ExecuteRequest, given), str(uuid4())).body)
    if out is not None:
        _write(app, actor, UUID(body["result"]["artifact_id"]), out)
    return body


def inputs_of(pattern: Pattern, pairs: Sequence[str]) -> Body:
    """Return ``name=value`` pairs as inputs: a text, id or day as written, anything else as JSON.

    Raises:
        Refused: ``input_invalid``.
    """
    found: Body = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise Refused(
                f"expected name=value, found {pair[:80]!r}", code="input_invalid", field=name[:64], found=pair[:80]
            )
        declared = pattern.inputs.get(name)
        if declared is None or declared.type in ("string", "uuid", "date"):
            found[name] = text
            continue
        try:
            found[name] = json.loads(text)
        except ValueError:
            message = f"{name}: expected a value of type {declared.type}, found {text[:80]!r}"
            details = {"field": name, "expected": declared.type, "found": text[:80]}
            raise Refused(message, code="input_invalid", **details) from None
    return found


def _write(app: App, actor: Actor, artifact_id: UUID, out: Path) -> None:
    from mintmark.store import write_atomic

    write_atomic(out, app.exports.fetch(actor.user_id, artifact_id).content)


def create(app: App, actor: Actor, request: PortfolioRequest) -> Body:
    """Add a portfolio; refuses as ``PortfolioRoom.create``."""
    from mintmark.portfolio import NewPortfolio

    return {"success": True, "data": app.portfolio.create(actor, NewPortfolio(**request.model_dump())).as_json()}


def sample(app: App, actor: Actor) -> Body:
    """Load the sample portfolio and run the nights of its packs, so that they are fresh; refuses as ``make_sample``."""
    from mintmark.app.nights import night_of
    from mintmark.portfolio import make_sample

    made = make_sample(actor, app.data, app.ledger, app.portfolio)
    night = night_of(app)
    for pack_id in made["packs"]:
        state = app.data.states.health(pack_id=pack_id)
        night.run(state.policy, state.as_of, f"sample:{state.as_of}")
    return {"success": True, "data": {**made, "ledger_commit_hash": app.ledger.head()}}


def portfolios(app: App, actor: Actor) -> Body:
    """Return the portfolios of ``actor``."""
    return {"success": True, "data": [one.as_json() for one in app.portfolio.portfolios(actor)]}


def portfolio(app: App, actor: Actor, named: UUID | str) -> Body:
    """Return one portfolio of ``actor`` by id or code; refuses ``portfolio_not_found``."""
    return {"success": True, "data": app.portfolio.portfolio(actor, named).as_json()}


def patterns(app: App) -> Body:
    """Return the patterns, by id."""
    from mintmark.portfolio import described

    found = app.portfolio.patterns
    return {"success": True, "data": [described(found[name]) for name in sorted(found)]}


def pattern(app: App, pattern_id: str) -> Body:
    """Return one pattern whole; refuses ``pattern_not_found``."""
    from mintmark.portfolio import described

    return {"success": True, "data": described(app.portfolio.executor.pattern(pattern_id), whole=True)}


def capabilities(app: App) -> Body:
    """Return all capabilities with their agents and arguments, by name."""
    agents = app.portfolio.agents
    return {
        "success": True,
        "data": [
            {
                "capability": name,
                "agent": agents.agent_of(name).name,
                "summary": agents[name].summary,
                "arguments": list(agents[name].arguments.model_fields),
                "effects": agents[name].effects,
                "timeout_seconds": agents.timeout_of(name),
            }
            for name in agents.names()
        ],
    }


def validate(folder: Path | None) -> Body:
    """Check the pattern files of a folder, or those of the house; refuses ``patterns_invalid`` with every problem."""
    from mintmark.portfolio import check_patterns, pattern_texts

    return {"success": True, "data": {"valid": check_patterns(pattern_texts() if folder is None else _texts(folder))}}


def _texts(folder: Path) -> Mapping[str, str]:
    try:
        found = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read the patterns in {folder}: {error}", code="not_found", path=str(folder)) from error
    if not found:
        raise Refused(f"there are no pattern files in {folder}", code="not_found", path=str(folder))
    return found
