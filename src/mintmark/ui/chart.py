"""A chart that is made when there is something to draw and redrawn when that changes."""

from __future__ import annotations

from typing import Any

from nicegui import ui


class Chart:
    """One ECharts drawing as SVG, named for screen readers."""

    def __init__(self, name: str, kind: str = "chart") -> None:
        self._name = name
        self._kind = kind
        self._shown: dict[str, Any] | None = None
        self._chart: ui.echart | None = None
        self._place = ui.element("div")

    def show(self, options: dict[str, Any] | None) -> None:
        """Draw ``options``; None takes the chart away."""
        if options == self._shown:
            return
        self._shown = options
        if options is None:
            self._place.clear()
            self._chart = None
        elif self._chart is None:
            with self._place:
                self._chart = ui.echart(dict(options), renderer="svg").classes(self._kind)
                self._chart.props(f'role="img" aria-label="{self._name}"')
        else:
            self._chart.options.clear()
            self._chart.options.update(options)
            self._chart.update()
