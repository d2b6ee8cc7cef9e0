"""The sample portfolio: real closes, whole units, the same entries each time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mintmark.app import App, local_owner, open_app, portfolio_answers
from mintmark.portfolio.sample import sample_drafts


@pytest.fixture
def app(tmp_path: Path):
    opened = open_app(home=tmp_path / "home")
    yield opened
    opened.close()


def test_units_are_whole_and_half_of_what_was_bought_is_sold_again():
    prices = {("A", date(2004, 1, 2)): "30", ("A", date(2007, 1, 3)): "45.5", ("A", date(2008, 1, 2)): "60"}

    drafts = sample_drafts(["A"], lambda symbol, day: Decimal(prices[symbol, day]))

    trades = [(draft.meta["units"], draft.meta["price"]) for draft in drafts if draft.kind == "trade"]
    # (12,000 - 5) / 30 = 399.83; (5,000 - 5) / 45.5 = 109.78; (399 + 109) / 2 = 254.
    assert trades == [("399", "30"), ("109", "45.5"), ("-254", "60")]


@pytest.mark.long
def test_the_sample_answers_and_loading_it_again_changes_nothing(app: App):
    first = portfolio_answers.sample(app, local_owner())["data"]
    again = portfolio_answers.sample(app, local_owner())["data"]

    assert again == first
    assert app.ledger.verify(first["ledger_commit_hash"])["valid"]
    answer = portfolio_answers.run(
        app, local_owner(), "portfolio_overview", portfolio="SAMPLE", inputs=[], security=None, out=None
    )
    assert answer["metadata"]["ledger_commit_hash"] == first["ledger_commit_hash"]
    assert answer["metadata"]["pricing_pack_id"] == "PP_2018-11-30_EOD_v1"
    valued = answer["result"]["valued"]
    total = sum(Decimal(one["value"]["amount"]) for one in valued["positions"])
    assert total + Decimal(valued["cash"]["amount"]) == Decimal(valued["nav"]["amount"])
