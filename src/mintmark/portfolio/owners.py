"""All portfolios of whoever asks: tax looks across them."""

from __future__ import annotations

from uuid import UUID


class OwnersBooks:
    """Tells which portfolios one owner has."""

    def of(self, owner: UUID) -> tuple[tuple[str, str], ...]:
        """Return code and base currency of each portfolio of ``owner``, by code."""
        raise NotImplementedError
