"""How a broker's CSV is laid out: its columns, words and numbers, as a TOML map says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from mintmark.domain import Refused
from mintmark.ledger.exactly import wrong
from mintmark.ledger.terms import day_of

COLUMNS = (
    "date", "type", "symbol", "quantity", "price", "currency", "amount", "fee", "fx_rate", "settle_date",
    "external_id",
)  # fmt: skip
TYPES = (
    "buy", "sell", "deposit", "withdrawal", "dividend", "interest", "fee", "financing", "split", "conversion",
    "return_of_capital", "transfer_in",
)  # fmt: skip
NUMBERS = ("quantity", "price", "amount", "fee", "fx_rate")


@dataclass(frozen=True)
class Layout:
    """The map of one broker; without one the columns carry their own names."""

    columns: Mapping[str, str] = field(default_factory=lambda: {name: name for name in COLUMNS})
    types: Mapping[str, str] = field(default_factory=lambda: {name: name for name in TYPES})
    defaults: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    decimal: str = "."
    absolute: bool = False

    def number(self, text: str) -> str:
        """Return a number as the ledger writes it: no thousands, a dot before the places."""
        plain = text.strip()
        if self.decimal == ",":
            plain = plain.replace(".", "").replace(",", ".")
        elif self.columns is not _PLAIN:
            plain = plain.replace(",", "")
        return plain.removeprefix("-") if self.absolute else plain

    def day(self, text: str, name: str) -> date:
        """Return the day written in ``text``. Raises: Refused ``invalid_request``."""
        if self.date_format is None:
            return day_of(text.strip(), name)
        try:
            # A day has no zone: only its date is read.
            return datetime.strptime(text.strip(), self.date_format).date()  # noqa: DTZ007
        except (ValueError, re.error):
            raise wrong(name, f"a day as {self.date_format}", text) from None


_PLAIN = {name: name for name in COLUMNS}
PLAIN = Layout(columns=_PLAIN)


def layout_from(text: str) -> Layout:
    """Return the layout of a TOML map.

    Raises:
        Refused: ``invalid_request`` naming what is wrong in it.
    """
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(f"the map is no TOML: {error}", code="invalid_request", field="map") from None
    if extra := set(found) - {"columns", "types", "defaults", "date_format", "decimal", "absolute"}:
        raise wrong("map", "columns, types, defaults, date_format, decimal, absolute", sorted(extra)[0])
    columns = _words(found.get("columns", {}), "columns")
    if unknown := set(columns) - set(COLUMNS):
        raise wrong("map.columns", f"some of {', '.join(COLUMNS)}", sorted(unknown)[0])
    types = _words(found.get("types", {}), "types")
    if unknown := set(types.values()) - set(TYPES):
        raise wrong("map.types", f"some of {', '.join(TYPES)}", sorted(unknown)[0])
    defaults = _words(found.get("defaults", {}), "defaults")
    if unknown := set(defaults) - set(COLUMNS):
        raise wrong("map.defaults", f"some of {', '.join(COLUMNS)}", sorted(unknown)[0])
    decimal, absolute = found.get("decimal", "."), found.get("absolute", False)
    if decimal not in (".", ",") or not isinstance(absolute, bool):
        raise wrong("map", "decimal . or , and absolute true or false", [decimal, absolute])
    shape = found.get("date_format")
    if shape is not None and not isinstance(shape, str):
        raise wrong("map.date_format", "a format such as %d.%m.%Y", shape)
    return Layout({**_PLAIN, **columns}, types or PLAIN.types, defaults, shape, decimal, absolute)


def _words(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise wrong(f"map.{name}", "texts by name", value)
    return dict(value)
