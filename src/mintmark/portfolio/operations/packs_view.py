"""The packs as the executor asks of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from mintmark.data import DataRoom, PackState, Reads, Valuation, gate, warnings_of
from mintmark.domain import Refusal


class PacksOfRoom:
    """Chooses, gates and opens the packs of the data room."""

    def __init__(self, data: DataRoom) -> None:
        self._data = data

    def choose(self, policy: str, pack_id: str | None = None, asof: date | None = None) -> PackState:
        """Return the pack to answer from; refuses as ``PackStates.choose``."""
        return self._data.states.choose(policy, pack_id, asof)

    def gate(self, state: PackState, require_fresh: bool) -> Refusal | None:
        """Return why nothing is answered from the pack, or None."""
        return gate(state, require_fresh)

    def warnings(self, state: PackState) -> Sequence[Mapping[str, str]]:
        """Return what every answer from the pack must say."""
        return warnings_of(state)

    def view(self, pack_id: str) -> Callable[[Reads], Valuation]:
        """Return what makes a view of the pack that notes what it reads."""
        return self._data.opened(pack_id).valuation().reading
