"""The section of the page Research that tests the gates."""

from __future__ import annotations

import re

import pytest
from browsing import Keep, OpenPage, in_state
from house_gates import gate_tests
from playwright.sync_api import expect

from mintmark.ui.client import ApiRefused
from mintmark.ui.parts import operation_path, type_name
from mintmark.ui.selftest import _said_of


def test_a_test_of_the_gates_has_a_name_of_its_own_and_leads_to_its_facts():
    (one,) = gate_tests().values()

    assert type_name(one["operation_type"]) == "Test of the gates"
    assert operation_path(one) == f"/operations/{one['operation_id']}"


@pytest.mark.parametrize(
    "details, code, field",
    [
        ({"problems": [{"path": "sizes.0", "message": "too large"}]}, "invalid_request", "sizes"),
        ({"field": "sizes"}, "bad_value", "sizes"),
        ({}, "no_pack", "symbols"),
        ({}, "store_unavailable", ""),
    ],
)
def test_a_refusal_is_said_at_the_field_it_is_about(details: dict, code: str, field: str):
    error = ApiRefused(422, {"error": code, "message": "no", "details": details, "request_id": "req-1"})

    assert list(_said_of(error)) == [field]


@pytest.mark.long
@pytest.mark.parametrize("width, theme", [(1440, "light"), (390, "dark")])
def test_the_rates_are_shown_and_another_test_is_started_and_cancelled(
    house: str, open_page: OpenPage, keep: Keep, width: int, theme: str
):
    page = open_page(f"{in_state(house, 'simulated')}/research", width=width, theme=theme)
    expect(page.locator("a.tile, div.tile", has_text="Noise promising").first).to_contain_text("0.0%")
    expect(page.locator("figure svg text", has_text="92.0%")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    keep(page, f"gates_{width}_{theme}")

    page.get_by_role("button", name="Test the gates").click()
    page.get_by_label("Edge sizes, judged by the first").fill("0.8, 0.8")
    start = page.get_by_role("button", name="Start the test")
    start.click()
    wrong = page.locator("label.field", has=page.locator(".q-field--error"))
    expect(wrong).to_contain_text(re.compile("Edge sizes.*each size once", re.DOTALL))
    page.get_by_label("Edge sizes, judged by the first").fill("0.8, 0.4")
    start.click()

    expect(page.get_by_text("Cycle 31/250")).to_be_visible()
    page.locator("section", has_text="The gates, tested").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled on its page")).to_be_visible()
