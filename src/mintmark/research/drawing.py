"""A drawing as a list of shapes: SVG that follows the reader's theme, PNG for elsewhere.

Places are pixels from the upper left corner. An ink is the name of a colour of the page (``report_style``).
matplotlib is imported inside the function that needs it; the bytes depend on the shapes alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]

PAPER = {
    "paper": "#ffffff",
    "ink": "#1b2430",
    "muted": "#66707c",
    "grid": "#e3e7ec",
    "accent": "#2a5bd0",
    "gain": "#0b7a4b",
    "loss": "#c2413b",
    "second": "#8a93a0",
}
"""The inks on white paper: what a PNG is drawn with."""

_DASHES = (4.0, 3.0)
_PNG_DPI = 110
_PNG_OPTIONS = {"compress_level": 4}
# The font of a PNG is wider than that of a page.
_TEXT_SCALE = 0.9


@dataclass(frozen=True)
class Line:
    """A line through the points; a NaN interrupts it."""

    across: FloatArray
    down: FloatArray
    ink: str
    width: float = 1.5
    dashed: bool = False


@dataclass(frozen=True)
class Patch:
    """A filled outline; a NaN ends one piece and begins the next."""

    across: FloatArray
    down: FloatArray
    ink: str
    opacity: float = 1.0


@dataclass(frozen=True)
class Words:
    """A line of text whose ``anchor`` (start, middle, end) stands at ``across`` on the base line ``down``."""

    across: float
    down: float
    said: str
    ink: str = "muted"
    size: float = 11.5
    anchor: str = "start"


Shape = Line | Patch | Words


@dataclass(frozen=True)
class Drawing:
    """Shapes on a sheet of ``width`` x ``height``, later ones over earlier ones."""

    name: str
    width: float
    height: float
    shapes: tuple[Shape, ...]


def box(left: float, top: float, right: float, bottom: float, ink: str, opacity: float = 1.0) -> Patch:
    """Return a filled rectangle."""
    across = np.array([left, right, right, left], dtype=np.float64)
    return Patch(across, np.array([top, top, bottom, bottom], dtype=np.float64), ink, opacity)


def level(left: float, right: float, down: float, ink: str, width: float = 0.8) -> Line:
    """Return a horizontal line."""
    return Line(np.array([left, right]), np.array([down, down]), ink, width)


def svg(drawing: Drawing) -> str:
    """Return the drawing as inline SVG, its inks as CSS variables, its width the page's."""
    inside = "".join(_svg_shape(shape) for shape in drawing.shapes)
    return (
        f'<svg role="img" aria-label="{escape(drawing.name)}" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {drawing.width:g} {drawing.height:g}">{inside}</svg>'
    )


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, Words):
        return (
            f'<text x="{shape.across:.1f}" y="{shape.down:.1f}" fill="var(--{shape.ink})" font-size="{shape.size:g}" '
            f'text-anchor="{shape.anchor}">{escape(shape.said)}</text>'
        )
    if isinstance(shape, Patch):
        opacity = "" if shape.opacity == 1.0 else f' fill-opacity="{shape.opacity:.3g}"'
        return f'<path d="{_path(shape.across, shape.down, "Z")}" fill="var(--{shape.ink})"{opacity}/>'
    dashed = f' stroke-dasharray="{_DASHES[0]:g} {_DASHES[1]:g}"' if shape.dashed else ""
    return (
        f'<path d="{_path(shape.across, shape.down, "")}" fill="none" stroke="var(--{shape.ink})" '
        f'stroke-width="{shape.width:g}" stroke-linejoin="round"{dashed}/>'
    )


def _path(across: FloatArray, down: FloatArray, end: str) -> str:
    pieces = []
    for points in _pieces(across, down):
        pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points.tolist()) + end)
    return "".join(pieces)


def _pieces(across: FloatArray, down: FloatArray) -> Iterable[FloatArray]:
    """Give the runs of points between NaNs, each (n_points, 2)."""
    points: FloatArray = np.column_stack([across, down])
    known = ~np.isnan(points).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [points[start:stop] for start, stop in edges.reshape(-1, 2)]


def png(drawing: Drawing) -> bytes:
    """Return the drawing as PNG on white paper."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(drawing.width / 72.0, drawing.height / 72.0), facecolor=PAPER["paper"])
    FigureCanvasAgg(figure)
    for shape in drawing.shapes:
        _add(figure, shape, drawing)
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=_PNG_DPI, metadata={"Software": None}, pil_kwargs=_PNG_OPTIONS)
    return target.getvalue()


def _add(figure: Figure, shape: Shape, drawing: Drawing) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path
    from matplotlib.text import Text

    ink, place = PAPER[shape.ink], figure.transFigure
    if isinstance(shape, Words):
        ends = {"start": "left", "middle": "center", "end": "right"}
        x, y = shape.across / drawing.width, 1.0 - shape.down / drawing.height
        said, size = shape.said.replace("$", r"\$"), shape.size * _TEXT_SCALE
        figure.add_artist(Text(x, y, said, color=ink, fontsize=size, ha=ends[shape.anchor], transform=place))
        return
    across, down = shape.across / drawing.width, 1.0 - shape.down / drawing.height
    if isinstance(shape, Line):
        dashes: Any = (0.0, _DASHES) if shape.dashed else "-"
        figure.add_artist(Line2D(across, down, color=ink, linewidth=shape.width, linestyle=dashes, transform=place))
        return
    pieces = [Path(np.vstack([piece, piece[:1]]), closed=True) for piece in _pieces(across, down)]
    if pieces:
        outline = Path.make_compound_path(*pieces)
        figure.add_artist(PathPatch(outline, facecolor=ink, edgecolor="none", alpha=shape.opacity, transform=place))
