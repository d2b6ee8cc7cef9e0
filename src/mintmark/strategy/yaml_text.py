"""Strategy files as text: read strictly, write always the same bytes."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import yaml

from mintmark.domain import Refused

MAX_BYTES = 64 * 1024
_MAX_DEPTH = 16

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS = (
    (re.compile(r"(?:null|~|)\Z"), lambda _: None),
    (re.compile(r"true\Z"), lambda _: True),
    (re.compile(r"false\Z"), lambda _: False),
    (re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\Z"), int),
    (re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z"), float),
)


def read_yaml(text: str | bytes) -> dict[str, Any]:
    """Return the mapping written in ``text``: words, numbers, true, false, null, lists and mappings.

    Dates stay text; ``yes``, ``no`` and ``on`` are words; ``1e-4`` is a number.

    Raises:
        Refused: ``strategy_unreadable`` with line and column (from 1): no YAML, no mapping, over 64 KiB, more than
            one document, a tag, an anchor, an alias, a key twice or one that is no word.
    """
    source = _decoded(text)
    try:
        loader = _Loader(source)
        try:
            return _document(loader)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        _refuse(error.problem or "no YAML", error.problem_mark)
    except yaml.YAMLError as error:
        _refuse(str(error).splitlines()[0], None)


def _decoded(text: str | bytes) -> str:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        _refuse(f"expected at most {MAX_BYTES} bytes, found {len(raw)}", None)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise _unreadable("expected UTF-8", line, column) from error


def _document(loader: Any) -> dict[str, Any]:
    loader.get_event()
    if loader.check_event(yaml.StreamEndEvent):
        _refuse("expected a mapping, found nothing", loader.peek_event().start_mark)
    start = loader.get_event().start_mark
    value = _node(loader, 0)
    if not isinstance(value, dict):
        _refuse(f"expected a mapping, found {type(value).__name__}", start)
    loader.get_event()
    if not loader.check_event(yaml.StreamEndEvent):
        _refuse("expected one document, found another", loader.peek_event().start_mark)
    return value


def _node(loader: Any, depth: int) -> Any:
    event = loader.get_event()
    if isinstance(event, yaml.AliasEvent):
        _refuse(f"aliases are not allowed, found *{event.anchor}", event.start_mark)
    if event.anchor is not None:
        _refuse(f"anchors are not allowed, found &{event.anchor}", event.start_mark)
    if event.tag is not None:
        _refuse(f"tags are not allowed, found {event.tag}", event.start_mark)
    if depth > _MAX_DEPTH:
        _refuse(f"expected at most {_MAX_DEPTH} levels", event.start_mark)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(loader, depth)
    return _mapping(loader, depth)


def _scalar(event: Any) -> Any:
    if event.style:
        return event.value
    return next((make(event.value) for pattern, make in _SCALARS if pattern.match(event.value)), event.value)


def _sequence(loader: Any, depth: int) -> list[Any]:
    values = []
    while not loader.check_event(yaml.SequenceEndEvent):
        values.append(_node(loader, depth + 1))
    loader.get_event()
    return values


def _mapping(loader: Any, depth: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    while not loader.check_event(yaml.MappingEndEvent):
        mark = loader.peek_event().start_mark
        if not loader.check_event(yaml.ScalarEvent):
            _node(loader, depth + 1)
            _refuse("expected a word as key", mark)
        event = loader.peek_event()
        _node(loader, depth + 1)
        if event.value in values:
            _refuse(f"expected each key once, found {event.value} twice", mark)
        values[event.value] = _node(loader, depth + 1)
    loader.get_event()
    return values


def _refuse(problem: str, mark: Any) -> NoReturn:
    line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
    raise _unreadable(problem, line, column)


def _unreadable(problem: str, line: int, column: int) -> Refused:
    message = f"line {line}, column {column}: {problem}"
    return Refused(message, code="strategy_unreadable", line=line, column=column)


def write_yaml(value: Any) -> str:
    """Return ``value`` (JSON values) as block YAML: keys in given order, unclear text quoted."""
    return "".join(line + "\n" for line in _lines(value))


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [line for key, entry in value.items() for line in _entry(f"{_text(key)}:", entry)]
    return [line for entry in value for line in _item(entry)]


def _entry(head: str, value: Any) -> list[str]:
    if isinstance(value, dict | list) and value and not _flat(value):
        return [head, *("  " + line for line in _lines(value))]
    return [f"{head} {_inline(value)}"]


def _item(value: Any) -> list[str]:
    if isinstance(value, dict) and value and not _flat(value):
        first, *rest = _lines(value)
        return [f"- {first}", *("  " + line for line in rest)]
    return [f"- {_inline(value)}"]


def _flat(value: Any) -> bool:
    """Return whether ``value`` fits one line: a list of scalars."""
    return isinstance(value, list) and not any(isinstance(entry, dict | list) for entry in value)


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_inline(entry) for entry in value) + "]"
    if isinstance(value, dict):
        return "{}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./^+-]*(?: [A-Za-z0-9_./^+-]+)*\Z|\d{4}-\d{2}-\d{2}\Z|\d+[mhdw]\Z")


def _text(value: str) -> str:
    reserved = value.lower() in {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
    if _PLAIN.match(value) and not reserved:
        return value
    return '"' + "".join(_escaped(letter) for letter in value) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    return f"\\U{ord(letter):08x}"
