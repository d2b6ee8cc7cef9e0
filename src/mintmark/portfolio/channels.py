"""Where notifications go, and what is sent there."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from mintmark.domain import Refused, canonical_json

IN_APP: Final = "in_app"
EMAIL: Final = "email:"
WEBHOOK: Final = "webhook:"
MOST_CHANNELS: Final = 10
SIGNATURE: Final = "X-Mintmark-Signature"
_URL = re.compile(r"https://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?([/?][!-\"$-~]*)?")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")


def checked_channels(given: Sequence[str]) -> tuple[str, ...]:
    """Return channels without doubles: ``in_app``, ``email:<address>``, ``webhook:<https URL>``; none is ``in_app``.

    Raises:
        Refused: ``alert_invalid``.
    """
    if len(given) > MOST_CHANNELS:
        raise _wrong(f"at most {MOST_CHANNELS}", str(len(given)))
    for channel in given:
        known = channel == IN_APP or _is_email(channel) or _is_webhook(channel)
        if not known or len(channel) > 500:
            raise _wrong("in_app, email:<address> or webhook:<https URL>", channel)
    return tuple(dict.fromkeys(given)) or (IN_APP,)


def _is_email(channel: str) -> bool:
    return channel.startswith(EMAIL) and _ADDRESS.fullmatch(channel.removeprefix(EMAIL)) is not None


def _is_webhook(channel: str) -> bool:
    return channel.startswith(WEBHOOK) and _URL.fullmatch(channel.removeprefix(WEBHOOK)) is not None


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the open internet.

    >>> is_public("93.184.216.34"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return found.is_global and not found.is_multicast


def address_to_call(host: str, addresses: Iterable[str], allowed: Collection[str]) -> str | None:
    """Return the address to call ``host`` at, or None when one of ``addresses`` is private and it is not allowed."""
    found = list(addresses)
    if not found or (host not in allowed and not all(is_public(one) for one in found)):
        return None
    return found[0]


def body_of(notification: Mapping[str, Any]) -> bytes:
    """Return what a webhook is sent."""
    return canonical_json(notification)


def signature_of(body: bytes, secret: str) -> str:
    """Return the value of ``X-Mintmark-Signature``.

    >>> signature_of(b"{}", "key")[:15]
    'sha256=a777724d'
    """
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def letter_of(notification: Mapping[str, Any]) -> str:
    """Return the text of an e-mail."""
    playbook = notification["playbook"]
    notional = playbook["notional"]
    lines = [
        notification["title"],
        "",
        f"What:      {notification['told']}",
        f"Observed:  {notification['observed']}",
        f"Day:       {notification['day']}",
        f"Pack:      {notification['pack_id'] or '-'}",
        "",
        f"Severity:  {playbook['severity']}",
        f"Action:    {playbook['action']}",
        f"Notional:  {notional['amount']} {notional['currency']}" if notional else "Notional:  -",
        f"With:      {', '.join(playbook['instruments']) or '-'}",
        f"Why:       {playbook['rationale']}",
        *(f"Or:        {one}" for one in playbook["alternatives"]),
    ]
    return "\n".join(lines) + "\n"


def _wrong(expected: str, found: str) -> Refused:
    message = f"channels: expected {expected}, found {found[:80]!r}"
    return Refused(message, code="alert_invalid", field="channels", expected=expected, found=found[:80])
