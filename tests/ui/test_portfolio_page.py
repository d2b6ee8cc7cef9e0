"""The page Portfolio: one question a screen, every figure open to its mark, every null with its reason."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from browsing import Keep, OpenPage, in_state
from house_answers import CHAIN, GROWTH, HEAD, PACK, SECURITY, answer, money, overview
from playwright.sync_api import Page, expect

from mintmark.ui.answermark import row_keys, value_at
from mintmark.ui.answers import Piece, piece_card
from mintmark.ui.portfolio_overview import holdings
from mintmark.ui.traced import Reasons


def asked(house: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{house}/api/v1/asked").json()
    return found


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize(
    "width, theme",
    [
        (1440, "dark"),
        (390, "light"),
        pytest.param(1440, "light", marks=pytest.mark.long),
        pytest.param(390, "dark", marks=pytest.mark.long),
    ],
)
def test_the_first_screen_is_one_question_with_all_it_stands_on(
    loaded: str, open_page: OpenPage, keep: Keep, width: int, theme: str
):
    page = open_page(f"{loaded}/portfolio", width=width, theme=theme)

    expect(page.locator(".tile.wide")).to_contain_text("50,253.49 EUR")
    expect(page.locator("[aria-label^='Growth'] svg path[stroke='var(--accent)']").first).to_be_visible()
    expect(page.locator(".stood")).to_contain_text(PACK)
    expect(page.locator(".stood")).to_contain_text(HEAD[:12])
    expect(page.locator(".stood")).to_contain_text("as of 2014-06-09")
    expect(page.locator(".banner")).to_contain_text("This day was restated")
    shown = page.locator(".page").inner_text()
    for said in ("+1.97%", "+1.60%", "+0.36%", "96.02%", "+8,253.49 EUR", "import fundamentals", "Source: FRED"):
        assert said in shown
    assert overflow(page) <= 0
    keep(page, f"portfolio_{width}_{theme}")
    assert asked(loaded) == [{"pattern_id": "portfolio_overview", "inputs": {}, "portfolio_id": GROWTH}]


def test_a_figure_opens_the_step_that_made_it(loaded: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{loaded}/portfolio")
    drawer = page.locator("[data-drawer='mark']")

    page.locator("[data-path='perf_strip.twr.1d.twr']").first.click()

    expect(drawer).to_be_visible(timeout=500)
    expect(drawer.locator("li.here")).to_contain_text("metrics.compute")
    expect(drawer.locator("li.here")).to_contain_text("financial_analyst")
    for said in ("+1.97%", PACK, "4b" * 32, HEAD, "portfolio_overview", "fred, ledger", f"--ledger {HEAD}"):
        expect(drawer).to_contain_text(said)
    page.wait_for_timeout(300)
    keep(page, "portfolio_mark")
    page.locator("[data-path='perf_strip.sharpe_ratio']").first.click()
    expect(drawer).to_contain_text("rf missing")
    drawer.get_by_role("link", name=HEAD).click()
    expect(page).to_have_url(f"{loaded}/ledger/at/{HEAD}")


def test_a_warming_pack_says_what_it_waits_for_and_is_shown_only_when_asked_for(
    house: str, open_page: OpenPage, keep: Keep
):
    page = open_page(f"{in_state(house, 'warming')}/portfolio", width=390, theme="light")
    expect(page.locator(".banner")).to_contain_text("about 1 minute left")
    expect(page.locator(".banner")).to_contain_text("It waits for EURUSD.")
    expect(page.locator(".tile.wide")).to_have_count(0)
    keep(page, "portfolio_warming")

    page.get_by_role("button", name="Show the last fresh pack").click()
    expect(page.locator(".tile.wide")).to_be_visible()

    assert [one.get("pack_id") for one in asked(house)] == [None, "PP_2014-06-06_EOD_v1"]
    assert all("require_fresh" not in one for one in asked(house))


@pytest.mark.long
def test_a_viewer_is_told_which_role_the_question_asks_for(house: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{in_state(house, 'forbidden')}/portfolio")

    expect(page.locator(".lost")).to_contain_text("asks for the role trader")
    expect(page.locator(".lost")).to_contain_text("req-no")
    keep(page, "portfolio_forbidden")


@pytest.mark.long
def test_without_a_portfolio_the_page_opens_the_first_one(house: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{in_state(house, 'empty')}/portfolio")
    expect(page.locator("code", has_text="mintmark portfolio create")).to_be_visible()
    keep(page, "portfolio_empty")
    page.get_by_role("button", name="Open the first one").click()
    page.get_by_label("Code", exact=True).fill("growth")
    page.get_by_label("Base currency", exact=True).fill("xx")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text("expected a currency, found 'XX'")).to_be_visible()
    in_state(house, "loaded")

    page.get_by_label("Base currency", exact=True).fill("eur")
    page.get_by_role("button", name="Open it").click()

    expect(page).to_have_url(f"{house}/portfolio/GROWTH")
    expect(page.locator(".tile.wide")).to_be_visible()


@pytest.mark.long
def test_another_screen_is_drawn_from_its_pattern_and_asks_what_only_a_person_knows(
    loaded: str, open_page: OpenPage, keep: Keep
):
    page = open_page(f"{loaded}/portfolio/GROWTH/portfolio_macro_overview")
    expect(page.get_by_role("heading", name="Regime")).to_be_visible()
    expect(page.locator("[data-path='regime_card.slots.unemployment.z']")).to_have_attribute("title", "no value")
    expect(page.locator("[data-path='dar_widget.dar']")).to_have_attribute("title", "history too short")
    keep(page, "portfolio_macro")

    page.get_by_role("link", name="Tax").click()
    expect(page.get_by_text("Give the tax year above, then ask.")).to_be_visible()
    page.get_by_label("Tax year").fill("2014")
    page.get_by_role("button", name="Ask").click()

    expect(page.locator(".stood")).to_be_visible()
    assert [one["inputs"] for one in asked(loaded)] == [{}, {"tax_year": 2014}]


@pytest.mark.long
def test_a_file_is_of_the_answer_that_is_shown_and_a_forbidden_one_names_its_source(
    loaded: str, open_page: OpenPage, keep: Keep
):
    page = open_page(f"{loaded}/portfolio")
    expect(page.locator(".tile.wide")).to_be_visible()
    expect(page.get_by_role("button", name="XLSX")).to_have_count(0)

    page.get_by_role("button", name="CSV").click()
    expect(page.get_by_role("link", name="Download the CSV")).to_have_attribute("href", "/api/v1/x")
    page.get_by_role("button", name="PDF").click()
    expect(page.get_by_text("Forbidden by newsapi.")).to_be_visible()

    keep(page, "portfolio_export_forbidden")
    pinned = [(one["format"], one["pack_id"], one["ledger_commit_hash"]) for one in asked(loaded)[1:]]
    assert pinned == [("csv", PACK, HEAD), ("pdf", PACK, HEAD)]


def test_a_reason_holds_for_the_null_below_it_and_for_each_row_of_a_list():
    reasons = Reasons({"valued.positions.weight": "nav_not_positive", "rating_badges": "fundamentals_missing"})

    assert reasons.of("valued.positions.AAPL.weight") == "nav not positive"
    assert reasons.of("rating_badges.overall.AAPL") == "fundamentals missing"
    assert reasons.of("valued.nav") == "no value"


def test_a_row_is_found_by_the_path_its_figures_carry():
    rows = [{"symbol": "AAPL", "a": 1}, {"symbol": "IBM", "a": 2}, {"symbol": "IBM", "a": 3}, {"symbol": None, "a": 4}]

    assert row_keys(rows) == ["AAPL", "1", "2", "3"]
    assert [value_at({"rows": rows}, f"rows.{key}.a") for key in row_keys(rows)] == [1, 2, 3, 4]


def test_a_holding_leads_to_its_own_screen_where_there_is_one():
    given = answer(overview(), CHAIN)

    assert f'href="/portfolio/GROWTH/holding_deep_dive/{SECURITY}"' in holdings(
        given, "/portfolio/GROWTH/holding_deep_dive"
    )
    assert "href" not in holdings(given)


def test_what_a_step_refused_stands_where_its_figures_would_be():
    given = answer(overview(), CHAIN)
    given["refusals"][0] |= {"observed": 0, "limit": 1}

    drawn = piece_card(given, Piece("Ratings", "rating_badges"))

    assert "import fundamentals" in drawn
    assert "observed 0, limit 1" in drawn


def test_rows_of_a_name_and_a_value_are_bars_that_open_their_marks():
    bars = [{"name": "AAPL", "value": money("-200")}, {"name": "DEEP_CONTRACTION", "value": money("50")}]
    given = answer({"charts": {"deltas": bars}}, CHAIN)

    drawn = piece_card(given, Piece("Bars", "charts"))

    assert 'class="fall" style="left:0.00%;width:80.00%"' in drawn
    assert 'class="gain" style="left:80.00%;width:20.00%"' in drawn
    assert "−200.00 EUR" in drawn
    assert 'data-path="charts.deltas.AAPL.value"' in drawn
    assert "Deep contraction" in drawn


def test_a_table_says_what_a_row_is_before_how_much():
    rows = [{"change": money("-5"), "fraction": -0.2889, "symbol": "AAPL"}]

    drawn = piece_card(answer({"deltas": rows}, CHAIN), Piece("Rows", "deltas"))

    assert [drawn.index(name) for name in ("Symbol", "Change", "Fraction")] == sorted(
        drawn.index(name) for name in ("Symbol", "Change", "Fraction")
    )
    assert "−28.89%" in drawn
