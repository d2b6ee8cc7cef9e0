"""A figure reads the same at every door, and text from outside never becomes markup."""

from __future__ import annotations

import pytest

from mintmark.domain import CHECKS, FIGURES, Html, as_kind, dial_shares, figure, metrics, plain, records, tag, written


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("max_drawdown", 0.15, "15.00%"),
        ("total_return", 0.4123, "+41.23%"),
        ("total_return", -0.02, "−2.00%"),
        ("sharpe_ratio", 0.0, "0.00"),
        ("total_trades", 12870, "12,870"),
        ("final_loss", 0.41234, "0.412"),
        ("net_profit", {"amount": "-1250.555", "currency": "USD"}, "−1,250.56 USD"),
        ("dsr", None, "–"),
        ("sortino_ratio", float("nan"), "–"),
        ("training_seconds", 75, "1 min 15 s"),
        ("training_end", "2013-12-31T00:00:00Z", "2013-12-31"),
        ("allow_short", False, "no"),
    ],
)
def test_a_metric_is_written_with_its_unit(name: str, value: object, expected: str):
    assert written(name, value) == expected


def test_every_check_of_a_gate_has_a_label_and_a_relation():
    assert len(CHECKS) == 9
    assert {relation for _, relation, _ in CHECKS.values()} == {"≥", "≤", ">"}


def test_an_undefined_figure_says_why():
    shown = figure({"profit_factor": None, "undefined": {"profit_factor": "no_losses"}}, "profit_factor")

    assert "– (no losses)" in shown


def test_text_is_escaped_and_html_is_not_escaped_twice():
    shown = tag("p", "<b>&", Html("<i>x</i>"), title='a"b')

    assert shown == '<p title="a&quot;b">&lt;b&gt;&amp;<i>x</i></p>'


def test_metrics_leaves_out_what_the_source_does_not_know():
    shown = metrics({"accuracy": 0.5}, ("accuracy", "mae"))

    assert FIGURES["accuracy"].label in shown
    assert FIGURES["mae"].label not in shown


def test_records_show_one_column_a_key_and_skip_nested_ones():
    shown = records([{"fold": 1, "sharpe_ratio": 0.5, "path": [1]}, {"fold": 2, "sharpe_ratio": None}])

    assert shown.count("<tr>") == 3
    assert "Path" not in shown
    assert "+0.50" in shown


@pytest.mark.parametrize("observed, limit", [(0.5, 0.4), (-0.8, -0.5), (1.24, -0.5), (0.0, 0.0), (31, 10)])
def test_observed_and_limit_lie_on_one_dial_in_their_order(observed: float, limit: float):
    share, tick = dial_shares(observed, limit)

    assert 0.0 <= share <= 100.0
    assert 0.0 <= tick <= 100.0
    assert (share >= tick) is (observed >= limit)


def test_plain_writes_any_json_value():
    assert plain({"phase": "training", "round": 50}) == "phase training, round 50"
    assert plain([1, None, True, 0.00012]) == "1, –, yes, 0.00012"
    assert as_kind("share", None) == "–"
