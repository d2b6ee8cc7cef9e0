"""What the comparison with other engines says of their answers."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from figures import Figure, above, below, seen
from page import Section, page
from peers_homes import NotThere, carry_out, last_line
from peers_table import Answer, Missing, best_of, faster, growth, memory, took, unlike
from run import exit_code, line


def an_answer(engine="ours", seconds=1.0, rounds=5, peak=100.0, **found):
    return Answer(engine, seconds, peak, "numpy 2", {"trades": 1_000, "net_profit": -500.0} | found, rounds)


def test_a_peer_that_takes_twelve_times_as_long_meets_a_tenfold_promise():
    figure = faster("a sweep", an_answer(), an_answer("peer", 12.0), 10)

    assert figure == Figure("a sweep: faster than peer", 12.0, "times", "> 10", True)


def test_a_peer_that_takes_eight_times_as_long_misses_it():
    assert faster("a sweep", an_answer(), an_answer("peer", 8.0), 10).met is False


def test_a_peer_that_did_a_tenth_is_held_against_a_tenth_and_its_time_against_the_whole():
    ours = an_answer(trades=10_000, net_profit=-5_000.0, tenth={"trades": 1_000, "net_profit": -500.0})
    peer = an_answer("peer", 3.0, part=0.1)

    figure = faster("a sweep", ours, peer)

    assert figure.value == pytest.approx(30.0)
    assert "0.1 of it was run" in took("a sweep", peer).note


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"trades": 1_002}, "compares unlike things: trades 1,002, ours 1,000"),
        ({"trades": 1_001}, ""),
        ({"net_profit": -506.0}, "compares unlike things: net profit -506, ours -500"),
        ({"net_profit": -504.0}, ""),
    ],
)
def test_other_work_is_named_beyond_its_tolerance(found, said):
    assert unlike(an_answer(), an_answer("peer", **found)) == said


def test_a_ratio_of_unlike_work_is_shown_and_judges_nothing():
    figure = faster("a run", an_answer(), an_answer("peer", 50.0, trades=2_000), 5)

    assert (figure.value, figure.met, figure.unjudged) == (50.0, None, True)
    assert line(figure).endswith("compares unlike things: trades 2,000, ours 1,000")


def test_what_is_not_there_is_printed_as_not_measured_with_its_reason():
    gone = Missing("peer", "not installed: no matching distribution")

    rows = [
        took("a run", gone),
        faster("a run", an_answer(), gone, 5),
        memory("a run", gone),
        growth("a run", gone, gone),
    ]

    assert [row.value for row in rows] == [None] * 4
    assert all("not measured" in line(row) and line(row).endswith("no matching distribution") for row in rows)
    assert [row.unjudged for row in rows] == [False, True, False, False]


def test_the_best_of_the_rounds_is_the_least_time_and_the_least_memory():
    best = best_of([an_answer(seconds=3.0, peak=90.0), an_answer(seconds=2.0, peak=110.0)])

    assert (best.seconds, best.peak_mib, best.rounds) == (2.0, 90.0, 2)


def test_rounds_that_found_different_things_are_no_measurement():
    with pytest.raises(ValueError, match="ours did not find the same in 2 rounds"):
        best_of([an_answer(), an_answer(trades=999)])


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ([below("a", 1.0, "s", 2.0), seen("b", 9.0, "s")], 0),
        ([below("a", 3.0, "s", 2.0), Figure("b", None, "s", "< 1", None)], 1),
        ([above("a", 3.0, "s", 2.0), Figure("b", None, "s", "< 1", None)], 2),
    ],
)
def test_a_miss_weighs_more_than_what_could_not_be_judged(figures, code):
    assert exit_code(figures) == code


def test_the_page_shows_command_day_machine_and_every_row():
    rows = [above("a run: faster than peer", 12.345678, "times", 5.0), Figure("b", None, "ms", "", None, "no | wheel")]

    text = page(
        [Section("peers", "The same work.\n", rows)],
        "bench/run.py peers",
        "One core.",
        datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    )

    assert "`bench/run.py peers` wrote this page at 2026-01-02 03:04 UTC." in text
    assert "One core." in text
    assert "## Peers\n\nThe same work.\n" in text
    assert "| a run: faster than peer | 12.35 times | > 5 | met |  |\n| b | not measured |  |  | no / wheel |\n" in text


def test_an_installation_that_fails_says_why():
    with pytest.raises(NotThere, match="not installed: no such wheel"):
        carry_out([sys.executable, "-c", "import sys; sys.exit('first\\nno such wheel\\n')"])


def test_the_last_line_that_says_something_is_the_reason():
    assert last_line("warning\nerror: gone\n\n") == "error: gone"
    assert last_line("") == "it said nothing"
