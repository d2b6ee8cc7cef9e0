"""The gates are fed with noise and with an edge of known size."""

from __future__ import annotations

import pytest
from story_house import HouseMaker


@pytest.mark.long
def test_the_outcomes_are_the_same_with_one_process_and_with_two(a_house: HouseMaker):
    house = a_house()
    command = ("gates", "selftest", "--cycles", "2", "--edges", "2", "--json")

    alone = house.run(*command)
    shared = house.run(*command, "--workers", "2")

    assert alone.body["outcomes"] == shared.body["outcomes"]
    assert [(one["kind"], one["number"]) for one in alone.body["outcomes"]] == [
        ("noise", 0), ("noise", 1), ("edge", 0), ("edge", 1)
    ]  # fmt: skip
    assert alone.code == (0 if alone.body["sound"] else 8)


@pytest.mark.long
def test_an_edge_that_is_none_leaves_8_and_is_an_operation_like_any_other(a_house: HouseMaker):
    house = a_house()

    answer = house.run("gates", "selftest", "--cycles", "1", "--edges", "2", "--size", "0", "--json")
    shown = house.run("operations", "follow", answer.body["operation_id"])

    assert (answer.code, answer.body["sound"]) == (8, False)
    assert answer.body["cycles_computed"] == len(answer.body["outcomes"]) == 3
    assert "NOT SOUND" in shown.stdout
    assert (house.home / answer.body["sheet_path"]).exists()


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_noise_is_seldom_promising_and_the_edge_often(a_house: HouseMaker):
    answer = a_house().run("gates", "selftest", "--json", seconds=1700)

    rates = {(row["of"], row["question"]): row for row in answer.body["rates"]}
    assert rates["noise", "promising"]["cycles"] == 200
    assert rates["noise", "promising"]["rate"] <= 0.05
    assert rates["edge", "promising"]["rate"] >= 0.80
    assert answer.code == 0
