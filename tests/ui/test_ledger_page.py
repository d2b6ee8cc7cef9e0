"""The page Ledger: entries with search, the chain around one, verify, an import that marks bad rows."""

from __future__ import annotations

import pytest
from browsing import Keep, OpenPage, in_state
from house_ledger import COUNT, LONG
from playwright.sync_api import Page, expect

from mintmark.ui.ledger_verify import verdict_part

GOOD = "date,type,symbol,quantity,price\n2014-05-30,buy,IBM,10,12.55\n2014-06-02,buy,IBM,10,12.60\n"
BAD = GOOD + "2014-06-03,buy,IBM,10,-1,\n"
LAST = f"00000000-0000-4000-8000-{COUNT:012x}"


def choose(page: Page, text: str) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "history.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )


@pytest.mark.parametrize(
    "width, theme",
    [(390, "dark"), pytest.param(1440, "light", marks=pytest.mark.long)],
)
def test_each_part_of_the_ledger_fits_this_width(loaded: str, open_page: OpenPage, keep: Keep, width: int, theme: str):
    page = open_page(f"{loaded}/ledger", width=width, theme=theme)
    for name, expected in (
        ("Lots", "14,934.5"), ("Balances", "85,065.5"), ("Verify", "Verify the ledger"), ("Import", "Drop a CSV here"),
        ("Entries", "1 to 50 of 120"),
    ):  # fmt: skip
        page.locator(".tabs").get_by_role("link", name=name).click()
        expect(page.get_by_text(expected).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name
        keep(page, f"ledger_{name.lower()}_{width}_{theme}")


def test_entries_are_searched_turned_and_opened_to_their_neighbours(loaded: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{loaded}/ledger")
    expect(page.get_by_text("1 to 50 of 120")).to_be_visible()
    page.get_by_role("button", name="Older").click()
    expect(page.get_by_text("51 to 100 of 120")).to_be_visible()
    page.get_by_role("button", name="Newer").click()
    expect(page.get_by_text("1 to 50 of 120")).to_be_visible()
    page.get_by_label("Search entries").fill("no. 77")
    expect(page.get_by_text("1 to 1 of 1")).to_be_visible()

    page.locator("a.row").click()

    expect(page.locator(".block.here")).to_contain_text(f"{77:064x}")
    expect(page.locator(".block").first).to_contain_text(f"{76:064x}")
    expect(page.locator("table", has_text="Assets:Portfolio:GROWTH:IBM")).to_contain_text(
        "125.5 EUR, acquired 2014-05-30"
    )
    keep(page, "ledger_entry")


@pytest.mark.long
def test_the_head_of_an_answer_leads_to_its_entry(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/ledger/at/{COUNT:064x}")

    expect(page.get_by_text("This is the head of the ledger.")).to_be_visible()
    expect(page.get_by_text(LAST)).to_be_visible()


@pytest.mark.long
def test_a_hash_that_none_of_ones_entries_has_is_said_to_be_unknown(loaded: str, open_page: OpenPage):
    page = open_page(f"{loaded}/ledger/at/{'ee' * 32}")

    expect(page.get_by_role("heading", name="No entry of yours")).to_be_visible()


def test_verify_says_that_the_chain_is_whole_and_that_a_hash_is_not_in_it(loaded: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{loaded}/ledger/verify")
    page.get_by_role("button", name="Verify the ledger").click()
    expect(page.get_by_text("The chain is whole")).to_be_visible()

    page.get_by_label("Expected hash").fill("ee" * 32)
    page.get_by_role("button", name="Verify the ledger").click()

    expect(page.get_by_text("is not in this chain")).to_be_visible()
    keep(page, "ledger_verified")


def test_a_long_verify_shows_percentage_rate_and_time_left_and_is_cancelled(
    loaded: str, open_page: OpenPage, keep: Keep
):
    page = open_page(f"{loaded}/ledger/verify")
    page.get_by_label("Expected hash").fill(LONG)
    page.get_by_role("button", name="Verify the ledger").click()
    expect(page.get_by_text("41.7%, 50,000 of 120,000 entries, 25,000 a second, about 2.8 s left")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "42")
    keep(page, "ledger_verifying")

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("stopped at entry 50,000 of 120,000")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()


def test_a_broken_chain_is_shown_with_its_place():
    bad = {"sequence": 4, "field": "postings[1].units", "expected": "-10", "found": "-11"}
    report = {"entries": 9, "head": "ab" * 32, "anchors": 1, "expected": None, "first_bad": bad}

    drawn = verdict_part(report)

    assert "✗ The chain is broken at entry 4" in drawn
    assert "postings[1].units" in drawn


def test_a_dry_run_marks_the_bad_row_and_a_good_file_is_booked(loaded: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{loaded}/ledger/import")
    choose(page, BAD)
    row = page.locator(".bad tbody tr")
    expect(row).to_contain_text("expected a number above zero, found '-1'")
    expect(row.locator("td").nth(1)).to_have_text("4")
    expect(row.locator("td").nth(2)).to_have_text("price")
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_hidden()
    keep(page, "ledger_import_refused")

    page.get_by_role("button", name="Choose another file").click()
    choose(page, GOOD)
    expect(page.get_by_text("Nothing is stored yet.")).to_be_visible()
    keep(page, "ledger_import_dry")
    page.get_by_role("button", name="Import", exact=True).click()

    expect(page.get_by_text("2 entries booked from 2 rows")).to_be_visible()


@pytest.mark.long
def test_an_empty_ledger_gives_the_command_and_the_button_that_fill_it(house: str, open_page: OpenPage, keep: Keep):
    page = open_page(f"{in_state(house, 'empty')}/ledger")

    expect(page.locator("code", has_text="mintmark ledger import")).to_be_visible()
    expect(page.get_by_role("link", name="Import a history")).to_be_visible()
    keep(page, "ledger_empty")


@pytest.mark.long
def test_a_failed_ledger_page_heals_by_itself(house: str, open_page: OpenPage):
    page = open_page(f"{in_state(house, 'loaded')}/ledger/balances")
    expect(page.get_by_text("85,065.5")).to_be_visible()
    in_state(house, "broken")

    expect(page.locator(".lost", has_text="req-7f3a")).to_be_visible()
    in_state(house, "loaded")

    expect(page.locator(".lost")).to_be_hidden()
