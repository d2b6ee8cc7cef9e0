"""When an alert speaks, and what it advises."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies

from mintmark.domain import Money, Refused
from mintmark.portfolio.alerts import (
    Condition,
    Judgement,
    Standing,
    checked_condition,
    checked_cooldown,
    condition_from,
    judge,
    moment_of,
    notification_key,
)
from mintmark.portfolio.channels import address_to_call, checked_channels
from mintmark.portfolio.playbooks import playbook_of

VIX = Condition("macro", "VIXCLS", "level", ">", Decimal(30))
START = datetime(2026, 3, 2, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def judged(looks: list[tuple[int, Any]], cooldown: int = 1440) -> list[Judgement]:
    """Return what looks at (minute, value), one after the other, come to."""
    standing, found = Standing(), []
    for minute, value in looks:
        seen = None if value is None else Decimal(value)
        found.append(judge(VIX, cooldown, standing, seen, at(minute)))
        standing = found[-1].standing
    return found


def outcomes(looks: list[tuple[int, Any]], cooldown: int = 1440) -> list[str]:
    return [one.outcome for one in judged(looks, cooldown)]


def test_a_condition_true_at_three_looks_of_a_day_fires_once():
    assert outcomes([(0, 31), (300, 32), (600, 33)]) == ["fired", "cooling", "cooling"]


def test_it_fires_again_once_the_cooldown_is_over_while_it_still_holds():
    assert outcomes([(0, 31), (1439, 31), (1440, 31), (1441, 31)]) == ["fired", "cooling", "fired", "cooling"]


def test_it_fires_at_each_change_from_false_to_true():
    assert outcomes([(0, 20), (15, 31), (30, 20), (45, 31)]) == ["clear", "fired", "clear", "fired"]


def test_a_missing_value_is_not_evaluated_and_changes_nothing():
    found = judged([(0, 31), (1440, None), (1440, 31)])

    assert [one.outcome for one in found] == ["fired", "not_evaluated", "fired"]
    assert found[1].standing == found[0].standing
    assert found[1].reason == "value_missing"


def test_a_look_at_an_older_moment_changes_nothing():
    assert outcomes([(1440, 31), (0, 20), (1440, 31)]) == ["fired", "not_evaluated", "cooling"]


def test_a_word_cannot_be_compared_with_a_number():
    regime = Condition("macro", "US", "regime", "!=", "MID_EXPANSION")

    assert judge(regime, 15, Standing(), Decimal(3), at(0)).reason == "word_and_number"
    assert judge(regime, 15, Standing(), "LATE_EXPANSION", at(0)).outcome == "fired"


LOOKS = strategies.lists(
    strategies.tuples(strategies.integers(0, 10_000), strategies.sampled_from([None, 29, 30, 31])), max_size=30
)


@given(LOOKS, strategies.integers(15, 3000))
def test_laws_of_the_alert_hold_for_any_looks(looks: list[tuple[int, Any]], cooldown: int):
    found = judged(looks, cooldown)

    before = Standing()
    for (minute, value), one in zip(looks, found, strict=True):
        if one.outcome == "fired":
            assert value == 31
            changed = before.held is not True
            assert changed or at(minute) - before.fired >= timedelta(minutes=cooldown)
            assert one.standing.fired == at(minute)
        if one.outcome == "cooling":
            assert before.held is True
            assert at(minute) - before.fired < timedelta(minutes=cooldown)
        if one.outcome == "not_evaluated":
            assert one.standing == before
        # The same look again never speaks twice.
        assert (
            judge(VIX, cooldown, one.standing, None if value is None else Decimal(value), at(minute)).outcome != "fired"
        )
        before = one.standing


@given(LOOKS)
def test_missing_values_left_out_make_no_difference(looks: list[tuple[int, Any]]):
    whole = [one for one, (_, value) in zip(judged(looks), looks, strict=True) if value is not None]

    assert whole == judged([look for look in looks if look[1] is not None])


@given(strategies.decimals(-1000, 1000, places=6), strategies.sampled_from([">", ">=", "<", "<=", "==", "!="]))
def test_a_stored_condition_is_the_one_that_was_made(value: Decimal, op: Any):
    condition = checked_condition({"type": "price", "entity": "AAPL", "metric": "close", "op": op, "value": str(value)})

    assert condition_from(condition.as_json()) == condition


def test_the_key_is_of_alert_user_and_day_alone():
    user, other = UUID(int=1), UUID(int=2)
    keys = [
        notification_key(alert, who, day)
        for alert in ("a", "b")
        for who in (user, other)
        for day in (date(2026, 3, 2), date(2026, 3, 3))
    ]

    assert len(set(keys)) == 8
    assert notification_key("a", user, date(2026, 3, 2)) == keys[0]


def test_a_pack_is_looked_at_as_of_the_end_of_its_day():
    assert moment_of(date(2026, 3, 7)) == datetime(2026, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "weather"),
        ("op", "~"),
        ("entity", ""),
        ("metric", "x" * 65),
        ("value", 0.5),
        ("value", "NaN"),
        ("value", None),
        ("window", 0),
        ("window", True),
    ],
)
def test_a_bad_condition_is_refused_with_its_field(field: str, value: Any):
    good = {"type": "macro", "entity": "VIXCLS", "metric": "level", "op": ">", "value": "30"}

    with pytest.raises(Refused) as refused:
        checked_condition({**good, field: value})

    assert (refused.value.code, refused.value.details["field"]) == ("alert_invalid", field)


def test_a_word_is_compared_by_equality_alone():
    with pytest.raises(Refused):
        checked_condition({"type": "macro", "entity": "US", "metric": "regime", "op": ">", "value": "LATE_EXPANSION"})


@pytest.mark.parametrize("minutes", [14, 0, -1, 525_601])
def test_a_cooldown_is_a_quarter_of_an_hour_at_least(minutes: int):
    with pytest.raises(Refused):
        checked_cooldown(minutes)


NAV = Money(Decimal(1_000_000), "EUR")


def at_risk(observed: str, limit: str = "0.15", nav: Money | None = NAV) -> dict[str, Any]:
    condition = Condition("metric", "GROWTH", "drawdown_at_risk", ">", Decimal(limit))
    return playbook_of(condition, Decimal(observed), nav=nav, instruments=["AAPL"]).as_json()


def test_limit_15_drawdown_at_risk_18_nav_1000000_reduces_100000():
    found = at_risk("0.18")

    assert found["notional"] == {"amount": "100000", "currency": "EUR"}
    assert (found["action"], found["severity"], found["instruments"]) == ("reduce", "high", ["AAPL"])
    assert "0.18" in found["rationale"]
    assert found["alternatives"]


def test_a_small_excess_reduces_its_own_share():
    # (0.16 - 0.15) / 0.16 = 0.0625
    assert at_risk("0.16")["notional"]["amount"] == "62500"


def test_without_a_nav_nothing_is_invented():
    assert at_risk("0.18", nav=None)["notional"] is None


def test_a_drawdown_limit_reduces_15_percent_and_is_critical():
    condition = Condition("metric", "GROWTH", "max_drawdown", ">=", Decimal("0.2"))

    found = playbook_of(condition, Decimal("0.21"), nav=NAV).as_json()

    assert (found["notional"]["amount"], found["severity"]) == ("150000", "critical")


@pytest.mark.parametrize(
    ("condition", "observed"),
    [
        (Condition("macro", "US", "regime", "!=", "MID_EXPANSION"), "LATE_EXPANSION"),
        (Condition("rating", "IBM", "rating", "<", Decimal("6.5")), Decimal(6)),
    ],
)
def test_a_regime_shift_and_a_rating_fall_ask_for_a_review(condition: Condition, observed: Any):
    found = playbook_of(condition, observed, nav=NAV)

    assert (found.action, found.severity, found.notional) == ("review", "medium", None)


@pytest.mark.parametrize("kind", ["price", "news", "macro"])
def test_price_news_and_macro_carry_the_words_of_the_user(kind: Any):
    found = playbook_of(Condition(kind, "X", "level", ">", Decimal(1)), Decimal(2), text="Call the desk")

    assert (found.action, found.severity) == ("Call the desk", "low")


@pytest.mark.parametrize(
    "channel",
    ["sms:1", "email:ada", "email:a b@c.d", "email:a@b.c\nBcc: x@y.z", "webhook:http://a.b", "webhook:https://u:p@a.b"],
)
def test_a_channel_that_leads_nowhere_safe_is_refused(channel: str):
    with pytest.raises(Refused):
        checked_channels([channel])


def test_a_private_address_is_called_only_when_its_host_is_listed():
    assert address_to_call("a.example", ["93.184.216.34"], ()) == "93.184.216.34"
    for private in ("10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:192.168.1.1", "0.0.0.0"):
        assert address_to_call("a.example", ["93.184.216.34", private], ()) is None
    assert address_to_call("a.example", ["10.0.0.1"], ["a.example"]) == "10.0.0.1"
