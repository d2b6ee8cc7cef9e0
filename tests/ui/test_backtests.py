"""The page Backtests: what was simulated by hand, its sheets, and the form that starts more."""

from __future__ import annotations

import re

import pytest
from browsing import Keep, OpenPage, in_state
from house_simulations import a_sheet, simulations
from playwright.sync_api import Page, expect

from mintmark.domain import Html
from mintmark.ui import backtests
from mintmark.ui.parts import operation_path, type_name
from mintmark.ui.sheets import parts_of, tiles_of

SWEEP, MONTECARLO, BACKTEST, RUNNING, VALIDATED = simulations()


@pytest.fixture
def simulated(house: str) -> str:
    return in_state(house, "simulated")


@pytest.mark.parametrize("kind", ["backtesting", "sweeping", "montecarlo", "walkforward", "crossvalidation"])
def test_each_kind_of_simulation_has_a_name_of_its_own_and_leads_to_its_sheet(kind: str):
    one = {"operation_type": kind, "operation_id": "op_1", "parent_operation_id": None}

    assert type_name(kind) not in (kind, kind.capitalize())
    assert operation_path(one) == "/backtests/op_1"
    assert operation_path({**one, "parent_operation_id": "op_0"}) == "/operations/op_1"


def test_a_row_shows_the_best_of_a_sweep_the_real_run_of_a_monte_carlo_test_and_the_median_path():
    known = simulations()

    assert backtests.figures_of(known[SWEEP])["sharpe_ratio"] == 0.9
    assert backtests.figures_of(known[MONTECARLO])["total_trades"] == 100
    assert backtests.figures_of(known[BACKTEST])["sharpe_ratio"] == 1.24
    assert backtests.figures_of(known[VALIDATED]) == {
        "sharpe_ratio": 0.57, "total_return": 0.3, "max_drawdown": 0.2, "total_trades": None
    }  # fmt: skip
    assert backtests.figures_of(known[RUNNING]) == dict.fromkeys(backtests.figures_of(known[SWEEP]))


def test_a_name_says_what_was_set_where_no_grid_did_that():
    one = simulations()[SWEEP]
    set_of_it = {"strategy_name": "sma_cross", "values": {"fast": 5, "slow": 60}}
    backtest = {**one, "metadata": {"symbols": ["NASDAQ"], "parameters": set_of_it}}
    swept = {**one, "metadata": {"symbols": ["NASDAQ"], "parameters": {**set_of_it, "grid": "fast=5:30,slow=60"}}}

    assert backtests.name_of(backtest) == "sma_cross fast=5 slow=60 on NASDAQ"
    assert backtests.name_of(swept) == "sma_cross on NASDAQ"
    assert backtests.told_of(simulations()[VALIDATED]) == "1d, fast=5:25:5,slow=40:70:10"


def test_a_sheet_is_shown_as_it_was_stored_with_its_words_escaped():
    sheet = a_sheet("backtesting")
    sheet["tiles"].append({"label": "<b>", "value": "– (no trades)"})

    assert '<span class="id">max_drawdown</span>' in parts_of(sheet)
    assert parts_of(sheet, without=["metrics"]) == ""
    assert parts_of(sheet, only=["notes"]) == ""
    shown = tiles_of(sheet)
    assert '<b><span class="quiet">– (no trades)</span></b><span>&lt;b&gt;</span>' in shown
    assert isinstance(shown, Html)


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.long
@pytest.mark.parametrize("width, theme", [(1440, "dark"), (390, "light")])
def test_list_and_sheets_fit_their_width_in_both_themes(
    simulated: str, open_page: OpenPage, keep: Keep, width: int, theme: str
):
    page = open_page(f"{simulated}/backtests", width=width, theme=theme)

    expect(page.get_by_text("Running now")).to_be_visible()
    expect(page.locator("a.row")).to_have_count(4)
    assert overflow(page) <= 0
    keep(page, f"backtests_{width}_{theme}")
    for name, identity, said in (
        ("sweep", SWEEP, "one of 12 tries"),
        ("montecarlo", MONTECARLO, "Equity that chance draws"),
        ("backtest", BACKTEST, "max(1 − equity / peak)"),
        ("crossvalidation", VALIDATED, "All 9 paths"),
        ("running_sweep", RUNNING, "Combination 42/100"),
    ):
        page.goto(f"{simulated}/backtests/{identity}")
        expect(page.locator(".page").get_by_text(said).first).to_be_visible()
        assert overflow(page) <= 0, name
        keep(page, f"{name}_{width}_{theme}")


