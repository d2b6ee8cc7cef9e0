"""The agent of alerts: it makes one where a figure reaches its threshold, and proposes those worth making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from portfolio_house import HandClock, a_context, a_portfolio, a_runtime

from mintmark.data import Reads
from mintmark.domain import Refusal, Refused
from mintmark.portfolio import Actor, Agents
from mintmark.portfolio.alerts import checked_condition, checked_cooldown
from mintmark.portfolio.capabilities.alerts import AGENT, MakesAlerts
from mintmark.portfolio.capability import Services
from mintmark.portfolio.operations.running import Call, Ground


@dataclass
class Made(MakesAlerts):
    """Keeps what it was asked to make, once for each key."""

    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def make(self, actor: Actor, portfolio_id: UUID, condition: Mapping[str, Any], name: str, key: str) -> str:
        assert actor.role == "trader"
        self.kept.setdefault(key, {"portfolio_id": portfolio_id, "name": name, **condition})
        return f"alert of {key}"


class Levels:
    """A pack that holds the VIX, or does not."""

    def __init__(self, last: float | None, reads: Reads) -> None:
        self._last = last
        self._reads = reads

    def macro(self, name: str) -> Any:
        if self._last is None:
            raise Refused(f"there is no {name}", code="macro_unknown")
        self._reads.note("fred")
        return type("Series", (), {"values": np.array([20.0, self._last])})


def asked(capability: str, made: Made, *, vix: float | None = 31.0, **arguments: Any) -> Any:
    runtime = a_runtime(Agents([AGENT]))
    services = Services(HandClock(), {MakesAlerts: made})
    ground = Ground(a_context(), lambda reads: Levels(vix, reads), lambda _: None, services, a_portfolio())
    given = runtime.read_arguments(capability, arguments)
    assert not isinstance(given, Refusal), given
    return runtime.call(Call(capability, given, "alert"), ground)


def threshold(made: Made, observed: str | None, **more: Any) -> Any:
    given = {"type": "news", "entity": "ACME", "metric": "impact_bps", "observed": observed, "threshold": "50", **more}
    return asked("alerts.create_if_threshold", made, **given)


@pytest.mark.parametrize(("observed", "op", "value"), [("50", ">=", "50"), ("-62.5", "<=", "-50")])
def test_a_figure_that_reaches_fifty_basis_points_either_way_makes_one_alert_for_the_request(
    observed: str, op: str, value: str
):
    made = Made()

    found = [threshold(made, observed).value for _ in range(2)]

    assert [one["created"] for one in found] == [True, True]
    assert found[0]["alert_id"] == found[1]["alert_id"]
    ((_, kept),) = made.kept.items()
    assert (kept["type"], kept["entity"], kept["op"], kept["value"]) == ("news", "ACME", op, value)
    said = {name: kept[name] for name in ("type", "entity", "metric", "op", "value")}
    assert checked_condition(said).holds(Decimal(observed)) is True


def test_a_figure_below_its_threshold_makes_none_and_one_that_is_not_known_is_refused():
    made = Made()

    below, unknown = threshold(made, "49.99").value, threshold(made, None)

    assert (below["created"], below["alert_id"], below["observed"]) == (False, None, Decimal("49.99"))
    assert isinstance(unknown, Refusal)
    assert unknown.code == "value_missing"
    assert made.kept == {}


def test_the_regime_in_force_and_fear_are_proposed_as_alerts_that_can_be_made():
    shifts = [{"day": "2008-09-30"}, {"day": "2009-06-30"}]

    presets = asked("alerts.suggest_presets", Made(), shifts=shifts, regime="DEEP_CONTRACTION").value["presets"]

    told = [(one["metric"], one["op"], one["value"]) for one in presets]
    assert told == [("regime", "!=", "DEEP_CONTRACTION"), ("level", ">", "30")]
    assert "shifted 2 times" in presets[0]["rationale"]
    assert "stands at 31" in presets[1]["rationale"]
    for one in presets:
        checked_condition({name: one[name] for name in ("type", "entity", "metric", "op", "value")})
        assert checked_cooldown(one["cooldown_minutes"]) == 1440


def test_without_a_regime_and_without_the_vix_nothing_is_proposed_and_the_reason_is_told():
    found = asked("alerts.suggest_presets", Made(), vix=None, shifts=[])

    assert found.value["presets"] == []
    assert [one.code for one in found.warnings] == ["macro_unknown"]
