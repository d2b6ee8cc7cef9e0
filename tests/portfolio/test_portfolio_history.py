"""A portfolio as arrays: its parts add to its return, whatever happened, and gaps are left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from portfolio_house import HandClock

from mintmark.app import App, local_owner, open_app
from mintmark.domain import Refused
from mintmark.ledger import Draft
from mintmark.measures import EFFECTS, day_effects, require_reconciled
from mintmark.portfolio import NewPortfolio
from mintmark.portfolio.capabilities.financial_analyst_attribution import linked_of
from mintmark.portfolio.history import History, open_history

END = date(2018, 12, 28)


def draft(kind: Any, day: str, **meta: Any) -> Draft:
    return Draft("LIFE", kind, date.fromisoformat(day), meta)


LIFE = (
    draft("deposit", "2016-11-01", amount="50000", currency="USD", fx="0.91"),
    draft("trade", "2016-11-07", symbol="AAPL", units="100", price="110", currency="USD", fx="0.90", fee="4.50"),
    draft("trade", "2016-11-08", symbol="IBM", units="50", price="155", currency="USD", fx="0.90", fee="4.50"),
    draft("conversion", "2016-11-09", sold="10000", sold_currency="USD", bought="9000", bought_currency="EUR"),
    draft(
        "dividend_accrued", "2016-11-08", symbol="IBM", amount="70", currency="USD", pay_date="2016-12-13", fx="0.90"
    ),
    draft("dividend_paid", "2016-12-13", symbol="IBM", amount="70", tax="10.5", currency="USD", pay_fx="0.94"),
    draft("fee", "2017-01-15", amount="25", currency="EUR"),
    draft("trade", "2017-03-01", symbol="AAPL", units="-40", price="138", currency="USD", fx="0.945", fee="4.50"),
    draft("withdrawal", "2017-05-06", amount="2000", currency="EUR"),
    draft("interest", "2017-06-30", amount="3.21", currency="EUR"),
)


@pytest.fixture(scope="module")
def house(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = open_app(home=tmp_path_factory.mktemp("life") / "home", clock=HandClock(datetime(2025, 1, 2, tzinfo=UTC)))
    for symbol, folder, kind in (
        ("AAPL", "equities", "equity"),
        ("IBM", "equities", "equity"),
        ("EURUSD", "bars", "fx"),
    ):
        path = shared_data / folder / f"{symbol}_1d.parquet"
        options = {"symbol": symbol, "timeframe": "1d", "asset_class": kind, "source": "file:lean", "timezone": "UTC"}
        app.data.import_file(path, **options)
    app.portfolio.create(local_owner(), NewPortfolio("LIFE", "EUR"))
    app.ledger.post(LIFE)
    app.data.build(END, "EOD")
    yield app
    app.close()


@pytest.fixture(scope="module")
def history(house: App) -> History:
    pack = house.data.opened("PP_2018-12-28_EOD_v1").valuation()
    return open_history(pack, house.ledger.view(), "LIFE", "EUR", END)


def test_the_parts_of_every_day_add_to_the_return_measured_from_the_values(history: History):
    opened = history.opened
    base = opened.sum(axis=1) + history.inflows
    given = {"income": history.income, "trading": history.trading, "costs": history.costs}

    effects = day_effects(base, opened, history.local, history.fx, **given)

    require_reconciled(effects, history.returns, tolerance=1e-12)
    assert len(history.days) > 500


def test_the_parts_of_all_days_add_to_the_linked_return(history: History):
    linked = linked_of(history, 0)

    assert linked.sum() == pytest.approx(np.prod(1 + history.returns) - 1, abs=1e-12)
    assert (linked[EFFECTS.index("income")].sum() > 0) & (linked[EFFECTS.index("costs")].sum() < 0)
    assert linked[EFFECTS.index("trading")].sum() != 0


def test_the_last_value_is_that_of_the_valuation(house: App, history: History):
    pack, view = house.data.opened("PP_2018-12-28_EOD_v1").valuation(), house.ledger.view()

    worth = sum(
        pack.convert(one.units * pack.close(one.symbol).amount, "USD", "EUR") for one in view.positions("LIFE", END)
    )
    cash = sum(pack.convert(amount, currency, "EUR") for currency, amount in view.cash("LIFE", END).items())

    assert history.values[-1] == pytest.approx(float(worth + cash), rel=1e-12)


def test_days_without_a_rate_are_left_out_and_what_happened_on_them_counts_on_the_next(house: App, history: History):
    # The real EURUSD series lacks 2016-12-12 to 15 and 2018-12-26; the dividend of the 13th counts on the 16th.
    assert [day.isoformat() for day in history.left_out] == [
        "2016-12-12", "2016-12-13", "2016-12-14", "2016-12-15", "2018-12-26",
    ]  # fmt: skip
    assert not np.isnan(history.returns).any()
    row = history.days.index(date(2016, 12, 16))
    # The EURUSD close of 2016-12-16.
    close = house.data.opened("PP_2018-12-28_EOD_v1").valuation().close_array("EURUSD", [date(2016, 12, 16)])[0]
    assert history.costs[row].sum() == pytest.approx(10.5 / close)


def test_flows_are_valued_at_the_close_of_their_day_and_change_no_return(history: History):
    paid, drawn = history.days.index(date(2016, 11, 1)), history.days.index(date(2017, 5, 8))

    assert history.inflows[paid] == pytest.approx(history.values[0])
    assert history.returns[paid] == 0.0
    assert history.outflows[drawn] == 2000.0


def test_a_portfolio_without_an_entry_has_no_history(house: App):
    house.portfolio.create(local_owner(), NewPortfolio("EMPTY", "EUR"))
    pack = house.data.opened("PP_2018-12-28_EOD_v1").valuation()

    with pytest.raises(Refused) as raised:
        open_history(pack, house.ledger.view(), "EMPTY", "EUR", END)

    assert raised.value.code == "history_empty"
