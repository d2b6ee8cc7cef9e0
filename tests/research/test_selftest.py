"""Noise without a pattern, an edge of the size it says, and rates that are counted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

from mintmark.app import SelfTestRequest
from mintmark.cli.gates import group, page_of
from mintmark.domain import Bars, Timeframe
from mintmark.research import Rules
from mintmark.research.selftest import QUESTIONS, Edge, Kind, Outcome, bars_of, is_sound, plant, rates_of, strategy_of
from mintmark.research.selftest_sheet import ANSWERS, selftest_sheet
from mintmark.research.sheet_parts import json_of
from mintmark.research.space import Ground

ROOT = Path(__file__).resolve().parents[2]

GROUND = Ground(("X",), "1d", True, True, {"rounds": 50, "leaves": 4})
DAY = Timeframe.D1.nanoseconds


def a_walk(count: int, seed: int = 1) -> Bars:
    draws = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(draws.normal(0.0, 0.01, count)))
    opens = np.concatenate(([100.0], close[:-1]))
    spread = np.abs(draws.normal(0.0, 0.003, count))
    high, low = np.maximum(opens, close) * (1 + spread), np.minimum(opens, close) * (1 - spread)
    return Bars("X", Timeframe.D1, np.arange(count) * DAY, opens, high, low, close, np.ones(count))


def outcome(kind: Kind, number: int, *, promising: bool, size: float | None = None) -> Outcome:
    return Outcome(kind, number, promising, promising, promising, 0.0, None, 1, size)


def test_the_planted_drift_has_the_size_and_length_it_says():
    bars, edge = a_walk(40_000), Edge(0.8, 10)

    drift = np.diff(np.log(plant(bars, edge, np.random.default_rng(3)).close) - np.log(bars.close))

    deviation = np.std(np.diff(np.log(bars.close)), ddof=1)
    assert np.abs(drift) == pytest.approx(np.full(len(drift), 0.8 * deviation), rel=1e-6)
    turns = np.count_nonzero(np.sign(drift[1:]) != np.sign(drift[:-1]))
    assert len(drift) / turns == pytest.approx(10, rel=0.05)


def test_planting_leaves_the_inside_of_a_bar_alone():
    bars = a_walk(200)

    planted = plant(bars, Edge(1.0, 5), np.random.default_rng(3))

    for name in ("high", "low", "close"):
        assert getattr(planted, name) / planted.open == pytest.approx(getattr(bars, name) / bars.open, rel=1e-12)


def test_one_who_knows_the_drift_has_the_sharpe_ratio_it_says():
    bars, edge = a_walk(100_000), Edge(0.8, 10)
    quiet = bars_of("noise", bars, edge, np.random.default_rng(4))

    drift = np.diff(np.log(plant(quiet, edge, np.random.default_rng(4)).close) - np.log(quiet.close))
    earned = np.sign(drift) * (np.diff(np.log(quiet.close)) + drift)

    assert np.mean(earned) / np.std(earned) * np.sqrt(252) == pytest.approx(edge.sharpe(252), rel=0.03)


def test_noise_keeps_the_moves_and_their_sum():
    bars = a_walk(500)

    path = bars_of("noise", bars, Edge(), np.random.default_rng(5))

    assert path.close[-1] == pytest.approx(bars.close[-1], rel=1e-9)
    assert not np.allclose(path.close, bars.close)


def test_random_strategies_are_valid_and_differ():
    drawn = [strategy_of("noise", GROUND, np.random.default_rng(seed)) for seed in range(12)]

    assert len({spec.model_dump_json() for spec in drawn}) == 12
    assert {spec.model.kind for spec in drawn} == {"logistic", "gbdt"}


def test_rates_are_counted_and_none_without_cycles():
    found = [outcome("noise", number, promising=number == 0) for number in range(20)]

    answer = {(row["of"], row["question"]): row for row in rates_of(found, [0.8])}

    assert set(answer) == {(kind, question) for kind in ("noise", "edge") for question in QUESTIONS}
    row = answer["noise", "promising"]
    # scipy.stats.binomtest(1, 20).proportion_ci(0.95, method="exact")
    assert (row["passed"], row["cycles"], row["rate"]) == (1, 20, 0.05)
    assert (row["low"], row["high"]) == pytest.approx((0.001265089, 0.248732763), abs=1e-8)
    assert answer["edge", "promising"]["rate"] is None


def test_each_size_has_its_own_power_and_the_gates_are_judged_by_the_one_named():
    noise = [outcome("noise", number, promising=False) for number in range(20)]
    strong = [outcome("edge", number, promising=number < 16, size=0.8) for number in range(20)]
    weak = [outcome("edge", number, promising=number < 15, size=0.4) for number in range(20)]

    rates = rates_of([*noise, *strong, *weak], [0.8, 0.4])

    assert {row["size"]: row["rate"] for row in rates if row["question"] == "promising"} == {
        None: 0.0, 0.8: 0.8, 0.4: 0.75
    }  # fmt: skip
    assert is_sound(rates, 0.8)
    assert not is_sound(rates, 0.4)
    lucky = [outcome("noise", number, promising=number < 2) for number in range(39)]
    assert not is_sound(rates_of([*lucky, *strong], [0.8]), 0.8)


def test_the_sheet_shows_each_rate_with_its_interval_and_the_sizes_that_were_planted():
    noise = [outcome("noise", number, promising=number == 0) for number in range(40)]
    edges = [outcome("edge", number, promising=number < at, size=size)
             for size, at in ((0.8, 18), (0.2, 3)) for number in range(20)]  # fmt: skip

    sheet = json_of(selftest_sheet(told(rates_of([*noise, *edges], [0.8, 0.2]), [0.8, 0.2])))

    tiles = {one["label"]: one["value"] for one in sheet["tiles"]}
    assert tiles["Noise promising, 95 %: 0.1% to 13.2%"] == "2.5%"
    assert tiles["Edge of 0.8 promising, 95 %: 68.3% to 98.8%"] == "90.0%"
    assert [part["name"] for part in sheet["parts"]] == ["noise", "power", "rates"]
    drawn = sheet["parts"][1]["drawings"][0]["svg"]
    assert all(f">{said}</text>" in drawn for said in ("90.0%", "15.0%", "0.2", "0.8"))
    rows = sheet["parts"][2]["tables"][0]["rows"]
    assert rows[-1] == ["edge of 0.2", "verdict promising", "3", "20", "15.0%", "3.2% to 37.9%"]


def test_the_page_of_the_docs_is_what_the_command_writes_with_its_defaults():
    page = (ROOT / "docs" / "gates.md").read_text()
    shown = re.findall(r"^\| (noise|the edge) \| ([a-z ]+) \| (\d+) \| (\d+) \|", page, re.MULTILINE)
    request, edge = SelfTestRequest(), Edge()
    words = {said: question for question, said in ANSWERS.items()}

    passed = {("noise" if of == "noise" else "edge", words[said]): int(count) for of, said, count, _ in shown}
    cycles = [
        Outcome(kind, number, *(number < passed[kind, question] for question in QUESTIONS), None, None, 1, size)
        for kind, size, count in (("noise", None, request.cycles), ("edge", edge.size, request.edges))
        for number in range(count)
    ]
    rates = rates_of(cycles, request.sizes)

    assert len(shown) == 2 * len(QUESTIONS)
    assert (request.sizes, request.turning) == ([edge.size], edge.bars)
    assert page_of({**told(rates, request.sizes), "sound": is_sound(rates, edge.size)}) == page
    options = {option.name: option.default for option in get_command(group).params}
    assert {name: options[name] for name in ("cycles", "edges", "turning", "workers")} == {
        name: getattr(request, name) for name in ("cycles", "edges", "turning", "workers")
    }


def told(rates: list[dict[str, Any]], sizes: list[float]) -> dict[str, Any]:
    """Return the result of a test with the defaults of the house on the daily series of its sample."""
    planted = [{"size": size, "bars": 10, "sharpe_ratio": Edge(size).sharpe(252)} for size in sizes]
    return {
        "rates": rates, "sizes": sizes, "planted": planted, "cycles": 200, "edges": 50, "turning": 10, "sound": True,
        "symbols": ["NASDAQ", "SP500"], "timeframe": "1d", "pack_id": "PP_2018-12-31_SAMPLE_v1", "mark": {},
        "random_state": Rules().random_state,
    }  # fmt: skip
