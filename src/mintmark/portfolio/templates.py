"""Templates in the arguments of a step: ``{{state.valued.positions}}``, ``"as of {{ctx.asof_date}}"``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from mintmark.domain import iso, plain_decimal
from mintmark.portfolio.comparing import kind_of
from mintmark.portfolio.paths import PatternFault, Ref, look_up, read_ref

MAX_DEPTH = 20
_OPEN, _CLOSE = "{{", "}}"


def read_template(text: str) -> list[str | Ref]:
    """Return the parts of ``text``: plain text and paths, in order; ``{{{{`` is a plain ``{{``.

    Raises:
        PatternFault: a path that is none, or braces that never close.

    >>> read_template("{{inputs.a}}/{{{{")
    [Ref(root='inputs', steps=('a',), optional=False), '/{{']
    """
    parts: list[str | Ref] = []
    rest = text
    while rest:
        before, opened, rest = rest.partition(_OPEN)
        if before:
            _append(parts, before)
        if not opened:
            break
        if rest.startswith(_OPEN):
            _append(parts, _OPEN)
            rest = rest.removeprefix(_OPEN)
            continue
        inner, closed, rest = rest.partition(_CLOSE)
        if not closed:
            raise PatternFault(f"expected {_CLOSE} after {_OPEN}{inner[:60]}", path=inner[:60])
        parts.append(read_ref(inner.strip()))
    return parts


def resolve(value: Any, roots: Mapping[str, Any], depth: int = 0) -> Any:
    """Return ``value`` with every template in it replaced, through objects and lists.

    A text that is one path alone gives the value with its type; a path inside a text becomes text. What was
    resolved is never resolved again.

    Raises:
        PatternFault: a path leads nowhere; null, an object or a list stands inside a text; nesting over 20.
    """
    if depth > MAX_DEPTH:
        raise PatternFault(f"expected at most {MAX_DEPTH} levels of nesting, found more")
    if isinstance(value, str):
        return _resolved(value, roots)
    if isinstance(value, Mapping):
        return {key: resolve(found, roots, depth + 1) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(found, roots, depth + 1) for found in value]
    return value


def references(value: Any, path: str = "") -> Iterator[tuple[str, Ref]]:
    """Yield each path below ``value`` with the JSON path of the text it stands in; raises as ``read_template``."""
    if isinstance(value, str):
        yield from ((path, part) for part in read_template(value) if isinstance(part, Ref))
    elif isinstance(value, Mapping):
        for key, found in value.items():
            yield from references(found, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, found in enumerate(value):
            yield from references(found, f"{path}[{index}]")


def is_template(value: Any) -> bool:
    """Return whether ``value`` is a text with a path in it; raises as ``read_template``."""
    return isinstance(value, str) and any(isinstance(part, Ref) for part in read_template(value))


def as_text(value: Any, where: Ref) -> str:
    """Return ``value`` as it reads inside a text.

    Raises:
        PatternFault: null, an object or a list, or anything else without a plain form.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Decimal) and value.is_finite():
        return plain_decimal(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise PatternFault(f"expected a text or number at {where}, found {kind_of(value)}", path=str(where))


def _resolved(text: str, roots: Mapping[str, Any]) -> Any:
    parts = read_template(text)
    if len(parts) == 1 and isinstance(parts[0], Ref):
        return look_up(parts[0], roots)
    return "".join(part if isinstance(part, str) else as_text(look_up(part, roots), part) for part in parts)


def _append(parts: list[str | Ref], text: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    else:
        parts.append(text)
