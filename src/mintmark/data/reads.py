"""Whose data an answer was made from, written down as it is read."""

from __future__ import annotations

_OF_MANY_OWNERS = frozenset({"fred"})


def source_of(source: str, series: str) -> str:
    """Return the source to name for one series: rights of a source with many owners differ by series.

    >>> source_of("fred", "SP500"), source_of("fmp", "AAPL")
    ('fred:SP500', 'fmp')
    """
    return f"{source}:{series}" if source in _OF_MANY_OWNERS else source


class Reads:
    """Collects the name of every source that is read; one recorder serves one answer or one step of it.

    Readers note sources themselves, so nobody has to declare what was used. What is noted twice counts once.

    >>> reads = Reads()
    >>> reads.note("fred")
    >>> reads.note("file:broker")
    >>> reads.note("fred")
    >>> reads.sources
    ('file:broker', 'fred')
    """

    def __init__(self) -> None:
        self._sources: dict[str, None] = {}

    def note(self, source: str) -> None:
        """Write down that something of ``source`` was read."""
        self._sources[source] = None

    def join(self, other: Reads) -> None:
        """Take over what ``other`` noted."""
        self._sources.update(other._sources)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources noted so far, in order."""
        return tuple(sorted(self._sources))
