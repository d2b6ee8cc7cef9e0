"""How each provider is reached."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from mintmark.data.providers.door import ProviderAccess
from mintmark.domain import Refused

PROVIDERS = ("fmp", "polygon", "fred", "newsapi")


def access_to(provider: str, key: str, per_minute: Mapping[str, float] | None = None) -> ProviderAccess:
    """Return how ``provider`` is reached with ``key``; ``per_minute`` gives the requests of plans that differ.

    Refuses: ``invalid_request`` for a provider the house does not know.
    """
    if provider not in PROVIDERS:
        raise Refused(f"expected a provider of {', '.join(PROVIDERS)}, found {provider!r}", path="provider")
    allowed = (per_minute or {}).get(provider)
    more = {} if allowed is None else {"per_minute": allowed}
    found: ProviderAccess = import_module(f"mintmark.data.providers.{provider}").access(key, **more)
    return found
