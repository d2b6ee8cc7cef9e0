"""What a person sees and does on the pages, in a real browser."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from browsing import Keep, OpenPage, in_state
from playwright.sync_api import Page, expect

DONE = "op_agent_research_20260301_101100_11111111"
REFUSED = "op_agent_research_20260301_102200_22222222"
RUNNING = "op_agent_research_20260301_103300_33333333"
TRAINING = "op_training_20260301_103300_33333333"
MEGABYTE = 1024 * 1024

PAGES = {
    "overview": ("/", "Last verdicts"),
    "research": ("/research", "Past cycles"),
    "cycle": (f"/research/{DONE}", "Evidence against luck"),
    "running cycle": (f"/research/{RUNNING}", "Training has not ended."),
    "refused cycle": (f"/research/{REFUSED}", "There is no backtest"),
    "data": ("/data", "Gaps on a line of time"),
    "operations": ("/operations", "Workers"),
    "operation": (f"/operations/{TRAINING}", "Events"),
}


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def go(page: Page, path: str) -> None:
    """Follow a link to ``path``, as a click on one would."""
    page.evaluate(
        "path => { const a = document.createElement('a'); a.href = path; document.body.append(a); a.click() }", path
    )


def text_of(page: Page) -> str:
    return page.locator(".page").inner_text()


@pytest.mark.parametrize(
    "width, theme",
    [
        (1440, "dark"),
        (390, "light"),
        pytest.param(1440, "light", marks=pytest.mark.long),
        pytest.param(390, "dark", marks=pytest.mark.long),
    ],
)
def test_each_page_shows_its_answer_at_this_width_and_theme(
    loaded: str, open_page: OpenPage, keep: Keep, width: int, theme: str
):
    page = open_page(loaded, width=width, theme=theme)
    expect(page.get_by_text("Last verdicts")).to_be_visible()

    for name, (path, expected) in PAGES.items():
        go(page, path)
        expect(page.locator(".page").get_by_text(expected).first).to_be_visible()
        page.wait_for_timeout(300)
        assert overflow(page) <= 0, name
        keep(page, f"{name.replace(' ', '_')}_{width}_{theme}")
    expect(page.locator("body.body--dark")).to_have_count(1 if theme == "dark" else 0)


def test_a_cycle_tells_its_story_from_top_to_bottom(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/research/{DONE}")
    expect(page.get_by_text("Evidence against luck")).to_be_visible()

    said = text_of(page)

    order = [
        "starting_1",
        "Capped by dsr",
        "grammar: 1",
        "Training gate:",
        "Backtest gate:",
        "Evidence against luck",
        "Verdict",
    ]
    places = [said.index(word) for word in order]
    assert places == sorted(places)
    for figure in ("+1.24", "11.80%", "51.61%", "0.710", "61.23%", "141,200.00 USD", "≥ 45.00%", "grammar: 1"):
        assert figure in said
    assert page.locator("svg path[stroke='var(--accent)'], svg path[stroke='var(--loss)']").count() >= 2


def test_a_refused_gate_is_shown_with_what_it_saw(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/research/{REFUSED}")

    expect(page.get_by_text("Training gate: ✗ refused")).to_be_visible()
    row = page.locator("tr", has_text="Accuracy, test part").filter(has_text="refused")
    expect(row).to_contain_text("40.00%")
    expect(row).to_contain_text("≥ 45.00%")
    expect(page.get_by_text("There is no backtest: the training gate refused before it.")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_hidden()


def test_learning_curves_grow_while_training_runs(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/research/{RUNNING}")
    curve = page.locator("[aria-label='Loss over the rounds'] svg path[stroke='var(--accent)']").last
    expect(curve).to_be_visible()
    before = curve.get_attribute("d")

    page.wait_for_timeout(2_500)

    assert curve.get_attribute("d") != before


def test_cancel_on_a_cycle_stops_it_and_offers_to_resume(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/research/{RUNNING}")

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("Cancelled: cancelled on its page.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Resumed from phase training, round 50")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()


def test_cancel_in_the_list_moves_the_cycle_to_the_past(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/research")
    expect(page.get_by_text("Training model (round 80/200)").first).to_be_visible()

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("0 of 3 cycles running")).to_be_visible()
    expect(page.locator("table", has_text="trend_rsi_0007")).to_contain_text("cancelled on the research page")


def test_the_form_starts_a_cycle(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/research")
    expect(page.get_by_text("1 of 3 cycles running")).to_be_visible()

    page.get_by_role("button", name="New cycle").click()
    page.get_by_label("Brief", exact=True).fill("trend on NASDAQ")
    page.get_by_role("button", name="Start the cycle").click()

    expect(page.get_by_role("link", name="trend on NASDAQ")).to_be_visible()
    expect(page.locator("[data-drawer='trigger']")).not_to_be_visible()


def test_a_refused_form_says_why_with_its_request_id(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/research")
    page.get_by_role("button", name="New cycle").click()
    page.get_by_label("Brief", exact=True).fill("trend")
    page.get_by_label("or a saved strategy", exact=True).fill("starting_1")

    page.get_by_role("button", name="Start the cycle").click()

    expect(page.get_by_text("brief and strategy exclude each other")).to_be_visible()
    expect(page.get_by_text("Code conflicting_fields, request req-1c.")).to_be_visible()


@pytest.mark.parametrize(
    "path, command",
    [
        ("/", "mintmark data sample"),
        ("/research", "mintmark agent trigger"),
        ("/data", "mintmark data sample"),
        ("/operations", "mintmark worker"),
    ],
)
def test_an_empty_page_gives_the_command_that_fills_it(
    house: str, open_page: OpenPage, keep: Keep, path: str, command: str
):
    in_state(house, "empty")

    page = open_page(house + path)

    expect(page.locator("code", has_text=command).first).to_be_visible()
    keep(page, f"empty_{path.strip('/') or 'overview'}")


def test_an_empty_research_page_offers_the_first_cycle(house: str, open_page: OpenPage):
    in_state(house, "empty")
    page = open_page(f"{house}/research")

    page.get_by_role("button", name="Start the first cycle").click()

    expect(page.get_by_role("button", name="Start the cycle")).to_be_visible()


@pytest.mark.parametrize(
    "name",
    ["overview", "cycle", *(pytest.param(name, marks=pytest.mark.long) for name in ("research", "data", "operations"))],
)
def test_a_failure_says_what_happened_and_heals_by_itself(house: str, open_page: OpenPage, keep: Keep, name: str):
    path, expected = PAGES[name]
    in_state(house, "broken")
    page = open_page(house + path)
    expect(page.locator(".lost", has_text="the database does not answer")).to_be_visible()
    expect(page.locator(".lost", has_text="req-7f3a")).to_be_visible()
    expect(page.locator(".state")).to_contain_text("the API does not answer")
    keep(page, f"broken_{name}")

    in_state(house, "loaded")

    expect(page.locator(".lost")).to_be_hidden()
    expect(page.locator(".page").get_by_text(expected).first).to_be_visible()


def test_an_unknown_operation_is_said_to_be_unknown(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/operations/op_training_20260301_101500_00000000")

    expect(page.get_by_text("there is no operation op_training_20260301_101500_00000000")).to_be_visible()
    expect(page.get_by_text("req-404")).to_be_visible()


def test_a_path_without_a_page_says_so(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/nowhere")

    expect(page.get_by_role("heading", name="No such page")).to_be_visible()
    expect(page.locator(".page code")).to_have_text("/nowhere")


def test_keys_lead_through_the_pages_without_loading_them_again(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/")
    expect(page.get_by_text("Last verdicts")).to_be_visible()
    page.evaluate("window.stayed = true")

    for key, title in (("r", "Research"), ("d", "Data"), ("p", "Operations"), ("o", "Overview")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator(".rail a.here")).to_contain_text(title)

    assert page.evaluate("window.stayed")


def test_slash_searches_and_enter_opens_the_first_hit(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/")
    expect(page.get_by_text("Last verdicts")).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("starting_1")
    expect(page.locator(".found a").first).to_contain_text("starting_1")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{loaded}/research/{DONE}")


def test_question_mark_shows_the_keys(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/")
    expect(page.get_by_text("Last verdicts")).to_be_visible()

    page.keyboard.press("?")

    expect(page.locator("dialog.help")).to_be_visible()
    expect(page.locator("dialog.help")).to_contain_text("g r")


def test_arrows_move_in_a_table(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/operations")
    rows = page.locator("a.row")
    expect(rows.nth(1)).to_be_visible()
    rows.first.focus()

    page.keyboard.press("ArrowDown")

    assert page.evaluate("document.activeElement.textContent") == rows.nth(1).inner_text()


def test_the_mark_opens_at_once_and_closes_with_escape(loaded: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{loaded}/research/{DONE}")
    expect(page.get_by_text("Evidence against luck")).to_be_visible()

    page.get_by_role("button", name="Mark").click()

    drawer = page.locator("[data-drawer='mark']")
    expect(drawer).to_be_visible(timeout=500)
    expect(drawer).to_contain_text("4be1" * 16)
    expect(drawer).to_contain_text("arch sample data")
    page.wait_for_timeout(300)
    keep(page, "mark")
    page.keyboard.press("Escape")
    expect(drawer).not_to_be_visible()


def test_the_theme_is_kept_for_the_next_visit(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/")
    expect(page.get_by_text("Last verdicts")).to_be_visible()

    page.get_by_role("button", name="Light or dark").click()

    expect(page.locator("body.body--dark")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Last verdicts")).to_be_visible()
    expect(page.locator("body.body--dark")).to_have_count(0)


def test_operations_are_filtered_by_status(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/operations")
    expect(page.get_by_text("1 to 11 of 11")).to_be_visible()

    page.get_by_label("Status").click()
    page.get_by_role("option", name="failed").click()

    expect(page.get_by_text("1 to 1 of 1")).to_be_visible()
    expect(page.locator(".page tbody tr").first).to_contain_text(REFUSED)


def test_a_shorter_range_draws_candles_and_a_long_one_says_how_many_bars_stand_for_all(
    loaded: str, open_page: OpenPage
):
    page = open_page(f"{loaded}/data")
    expect(page.get_by_text("367 bars", exact=True)).to_be_visible()

    page.get_by_role("button", name="All").click()

    expect(page.get_by_text("of 7,302 bars drawn")).to_be_visible()


def test_the_first_visit_stays_under_two_megabytes(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/research/{DONE}")
    expect(page.locator("[aria-label^='Equity'] svg")).to_be_visible()

    sizes: list[Any] = page.evaluate("performance.getEntriesByType('resource').map(one => one.encodedBodySize)")

    assert len(sizes) > 5
    assert sum(sizes) < 2 * MEGABYTE


def test_paths_of_the_api_are_never_answered_by_a_page(house: str):
    unknown = httpx.get(f"{house}/api/v1/nothing")
    wrong_method = httpx.delete(f"{house}/api/v1/packs")

    assert unknown.status_code == 404
    assert unknown.headers["content-type"] == "application/json"
    assert wrong_method.status_code == 405
