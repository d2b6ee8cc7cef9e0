"""Who asks where nobody shows a key: whoever sits at this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mintmark.portfolio import Actor


def local_owner() -> Actor:
    """Return whoever sits at this machine: owner of all that is made here, with every role."""
    from mintmark.portfolio import Actor
    from mintmark.runtime import LOCAL_OWNER

    return Actor(LOCAL_OWNER, "admin")
