"""What a pack is: its manifest, its name, what was known at its as-of."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from mintmark.data.actions import Action
from mintmark.data.calendars import trading_days
from mintmark.data.currencies import pair_of
from mintmark.data.series import Series
from mintmark.domain import Damaged, Refused, canonical_json, day_end, iso

_ID = re.compile(r"PP_(\d{4}-\d{2}-\d{2})_([A-Z0-9]+)_v([1-9]\d*)")
_POLICY = re.compile(r"[A-Z0-9]+")
_NEW_YORK = ZoneInfo("America/New_York")


def pack_id(as_of: date, policy: str, version: int) -> str:
    """Return the name of a pack.

    >>> pack_id(date(2018, 12, 31), "SAMPLE", 1)
    'PP_2018-12-31_SAMPLE_v1'
    """
    return f"PP_{as_of.isoformat()}_{policy}_v{version}"


def known_pack_id(text: str) -> str:
    """Return ``text`` when it can name a pack; raises ``invalid_request``."""
    if not _ID.fullmatch(text):
        raise Refused(f"expected a pack id such as PP_2018-12-31_SAMPLE_v1, found {text!r}", path="pack_id")
    return text


def cutoff(as_of: date, policy: str) -> datetime:
    """Return the moment a pack knows everything before: what is known later stays out.

    The end of the day in UTC; ``EOD`` five minutes after midnight in New York, ``UTC`` ten minutes after that of UTC.

    Raises:
        Refused: ``invalid_request`` for a policy that is no word of A-Z and 0-9;
            ``not_a_trading_day`` for an EOD pack of a day New York does not trade.
    """
    if not _POLICY.fullmatch(policy):
        raise Refused(f"expected a policy of A-Z and 0-9, found {policy!r}", path="policy")
    if policy == "EOD":
        if not trading_days("XNYS", as_of, as_of):
            raise Refused(f"New York does not trade on {as_of}", code="not_a_trading_day", as_of=as_of.isoformat())
        return datetime.combine(as_of + timedelta(days=1), time(0, 5), _NEW_YORK).astimezone(UTC)
    return day_end(as_of) + timedelta(minutes=10) if policy == "UTC" else day_end(as_of)


def build_manifest(
    as_of: date,
    policy: str,
    series: Sequence[Series],
    macro: Sequence[Mapping[str, Any]],
    actions: Iterable[Action],
    taken_as: Mapping[str, str],
    documents: Mapping[str, Sequence[Mapping[str, Any]]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the manifest of a pack: everything in it, in one order, and no clock readings.

    ``documents`` are its fundamentals and news; a kind it has none of is not named.
    """
    ordered = sorted(series, key=lambda one: (one.symbol, one.timeframe.seconds))
    symbols = {one.symbol for one in ordered}
    known = sorted((a for a in actions if a.symbol in symbols and a.known_on <= as_of), key=_action_order)
    return {
        "as_of": as_of.isoformat(),
        "policy": policy,
        "cutoff": iso(cutoff(as_of, policy)),
        "series": [one.as_json() for one in ordered],
        "macro": sorted(macro, key=lambda one: str(one["name"])),
        "fx": _pairs(ordered),
        "actions": [action.as_json() for action in known],
        "sources": _sources(ordered, [*macro, *(one for kind in documents.values() for one in kind)], known),
        "currencies_taken_as": dict(taken_as),
        **{kind: list(found) for kind, found in documents.items()},
    }


def canonical(manifest: Mapping[str, Any]) -> bytes:
    """Return ``manifest`` as canonical JSON: sorted keys, no spaces, UTF-8."""
    return canonical_json(manifest)


def pack_sha256(content: bytes) -> str:
    """Return the hash of a pack: that of its manifest's bytes."""
    return hashlib.sha256(content).hexdigest()


def read_manifest(content: bytes, sha256: str, name: str) -> dict[str, Any]:
    """Return the manifest in ``content``.

    Raises:
        Damaged: ``pack_damaged`` when its bytes are not those of ``sha256``.
    """
    found = pack_sha256(content)
    if found != sha256:
        raise Damaged(f"the manifest of {name} holds {found}", code="pack_damaged", pack_id=name, blob=sha256)
    manifest: dict[str, Any] = json.loads(content)
    return manifest


def _action_order(action: Action) -> tuple[str, date, str]:
    return action.symbol, action.ex_date, action.kind


def _pairs(series: Sequence[Series]) -> list[dict[str, str]]:
    found = []
    for one in series:
        pair = pair_of(one.symbol, one.asset_class, one.currency)
        if pair is not None:
            found.append({"symbol": one.symbol, "timeframe": one.timeframe.value, "base": pair[0], "quote": pair[1]})
    return found


def _sources(
    series: Sequence[Series], macro: Sequence[Mapping[str, Any]], actions: Sequence[Action]
) -> list[dict[str, Any]]:
    rights: dict[str, set[str]] = {}
    for source, right in [
        *((one.source, one.rights) for one in series),
        *((str(one["source"]), str(one["rights"])) for one in macro),
    ]:
        rights.setdefault(source, set()).add(right)
    for action in actions:
        rights.setdefault(action.source, {"research_only"})
    return [{"name": name, "rights": sorted(rights[name])} for name in sorted(rights)]
