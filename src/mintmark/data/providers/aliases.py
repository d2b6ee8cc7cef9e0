"""What each provider calls our symbols: one table, both ways."""

from __future__ import annotations

from collections.abc import Mapping

from mintmark.domain import Refused


class Aliases:
    """Names of symbols at providers; a symbol that is not in the table is not asked for.

    Raises:
        Refused: ``symbol_mapped_twice`` when two symbols have one name at a provider.
    """

    def __init__(self, table: Mapping[str, Mapping[str, str]]) -> None:
        self._table = {provider: dict(names) for provider, names in table.items()}
        for provider, names in self._table.items():
            seen: dict[str, str] = {}
            for symbol, name in names.items():
                if name in seen:
                    message = f"{provider} calls both {seen[name]} and {symbol} {name}"
                    raise Refused(message, code="symbol_mapped_twice", provider=provider, name=name)
                seen[name] = symbol

    def name_at(self, provider: str, symbol: str) -> str:
        """Return what ``provider`` calls ``symbol``; refuses ``symbol_unmapped``."""
        name = self._table.get(provider, {}).get(symbol)
        if name is None:
            message = f"no name of {symbol} at {provider} is known: add it under providers.aliases"
            raise Refused(message, code="symbol_unmapped", provider=provider, symbol=symbol)
        return name
