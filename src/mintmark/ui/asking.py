"""What a pattern may be told: one field for each of its inputs, and the question they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from mintmark.domain import answer_label

Body = Mapping[str, Any]
_GIVEN_BESIDE = ("portfolio_id",)
_LISTS = ("array", "object")


class Asked:
    """The fields of one pattern. ``portfolio_id`` is given by the page.

    ``choices`` offers (value, label) pairs for inputs a person cannot know by heart, such as ids.
    """

    def __init__(self, pattern: Body, choices: Mapping[str, Mapping[str, str]], given: Mapping[str, str]) -> None:
        self._inputs = {name: one for name, one in pattern["inputs"].items() if name not in _GIVEN_BESIDE}
        self._fields = {
            name: _field(name, one, choices.get(name), given.get(name)) for name, one in self._inputs.items()
        }

    @property
    def missing(self) -> list[str]:
        """The required inputs that hold nothing."""
        return [name for name, one in self._inputs.items() if one["required"] and _blank(self._fields[name].value)]

    def values(self) -> dict[str, Any]:
        """Return what differs from the defaults, each as its type; what cannot be read goes as it is, to be refused."""
        given = {name: field.value for name, field in self._fields.items() if not _blank(field.value)}
        read = {name: _read(self._inputs[name]["type"], value) for name, value in given.items()}
        return {name: value for name, value in read.items() if not _same(value, self._inputs[name]["default"])}


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _same(value: Any, default: Any) -> bool:
    return bool(value == default) or (isinstance(value, str) and default is not None and value == str(default))


def _field(name: str, declared: Body, choices: Mapping[str, str] | None, given: str | None) -> Any:
    label, default = answer_label(name), declared["default"] if given is None else given
    if choices is not None:
        made: Any = ui.select(dict(choices), value=given, label=label)
    elif declared["enum"]:
        options = {one: answer_label(str(one)) for one in declared["enum"]}
        made = ui.select(options, value=default, label=label, clearable=not declared["required"])
    elif declared["type"] == "boolean":
        return ui.checkbox(label, value=bool(default)).props("dense")
    else:
        text = "" if default is None else json.dumps(default) if declared["type"] in _LISTS else str(default)
        made = ui.input(label, value=text).props(_LOOKS.get(declared["type"], ""))
    if declared.get("description"):
        made.tooltip(declared["description"])
    return made.props(f'outlined dense stack-label aria-label="{label}"')


_LOOKS = {"integer": 'inputmode="numeric"', "number": 'inputmode="decimal"', "date": 'type="date"'}


def _read(type_: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        if type_ == "integer":
            return int(value)
        if type_ in _LISTS:
            return json.loads(value)
    except ValueError:
        pass
    return value.strip()
