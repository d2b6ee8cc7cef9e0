"""The page of every formula: made from what each says of itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import mintmark.measures as front

_SOURCE = re.compile(r"^Source:\n((?:    .+\n?)+)", re.MULTILINE)
_UNDEFINED = re.compile(r"Undefined: (.+?)(?=\n\S|\n {4}\w+:|\Z)", re.DOTALL)
_KERNELS = {"compile_kernels", "compiled", "inlined", "unmanaged", "rank"}


def formula_rows() -> Iterator[tuple[str, str, str, str]]:
    """Give name, what it returns, why it may have no value, and source of each formula, by name."""
    for name in front.__all__:
        formula: Callable[..., Any] = getattr(front, name)
        if name in _KERNELS or name.startswith(("fill_", "put_", "measure_")) or not inspect.isfunction(formula):
            continue
        said = inspect.getdoc(formula) or ""
        undefined, source = _UNDEFINED.search(said), _SOURCE.search(said)
        yield (
            name,
            said.split("\n\n")[0],
            _line(undefined.group(1)) if undefined else "",
            _line(source.group(1)) if source else "",
        )


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
