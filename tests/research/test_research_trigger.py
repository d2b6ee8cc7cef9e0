"""A trigger: its checks in order, capacity, budget, and what the doors ask of strategies."""

import pytest
from research_house import M1, FactsOnly, Packs, a_house, some_facts

from mintmark.domain import Refused
from mintmark.research.starters import COUNT


def refusal(house, **body):
    before = house.operations.list()["total_count"]
    with pytest.raises(Refused) as refused:
        house.research.trigger(**body)
    assert house.operations.list()["total_count"] == before
    return refused.value


def test_a_trigger_answers_with_the_cycle_it_created(house):
    answer = house.research.trigger()

    assert answer == {
        "triggered": True,
        "operation_id": answer["operation_id"],
        "designer": "algorithm",
        "pack_id": "PP_2018-12-31_TEST_v1",
        "waiting_for_worker": True,
        "message": "Research cycle started",
    }
    stored = house.operations.get(answer["operation_id"])["metadata"]["parameters"]
    assert stored["random_state"] == 7
    assert stored["gate_policy"] == "fail"
    assert stored["phase"] == "idle"
    assert {stored[key] for key in ("design_op_id", "training_op_id", "backtest_op_id", "assessment_op_id")} == {None}


@pytest.mark.parametrize(
    "body, path",
    [
        ({"random_state": -1}, "random_state"),
        ({"timeframe": "7m"}, "timeframe"),
        ({"brief": "x" * 2001}, "brief"),
        ({"symbols": []}, "symbols"),
        ({"gate_policy": "never"}, "gate_policy"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused_with_its_path(house, body, path):
    refused = refusal(house, **body)

    assert refused.code == "invalid_request"
    assert [problem["path"] for problem in refused.details["problems"]] == [path]


@pytest.mark.parametrize(
    "other", [{"brief": "rsi"}, {"symbols": ["NASDAQ"]}, {"timeframe": "1d"}, {"designer": "algorithm"}]
)
def test_a_strategy_goes_with_no_wish_for_a_designer(house, other):
    house.save(M1, "swing_1")

    refused = refusal(house, strategy="swing_1", **other)

    assert refused.code == "conflicting_fields"


def test_without_a_pack_there_is_no_cycle(file_database, home):
    with a_house(file_database, home, packs=Packs()) as house:
        assert refusal(house).code == "no_pack"
        assert refusal(house, strategy="never_saved").code == "no_pack"


def test_an_unknown_pack_or_strategy_is_not_found(house):
    assert refusal(house, pack_id="PP_2018-12-31_OTHER_v1").code == "not_found"
    assert refusal(house, strategy="never_saved").code == "not_found"


def test_symbols_the_pack_does_not_hold_are_refused_with_what_it_holds(house):
    refused = refusal(house, symbols=["XAUUSD"], pack_id="PP_2018-12-31_TEST_v1")

    assert refused.code == "no_pack"
    assert refused.details["held"] == ["EURUSD", "GBPUSD", "NASDAQ"]


@pytest.mark.parametrize("facts, code", [({"bars": 999}, "not_enough_bars"), ({"completeness": 0.7}, "too_incomplete")])
def test_a_series_too_thin_to_learn_from_is_refused_with_found_and_needed(file_database, home, facts, code):
    packs = Packs(FactsOnly(held={"THIN": some_facts("1d", **facts)}))
    with a_house(file_database, home, packs=packs) as house:
        refused = refusal(house, symbols=["THIN"])

    assert refused.code == code
    assert {"found", "needed"} <= refused.details.keys()


def test_a_fourth_cycle_is_over_the_capacity_of_one_slot_each(file_database, home):
    with a_house(file_database, home) as house:
        house.live_worker("research", "design", "training", "backtesting", "assessing")
        cycles = [house.research.trigger()["operation_id"] for _ in range(3)]

        refused = refusal(house)
        house.research.cancel(cycles[0])
        again = house.research.trigger()

        assert (refused.code, refused.details) == ("at_capacity", {"active_count": 3, "limit": 3})
        assert again["triggered"] is True
        assert house.research.status()["capacity"] == {"active": 3, "limit": 3}


def test_a_model_designer_is_refused_when_the_day_has_0_10_left(file_database, home):
    with a_house(file_database, home, limit="0.10", model_key=True) as house:
        refused = refusal(house, designer="model")
        answer = house.research.trigger(designer="algorithm")

    assert refused.code == "budget_exhausted"
    assert (refused.details["remaining"], refused.details["needed"]) == ("0.10", "0.15")
    assert answer["triggered"] is True


@pytest.mark.parametrize("model_key", [True, False])
def test_a_model_designer_that_is_not_there_is_refused_and_reserves_nothing(file_database, home, model_key):
    with a_house(file_database, home, model_key=model_key) as house:
        refused = refusal(house, designer="model")

        assert refused.code == "designer_unavailable"
        assert house.research.budget()["reserved"] == "0.00"


def test_a_strategy_outside_the_home_folder_is_refused(house):
    assert refusal(house, strategy="../swing_1").code == "path_refused"


def test_an_invalid_strategy_is_refused_with_all_its_errors(house):
    house.save(M1.replace("rsi: {type: rsi}", "rsi: {type: ris}").replace("0.01", "0.9"), "swing_1")

    refused = refusal(house, strategy="swing_1")

    assert refused.code == "strategy_invalid"
    assert len(refused.details["errors"]) >= 2


def test_cancel_says_when_there_is_none_several_or_no_cycle(house):
    with pytest.raises(Refused) as none:
        house.research.cancel()
    first = house.triggered()
    house.research.trigger()
    with pytest.raises(Refused) as several:
        house.research.cancel()
    with pytest.raises(Refused) as other:
        house.research.cancel(house.operations.get(first)["child_operation_id"])

    assert none.value.code == "no_active_cycle"
    assert several.value.code == "several_active"
    assert first in several.value.details["operation_ids"]
    assert other.value.code == "not_research"


def test_an_idle_status_is_null_and_empty(house):
    status = house.research.status()

    assert status["status"] == "idle"
    assert status["active_researches"] == []
    assert status["last_cycle"] is None
    cycle_fields = ("operation_id", "phase", "child_operation_id", "strategy_name", "started_at", "progress")
    assert {status[name] for name in cycle_fields} == {None}
    assert status["workers"].keys() == {"agent_design", "training", "backtesting", "agent_assessment"}


def test_the_last_cycle_is_shown_with_its_outcome(house):
    cycle = house.triggered()
    house.research.cancel(cycle)

    last = house.research.status()["last_cycle"]

    assert (last["operation_id"], last["outcome"], last["verdict"]) == (cycle, "cancelled", None)


def test_the_starting_strategies_are_always_listed_and_shown(house):
    house.save(M1, "swing_1")

    names = [line["name"] for line in house.research.strategies()]
    shown = house.research.strategy("starting_1")

    assert names == [*(f"starting_{number}" for number in range(1, COUNT + 1)), "swing_1"]
    assert shown["spec"]["universe"]["symbols"] == ["NASDAQ"]
    assert (shown["approved"], shown["verdict"]) == (False, None)


def test_validate_answers_also_when_the_strategy_is_invalid(house):
    good = house.research.validate(M1)
    bad = house.research.validate(M1.replace("type: rsi", "type: ris"), pack_id="PP_2018-12-31_TEST_v1")

    assert (good["valid"], good["errors"]) == (True, [])
    assert good["feature_names"] == ["1h_rsi", "4h_rsi"]
    assert bad["valid"] is False
    assert bad["errors"][0]["suggestion"] == "rsi"


def test_a_backtest_needs_a_trained_model(house):
    house.save(M1, "swing_1")

    with pytest.raises(Refused) as refused:
        house.research.backtest(strategy="swing_1")

    assert refused.value.code == "model_missing"
