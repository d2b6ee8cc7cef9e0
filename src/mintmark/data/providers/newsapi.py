"""Headlines of NewsAPI: title, address, time and publisher; what an article says is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from mintmark.data.documents import NewsItem
from mintmark.data.providers.door import ProviderAccess, ProviderDoor, invalid, validated
from mintmark.domain import Refused, iso

NAME = "newsapi"
BASE_URL = "https://newsapi.org/"
PER_MINUTE = 30.0
RIGHTS = "newsapi"
PAGE = 100


class _Publisher(BaseModel):
    name: str


class _Article(BaseModel):
    source: _Publisher
    title: str = Field(min_length=1, max_length=2000)
    url: str = Field(pattern=r"^https?://", max_length=2000)
    publishedAt: datetime  # noqa: N815


def access(key: str, base_url: str = BASE_URL, per_minute: float = PER_MINUTE, **more: Any) -> ProviderAccess:
    """Return how NewsAPI is reached with ``key``."""
    return ProviderAccess(NAME, base_url, key, "X-Api-Key", "header", per_minute, **more)


async def headlines(
    door: ProviderDoor,
    query: str,
    symbols: Sequence[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    endpoint: Literal["everything", "top-headlines"] = "everything",
) -> list[NewsItem]:
    """Return the newest hundred headlines of ``query`` as items about ``symbols``, oldest first.

    Refuses: ``no_values`` where there is none. Raises: ``provider_answer_invalid``, and as ``ProviderDoor.get``.
    """
    asked = {"q": query, "pageSize": str(PAGE), "page": "1"}
    if endpoint == "everything":
        asked |= {"sortBy": "publishedAt"}
        asked |= {name: iso(moment) for name, moment in (("from", since), ("to", until)) if moment is not None}
    answer = await door.get(f"v2/{endpoint}", asked)
    if not isinstance(answer, dict) or answer.get("status") != "ok":
        raise invalid(NAME, "an answer that is not ok")
    rows = validated(NAME, _Article, answer.get("articles"))
    if any(row.publishedAt.tzinfo is None for row in rows):
        raise invalid(NAME, "a time without its offset")
    if not rows:
        raise Refused(f"newsapi has no headline about {query!r}", code="no_values", query=query)
    found = [NewsItem(row.publishedAt, _line(row.title), row.url, row.source.name, tuple(symbols)) for row in rows]
    return sorted(found, key=lambda one: (one.published, one.url))


def _line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
