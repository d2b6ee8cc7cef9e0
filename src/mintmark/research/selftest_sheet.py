"""The sheet of a test of the gates: what they let through of noise, and of an edge by its size. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mintmark.domain import DASH
from mintmark.research.drawing import Drawing, Line, Shape, Words, box, level
from mintmark.research.plotting import Panel, below, frame, legend
from mintmark.research.report_charts import WIDTH
from mintmark.research.selftest import LEAST_POWER, MOST_FALSE
from mintmark.research.sheet_parts import Sheet, SheetPart, SheetTable

ANSWERS: Mapping[str, str] = {
    "training_gate": "training gate", "backtest_gate": "backtest gate", "promising": "verdict promising"
}  # fmt: skip
SELFTEST_HEADS = ("Cycles of", "Passed by", "Passed", "Of", "Rate", "95 % interval")

Rates = Sequence[Mapping[str, Any]]

_RIGHT = WIDTH - 12.0
_INKS = {"training_gate": "second", "backtest_gate": "ink", "promising": "accent"}


def selftest_sheet(told: Mapping[str, Any]) -> Sheet:
    """Return the sheet of a test of the gates. ``told``: its result."""
    rates, sizes = told["rates"], [float(size) for size in told["sizes"]]
    noise = [row for row in rates if row["of"] == "noise"]
    planted = [row for row in rates if row["of"] == "edge"]
    judged = {row["question"]: row for row in planted if row["size"] == sizes[0]}
    false = {row["question"]: row for row in noise}
    tiles = [
        _tile("Noise promising", false["promising"]),
        _tile(f"Edge of {sizes[0]:g} promising", judged["promising"]),
        _tile("Noise past the training gate", false["training_gate"]),
        _tile("Noise past the backtest gate", false["backtest_gate"]),
        (
            f"Noise at most {MOST_FALSE:.0%}, edge at least {LEAST_POWER:.0%}",
            "✓ sound" if told["sound"] else "✗ not sound",
        ),
    ]
    drawn = {"noise": noise_drawing(noise), "power": power_drawing(planted, sizes)}
    parts = [
        SheetPart("noise", "What passes of noise", [_NOISE], {"noise": drawn["noise"]}),
        SheetPart("power", "What passes of an edge, by its size", [_said(told)], {"power": drawn["power"]}),
        SheetPart("rates", "All rates", [_INTERVALS], tables=[_table(rates)]),
    ]
    where = f"{', '.join(told['symbols'])} {told['timeframe']} of {told['pack_id']}"
    lead = f"{told['cycles']:,} cycles of noise and {told['edges']:,} with each edge on {where}, permuted; "
    return Sheet("The gates, tested", f"{lead}random state {told['random_state']}.", tiles, parts, told["mark"])


_NOISE = (
    "Random strategies on the same moves in another order: distribution and drift stay, any pattern goes. What passes "
    "is luck. Both gates are asked whatever the other says; promising needs both, and the rubric."
)
_INTERVALS = (
    "Exact intervals (Clopper and Pearson). Each cycle counts its own nine tries only, the fewest a cycle can have: "
    "where more was tried, the deflated Sharpe ratio asks for more."
)


def selftest_rows(rates: Rates) -> list[list[str]]:
    """Return one row for each rate, under ``SELFTEST_HEADS``; a size is named where there is more than one."""
    several = len({row["size"] for row in rates if row["of"] == "edge"}) > 1
    return [
        [
            "noise" if row["of"] == "noise" else f"edge of {row['size']:g}" if several else "the edge",
            ANSWERS[row["question"]],
            f"{row['passed']:,}",
            f"{row['cycles']:,}",
            DASH if row["rate"] is None else f"{row['rate']:.1%}",
            DASH if row["rate"] is None else f"{row['low']:.1%} to {row['high']:.1%}",
        ]
        for row in rates
    ]


def _tile(label: str, row: Mapping[str, Any]) -> tuple[str, str]:
    return f"{label}, 95 %: {row['low']:.1%} to {row['high']:.1%}", f"{row['rate']:.1%}"


def noise_drawing(rows: Rates) -> Drawing:
    """Return what passes of noise: each rate with its interval, and what ``promising`` may reach."""
    high = max(MOST_FALSE, *(row["high"] for row in rows)) * 108.0
    panel = Panel(44.0, 30.0, _RIGHT, 200.0, 0.5, len(rows) + 0.5, 0.0, high)
    shapes: list[Shape] = frame(panel, "Share of noise cycles that pass, %", _number, 5)
    shapes += _limit(panel, MOST_FALSE, f"promising at most {MOST_FALSE:.0%}")
    for at, row in enumerate(rows, start=1):
        shapes += _point(panel, float(at), row, _INKS[row["question"]], said=True)
    shapes += below(panel, [(float(at), ANSWERS[row["question"]]) for at, row in enumerate(rows, start=1)])
    return Drawing("noise that passes", WIDTH, 228.0, tuple(shapes))


def power_drawing(rows: Rates, sizes: Sequence[float]) -> Drawing:
    """Return what passes of an edge by its size: each rate with its interval, and what ``promising`` must reach."""
    panel = Panel(44.0, 30.0, _RIGHT, 250.0, 0.0, max(sizes) * 1.15 or 1.0, 0.0, 108.0)
    title = "Share of edge cycles that pass, %"
    shapes: list[Shape] = [*frame(panel, title, _number, 5)]
    shapes += legend(panel, title, [(_INKS[name], said) for name, said in ANSWERS.items()])
    shapes += _limit(panel, LEAST_POWER, f"promising at least {LEAST_POWER:.0%}")
    gap = (panel.last - panel.first) * 0.012
    for shift, name in enumerate(_INKS, start=-1):
        found = sorted((row for row in rows if row["question"] == name), key=lambda row: float(row["size"]))
        places = np.array([row["size"] + shift * gap for row in found], dtype=np.float64)
        shapes.append(panel.line(places, np.array([100.0 * row["rate"] for row in found]), _INKS[name], 1.6))
        for place, row in zip(places.tolist(), found, strict=True):
            shapes += _point(panel, place, row, _INKS[name], said=name == "promising")
    shapes += below(panel, [(0.0, "0"), *((size, f"{size:g}") for size in sorted(sizes) if size > 0.0)])
    middle, said = (panel.left + panel.right) / 2.0, "size of the edge, deviations of a bar's move"
    shapes.append(Words(middle, panel.bottom + 38.0, said, anchor="middle"))
    return Drawing("power by size of the edge", WIDTH, 298.0, tuple(shapes))


def _point(panel: Panel, place: float, row: Mapping[str, Any], ink: str, *, said: bool) -> list[Shape]:
    across = float(panel.across(place))
    low, high, down = (float(panel.down(100.0 * row[name])) for name in ("low", "high", "rate"))
    ends = [level(across - 5.0, across + 5.0, at, ink, 1.4) for at in (low, high)]
    bar = Line(np.array([across, across]), np.array([low, high]), ink, 1.4)
    shapes: list[Shape] = [bar, *ends, box(across - 4.0, down - 4.0, across + 4.0, down + 4.0, ink)]
    return [*shapes, Words(across + 10.0, down + 4.0, f"{row['rate']:.1%}", "ink", 12.0)] if said else shapes


def _limit(panel: Panel, limit: float, said: str) -> list[Shape]:
    down = float(panel.down(100.0 * limit))
    line = Line(np.array([panel.left, panel.right]), np.array([down, down]), "muted", 1.2, dashed=True)
    return [line, Words(panel.left + 6.0, down - 5.0, said, "muted", 11.5)]


def _said(told: Mapping[str, Any]) -> str:
    known = "; ".join(f"{one['size']:g}: {one['sharpe_ratio']:.1f}" for one in told["planted"])
    return (
        f"The same paths with a drift added, up or down, that turns every {told['turning']} bars on average, and one "
        f"strategy that can read it. Yearly Sharpe ratio, before costs, of one who knows the drift of {known}. The "
        f"gates are judged by the edge of {told['sizes'][0]:g}."
    )


def _table(rates: Rates) -> SheetTable:
    return SheetTable(SELFTEST_HEADS, ("text", "text", "number", "number", "number", "number"), selftest_rows(rates))


def _number(value: float) -> str:
    return f"{value:g}"
