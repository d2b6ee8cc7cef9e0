"""What the doors answer about keys, tokens and the log of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintmark.app.wiring import App

if TYPE_CHECKING:
    from mintmark.runtime import Identity

Body = dict[str, Any]


def create_key(app: App, name: str, role: str, user: str | None) -> Body:
    """Make a key, as the local owner; refuses ``invalid_request``."""
    return {"success": True, "data": app.access.create_key(name, role, user, app.local_owner)}


def revoke_key(app: App, key_id: str) -> Body:
    """Revoke a key with its tokens, as the local owner; refuses ``not_found``."""
    return {"success": True, "data": app.access.revoke_key(key_id, app.local_owner)}


def keys(app: App) -> Body:
    """Return all keys without their secrets."""
    return {"success": True, "data": app.access.keys()}


def create_token(app: App, identity: Identity) -> Body:
    """Make a token of ``identity``; refuses ``forbidden``."""
    return {"success": True, "data": app.access.create_token(identity)}


def revoke_token(app: App, token_id: str, identity: Identity) -> Body:
    """Revoke a token of ``identity``; refuses ``not_found``."""
    return {"success": True, "data": app.access.revoke_token(token_id, identity)}


def actions(app: App, limit: int) -> Body:
    """Return the newest actions."""
    from mintmark.runtime import actions as newest

    with app.database.read() as connection:
        return {"success": True, "data": newest(connection, limit)}