@pytest.mark.long
def test_a_head_sorts_the_table_and_the_map_takes_another_metric(simulated: str, open_page: OpenPage):
    page = open_page(f"{simulated}/backtests/{SWEEP}")
    first = page.locator("section.card", has_text="All 12 combinations").locator("tbody tr").first
    expect(first).to_contain_text("+0.90")

    page.get_by_role("button", name="Maximum drawdown").click()
    expect(first).to_contain_text("21.00%")
    page.get_by_role("button", name="Maximum drawdown").click()
    expect(first).to_contain_text("10.00%")

    page.get_by_label("Metric").click()
    page.get_by_role("option", name="Total return").click()
    expect(page.get_by_text("Best: +40.00% at fast 5, slow 40, one of 12 tries.")).to_be_visible()
    expect(page.locator("figure svg text", has_text="best of 12 tries")).to_be_visible()
    # The table of all holds the best of the sheet.
    expect(page.get_by_text("The best, by Sharpe ratio")).to_have_count(0)


@pytest.mark.long
def test_the_form_says_at_its_field_what_is_wrong_and_then_starts(simulated: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{simulated}/backtests")
    expect(page.locator("a.row")).to_have_count(4)
    page.get_by_role("button", name="New backtest").click()
    page.get_by_label("What", exact=True).click()
    page.get_by_role("option", name="Sweep").click()
    start = page.get_by_role("button", name="Start", exact=True)
    wrong = page.locator("label.field", has=page.locator(".q-field--error"))

    page.get_by_label("Grid", exact=True).fill("fast")
    start.click()
    expect(wrong).to_contain_text(re.compile("Grid.*expected name=values", re.DOTALL))
    page.get_by_label("Grid", exact=True).fill("fast=5:30,slow=40:80")
    page.get_by_label("Capital, USD", exact=True).fill("lots")
    start.click()
    expect(wrong).to_contain_text(re.compile("Capital.*an amount of at least 1", re.DOTALL))
    keep(page, "backtests_refused")
    page.get_by_label("Capital, USD", exact=True).fill("5000")
    page.get_by_label("Share of volume", exact=True).fill("half")
    start.click()
    expect(wrong).to_contain_text(re.compile("Share of volume.*at most 1, such as 0.1", re.DOTALL))
    page.get_by_label("Share of volume", exact=True).fill("0.1")
    start.click()
    expect(wrong).to_contain_text("no symbol of its own")
    page.get_by_label("Symbol", exact=True).click()
    page.get_by_role("option", name="NASDAQ").click()
    start.click()

    expect(page).to_have_url(re.compile("/backtests/op_sweeping_20260301_109900_99999999"))
    expect(page.get_by_text("fast=5:30,slow=40:80")).to_be_visible()


@pytest.mark.long
def test_an_empty_page_offers_the_form_and_the_command(house: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{in_state(house, 'empty')}/backtests")

    expect(page.locator("code", has_text="mintmark sweep sma_cross")).to_be_visible()
    keep(page, "empty_backtests")
    page.get_by_role("button", name="Start the first one").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()


@pytest.mark.long
def test_a_failure_says_what_happened_and_heals(house: str, open_page: OpenPage):
    page = open_page(f"{in_state(house, 'broken')}/backtests")
    expect(page.locator(".lost", has_text="the database does not answer")).to_be_visible()

    in_state(house, "simulated")

    expect(page.locator("a.row")).to_have_count(4)
