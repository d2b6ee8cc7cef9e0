"""Terms, wash sales and harvesting by hand, and the law that no loss is lost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.portfolio.harvesting import OpenLot, rank_opportunities
from mintmark.portfolio.tax import Portion, Purchase, Sale, is_long_term, totals, view_sales

MARCH = date(2021, 3, 1)


def bought(lot, day, units=100, symbol="ACME"):
    return Purchase(symbol, lot, MARCH + timedelta(day), Decimal(units))


def sold(lot, acquired, day, units=100, proceeds=800, basis=1_000, symbol="ACME"):
    return Sale(
        symbol, lot, MARCH + timedelta(acquired), MARCH + timedelta(day), Decimal(units), Decimal(proceeds),
        Decimal(basis),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("since", "day", "long"),
    [("2020-03-02", "2021-03-02", False), ("2020-03-02", "2021-03-03", True), ("2020-02-29", "2021-02-28", False),
     ("2020-02-29", "2021-03-01", True), ("2019-02-28", "2020-02-29", True)],
)  # fmt: skip
def test_long_term_begins_after_the_first_anniversary(since, day, long):
    assert is_long_term(date.fromisoformat(since), date.fromisoformat(day)) is long


def test_a_loss_with_shares_bought_again_moves_to_their_basis():
    view = view_sales(
        [sold("old", -400, 0), sold("again", 10, 40, proceeds=1_300, basis=850)],
        [bought("old", -400), bought("again", 10)],
    )

    first, second = view.lines
    assert (first.gain, first.disallowed, first.allowed_gain, first.long_term) == (-200, 200, 0, True)
    assert [(one.lot, one.units, one.disallowed) for one in first.replacements] == [("again", 100, 200)]
    assert (second.basis, second.allowed_gain) == (1_050, 250)
    # Held 30 days itself and 400 days before that.
    assert (second.since, second.long_term) == (MARCH + timedelta(10 - 400), True)
    assert view.portions == {}


@pytest.mark.parametrize(("day", "washed"), [(-31, False), (-30, True), (30, True), (31, False)])
def test_the_window_is_thirty_days_to_each_side(day, washed):
    (line,) = view_sales([sold("old", -400, 0)], [bought("old", -400), bought("new", day)]).lines

    assert (line.disallowed > 0) is washed


def test_only_matched_shares_lose_their_loss_and_the_rest_of_the_lot_waits():
    view = view_sales([sold("old", -50, 0)], [bought("old", -50), bought("new", 5, units=30)])

    (line,) = view.lines
    assert (line.disallowed, line.allowed_gain) == (60, -140)
    assert view.portions == {"new": (Portion(Decimal(30), Decimal(60), MARCH + timedelta(5 - 50)),)}


def test_each_replacement_serves_once_the_oldest_first():
    sales = [sold("a", -200, 0), sold("b", -190, 1)]
    purchases = [bought("a", -200), bought("b", -190), bought("late", 9, 50), bought("early", 3, 80)]

    first, second = view_sales(sales, purchases).lines

    assert [(one.lot, one.units) for one in first.replacements] == [("early", 80), ("late", 20)]
    assert [(one.lot, one.units) for one in second.replacements] == [("late", 30)]
    assert (first.disallowed, second.disallowed) == (200, 60)


def test_shares_sold_on_the_same_day_replace_nothing():
    view = view_sales([sold("old", -50, 0), sold("recent", -5, 0)], [bought("old", -50), bought("recent", -5)])

    assert [line.disallowed for line in view.lines] == [0, 0]


def test_the_rest_of_the_lot_sold_and_other_instruments_replace_nothing():
    view = view_sales(
        [sold("old", -5, 0, units=50, proceeds=400, basis=500)],
        [bought("old", -5), bought("other", 1, symbol="OTHER")],
    )

    assert view.lines[0].disallowed == 0


def test_a_gain_is_never_washed_and_a_cover_is_short_term():
    gain, cover = view_sales(
        [sold("old", -500, 0, proceeds=1_500), sold("short", -500, 1, units=-10, proceeds=-50, basis=-40)],
        [bought("old", -500), bought("new", 2)],
    ).lines

    assert (gain.disallowed, gain.allowed_gain, gain.long_term) == (0, 500, True)
    assert (cover.allowed_gain, cover.long_term, cover.disallowed) == (-10, False, 0)


def test_a_sale_of_a_lot_that_partly_replaced_others_has_two_lines():
    view = view_sales(
        [sold("old", -400, 0, units=40, proceeds=200, basis=400), sold("new", 5, 45, proceeds=900, basis=1_000)],
        [bought("old", -400, 40), bought("new", 5)],
    )

    _, tacked, plain = view.lines
    assert (tacked.units, tacked.basis, tacked.proceeds, tacked.long_term) == (40, 600, 360, True)
    assert (plain.units, plain.basis, plain.proceeds, plain.long_term) == (60, 600, 540, False)


def test_totals_go_by_term_and_sign():
    view = view_sales(
        [sold("a", -10, 0), sold("b", -500, 0, proceeds=1_100), sold("c", -500, 1, proceeds=950)],
        [bought("a", -10), bought("b", -500), bought("c", -500), bought("n", 4, 50)],
    )

    found = totals(view.lines)

    # "a" is disallowed by half.
    assert (found.short_gains, found.short_losses, found.long_gains, found.long_losses, found.disallowed) == (
        0, -100, 100, -50, 100,
    )  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.integers(1, 60), st.integers(1, 40), st.integers(1, 3_000)),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_no_loss_is_lost_it_waits_in_a_basis_or_has_been_used(lots):
    purchases = [bought(f"L{place}", day, units) for place, (day, _, units, _) in enumerate(lots)]
    sales = [
        sold(f"L{place}", day, day + wait, units, proceeds, 1_000)
        for place, (day, wait, units, proceeds) in enumerate(lots)
    ]

    view = view_sales(sales, purchases)

    waiting = sum(portion.basis_added for portions in view.portions.values() for portion in portions)
    told = sum(line.allowed_gain for line in view.lines)
    assert told - waiting == sum(sale.proceeds - sale.basis for sale in sales)
    assert sum(line.units for line in view.lines) == sum(sale.units for sale in sales)
    assert all(0 <= line.disallowed <= max(0, -line.gain) for line in view.lines)
    by_lot = {}
    for line in view.lines:
        for one in line.replacements:
            by_lot[one.lot] = by_lot.get(one.lot, 0) + one.units
    assert all(units <= {p.lot: p.units for p in purchases}[lot] for lot, units in by_lot.items())


def harvest(lots, purchases=(), sales=(), min_loss=100):
    return rank_opportunities(
        lots, purchases, sales, MARCH, min_loss=Decimal(min_loss), short_rate=Decimal("0.35"), long_rate=Decimal("0.15")
    )


def open_lot(lot, acquired, value, basis=1_000, units=100, symbol="ACME"):
    return OpenLot(symbol, lot, MARCH + timedelta(acquired), Decimal(units), Decimal(basis), Decimal(value))


def test_losses_are_ranked_by_what_they_save():
    lots = [
        open_lot("long", -400, 300), open_lot("short", -100, 500, symbol="B"), open_lot("small", -90, 901, symbol="C"),
        open_lot("gain", -90, 2_000, symbol="D"),
    ]  # fmt: skip

    found = harvest(lots)

    assert [(one.lot.lot, one.allowed_loss, one.benefit) for one in found] == [("short", 500, 175), ("long", 700, 105)]
    assert found[0].buy_again == date(2021, 4, 1)
    assert [one.lot.lot for one in harvest(lots, min_loss=99)] == ["short", "long", "small"]


def test_a_recent_purchase_takes_its_part_of_the_loss():
    lots = [open_lot("old", -100, 500), open_lot("new", -10, 400, basis=420, units=60)]

    found = harvest(lots, [bought("old", -100), bought("new", -10, 60)])

    assert [(one.lot.lot, one.loss, one.disallowed, one.allowed_loss) for one in found] == [("old", 500, 300, 200)]


def test_a_loss_taken_over_from_an_earlier_sale_counts():
    sale = sold("old", -400, -20, units=100, proceeds=800, basis=1_000)

    (found,) = harvest([open_lot("new", -15, 900)], [bought("old", -400), bought("new", -15)], [sale])

    assert (found.loss, found.benefit) == (300, 45)
    assert found.lines[0].long_term
