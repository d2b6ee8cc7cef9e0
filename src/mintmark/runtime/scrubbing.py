"""What a report of a fault may say: nothing of a person, an account, a key or an amount."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"
_SECRET = re.compile(r"user|email|name|account|token|key|amount|quantity|secret|password|authorization|cookie", re.I)
_KEY_TEXT = re.compile(r"mm[kt]_[A-Za-z0-9_-]{8,}")
_DROPPED = ("request", "user", "extra", "breadcrumbs", "modules", "server_name")
_KEPT_NAMES = {"filename", "module_name", "logger_name"}
_DEPTH = 12


def scrubbed(event: Mapping[str, Any], _hint: object = None) -> dict[str, Any]:
    """Return ``event`` without bodies, headers, inputs and local variables, and what is secret redacted.

    >>> scrubbed({"tags": {"user_id": "7", "pattern": "p"}, "request": {"data": 1}})
    {'tags': {'user_id': '[redacted]', 'pattern': 'p'}}
    """
    kept = {name: value for name, value in event.items() if name not in _DROPPED}
    for exception in _listed(kept, "exception"):
        exception["value"] = _plain(str(exception.get("value", "")))
        for frame in (exception.get("stacktrace") or {}).get("frames", ()):
            for name in ("vars", "pre_context", "context_line", "post_context"):
                frame.pop(name, None)
    found: dict[str, Any] = _clean(kept, 0)
    return found


def _listed(event: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    values = (event.get(name) or {}).get("values")
    return [one for one in values or () if isinstance(one, dict)]


def _clean(value: Any, depth: int) -> Any:
    if depth > _DEPTH:
        return REDACTED
    if isinstance(value, Mapping):
        return {key: REDACTED if _secret(str(key)) else _clean(found, depth + 1) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(found, depth + 1) for found in value]
    return _KEY_TEXT.sub(REDACTED, value) if isinstance(value, str) else value


def _secret(key: str) -> bool:
    return key.lower() not in _KEPT_NAMES and _SECRET.search(key) is not None


def _plain(text: str) -> str:
    """Return the text of an exception without figures and quoted values."""
    return re.sub(r"\d+", "#", re.sub(r"'[^']*'|\"[^\"]*\"", REDACTED, text))[:300]
