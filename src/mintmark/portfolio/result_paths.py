"""Whether a path leads somewhere in the result of a capability, by its declared shape."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel


def leads_somewhere(shape: Any, steps: Sequence[str]) -> bool:
    """Return whether a value of type ``shape`` may hold something at ``steps``.

    Keys of objects with free keys and indexes of lists are taken to be there.
    """
    if not steps or shape is Any:
        return True
    head, *rest = steps
    return any(leads_somewhere(inner, rest) for inner in _below(shape, head))


def _below(shape: Any, step: str) -> list[Any]:
    origin, inner = get_origin(shape), get_args(shape)
    if origin is Annotated:
        return _below(inner[0], step)
    if origin in (Union, types.UnionType):
        return [found for one in inner for found in _below(one, step)]
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        field = shape.model_fields.get(step)
        return [] if field is None else [field.annotation]
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        hints = get_type_hints(shape)
        return [hints[step]] if step in hints else []
    bare = origin or shape
    if isinstance(bare, type) and issubclass(bare, Mapping):
        return [inner[1] if inner else Any]
    if bare in (list, tuple) and step.isdecimal():
        return [inner[0] if inner else Any]
    return []
