"""Drawings: places on a sheet, ticks a person would choose, the same shapes as SVG and as PNG."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest

from mintmark.research.drawing import PAPER, Drawing, Line, Patch, Words, box, png, svg
from mintmark.research.plotting import Panel, spread_of, ticks, time_ticks
from mintmark.research.report_style import STYLE

DAY = 86_400 * 10**9


def a_line(*down: float) -> Line:
    return Line(np.arange(len(down), dtype=np.float64), np.array(down), "accent")


def drawn(*shapes: Line | Patch | Words) -> str:
    return svg(Drawing("one", 100.0, 50.0, shapes))


def test_a_missing_point_interrupts_the_line():
    html = drawn(a_line(1.0, 2.0, np.nan, 4.0, 5.0))

    assert 'd="M0.0 1.0L1.0 2.0M3.0 4.0L4.0 5.0"' in html


def test_words_in_a_drawing_cannot_become_markup():
    html = drawn(Words(1.0, 2.0, "<b>&"))

    assert "&lt;b&gt;&amp;" in html


def test_every_ink_is_a_colour_of_the_page_in_both_themes():
    inks = set(PAPER)

    for theme in STYLE.split("@media (prefers-color-scheme: dark)", 1):
        assert inks <= set(re.findall(r"--([a-z]+):", theme))


def test_the_picture_has_each_shape_where_the_drawing_has_it():
    from matplotlib.image import imread

    picture = imread(io.BytesIO(png(Drawing("one", 100.0, 50.0, (box(50.0, 0.0, 100.0, 25.0, "accent"),)))))

    height, width = picture.shape[:2]
    blue = np.array([0x2A, 0x5B, 0xD0]) / 255.0
    assert picture[height // 4, 3 * width // 4, :3] == pytest.approx(blue, abs=0.01)
    assert picture[3 * height // 4, 3 * width // 4, :3] == pytest.approx(np.ones(3))
    assert picture[height // 4, width // 4, :3] == pytest.approx(np.ones(3))


def test_a_panel_puts_the_highest_value_at_its_top():
    panel = Panel(10.0, 20.0, 110.0, 70.0, 0.0, 4.0, -1.0, 1.0)

    assert panel.across(np.array([0.0, 1.0, 4.0])).tolist() == [10.0, 35.0, 110.0]
    assert panel.down(np.array([1.0, 0.0, -1.0])).tolist() == [20.0, 45.0, 70.0]


@pytest.mark.parametrize("low, high", [(0.0, 1.0), (99.3, 101.2), (-3.0, 250_000.0), (1.1e-5, 9.9e-5)])
def test_ticks_are_round_few_and_inside(low: float, high: float):
    found = ticks(low, high)

    assert 2 <= len(found) <= 7
    assert low - 1e-9 <= min(found) <= max(found) <= high + 1e-9


@pytest.mark.parametrize(
    "days, said",
    [
        (1, ["01-01 00:00", "01-01 03:00"]),
        (6, ["1970-01-01", "1970-01-02"]),
        (300, ["1970-01", "1970-04"]),
        (20 * 366, ["1970", "1975"]),
    ],
)
def test_a_calendar_marks_hours_days_months_or_years(days: int, said: list[str]):
    marked = time_ticks(0, days * DAY)

    assert [words for _, words in marked][:2] == said
    assert len(marked) <= 10


def test_equal_values_still_have_a_spread():
    low, high = spread_of(np.full(3, 100.0))

    assert low < 100.0 < high
