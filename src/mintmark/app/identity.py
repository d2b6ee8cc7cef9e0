"""Who asks: the one place that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from mintmark.portfolio import Actor

LOCAL_OWNER = UUID("00000000-0000-4000-8000-000000000001")


def local_owner() -> Actor:
    """Return whoever sits at this machine: owner of all that is made here, with every role."""
    from mintmark.portfolio import Actor

    return Actor(LOCAL_OWNER, "admin")
