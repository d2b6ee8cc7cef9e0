"""Drafts: checked, read from JSON, and made into entries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from mintmark.domain import Refused, day_start
from mintmark.ledger.accounts import check_portfolio
from mintmark.ledger.booking import book
from mintmark.ledger.entries import Cost, Draft, Entry, Posting, Price, plain
from mintmark.ledger.exactly import amount_of, wrong
from mintmark.ledger.reversals import reversal_postings
from mintmark.ledger.state import State
from mintmark.ledger.terms import KINDS, MAX_DEPTH, MAX_LIST, day_of, read_meta, text_of

_FIELDS = {
    "portfolio", "kind", "date", "meta", "postings", "happened_at", "external_id", "narration", "source",
}  # fmt: skip
_EARLIEST = date(1900, 1, 1)


def checked(draft: Draft, now: datetime) -> Draft:
    """Return ``draft`` with every field in its one form.

    Raises:
        Refused: ``invalid_request`` naming the field, what was expected and what was found; ``too_precise``.
    """
    check_portfolio(draft.portfolio)
    day = day_of(draft.date, "date")
    if not _EARLIEST <= day <= now.astimezone(UTC).date():
        raise wrong("date", f"a day from {_EARLIEST} to today", day.isoformat())
    happened = draft.happened_at or day_start(day)
    if happened.tzinfo is None or happened > now:
        raise wrong("happened_at", "an aware time up to now", happened.isoformat())
    return Draft(
        portfolio=draft.portfolio,
        kind=draft.kind,
        date=day,
        meta=read_meta(draft.kind, draft.meta, booked=bool(draft.postings)),
        postings=draft.postings,
        happened_at=happened.astimezone(UTC).replace(microsecond=0),
        external_id=text_of(draft.external_id, "external_id"),
        narration=text_of(draft.narration, "narration"),
        source=text_of(draft.source, "source", empty=False),
        reverses=draft.reverses,
        id=draft.id,
        known_at=draft.known_at,
    )


def entry_of(draft: Draft, state: State, entry_id: str, now: datetime) -> Entry:
    """Return the entry of a checked ``draft``, booked on ``state``; raises as ``book``."""
    assert draft.happened_at is not None
    return Entry(
        id=draft.id or entry_id,
        portfolio=draft.portfolio,
        kind=draft.kind,
        date=draft.date,
        happened_at=draft.happened_at,
        known_at=(draft.known_at or now).astimezone(UTC).replace(microsecond=0),
        external_id=draft.external_id,
        narration=draft.narration,
        source=draft.source,
        meta=draft.meta,
        postings=reversal_postings(state, draft) if draft.kind == "reversal" else book(state, draft, draft.meta),
        reverses=draft.reverses,
    )


def differs(old: Entry, draft: Draft) -> str | None:
    """Return the first field in which ``draft`` is not ``old``; ``id`` and ``known_at`` do not count."""
    found, said = plain(old), _said(draft)
    for name in sorted(said):
        if found[name] != said[name]:
            return name
    return None


def _said(draft: Draft) -> dict[str, Any]:
    assert draft.happened_at is not None
    whole = plain(
        Entry(
            "", draft.portfolio, draft.kind, draft.date, draft.happened_at, draft.happened_at, draft.external_id,
            draft.narration, draft.source, draft.meta, draft.postings, draft.reverses,
        )
    )  # fmt: skip
    unsaid = {"id", "known_at"} | (set() if draft.postings else {"postings"})
    return {name: value for name, value in whole.items() if name not in unsaid}


def strict_json(text: str | bytes, most: int | None = MAX_LIST) -> Any:
    """Return the JSON value of ``text``.

    Raises:
        Refused: ``invalid_request`` for no JSON, a key twice in one object, NaN, nesting over 20, a list over ``most``.
    """
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        # Half a character can be read, but never be written.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise wrong("body", "JSON", str(error)) from None
    _bounded(found, 0, most)
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise wrong("body", "each key once", twice)
    return found


def _no_constant(name: str) -> Any:
    raise wrong("body", "finite numbers", name)


def _bounded(value: Any, depth: int, most: int | None) -> None:
    if depth > MAX_DEPTH:
        raise wrong("body", f"nesting of at most {MAX_DEPTH}", f"more than {MAX_DEPTH}")
    if most is not None and isinstance(value, list) and len(value) > most:
        raise wrong("body", f"lists of at most {most}", len(value))
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _bounded(one, depth + 1, most)


def drafts_from_json(value: Any) -> list[Draft]:
    """Return the drafts of a JSON value: one entry, a list of them, or ``{"entries": [...]}``.

    Raises:
        Refused: ``invalid_request`` naming entry and field.
    """
    if isinstance(value, Mapping) and set(value) == {"entries"}:
        value = value["entries"]
    found = value if isinstance(value, list) else [value]
    if not found:
        raise wrong("entries", "at least one entry", found)
    return [_named(place, one) for place, one in enumerate(found)]


def _named(place: int, value: Any) -> Draft:
    try:
        return draft_from_json(value)
    except Refused as refused:
        raise Refused(refused.message, code=refused.code, **{**refused.details, "entry": place}) from None


def draft_from_json(value: Any) -> Draft:
    """Return the draft of one JSON object; raises as ``drafts_from_json``."""
    if not isinstance(value, Mapping):
        raise wrong("entry", "an object", value)
    for name in value:
        if name not in _FIELDS:
            raise wrong(str(name), f"one of {', '.join(sorted(_FIELDS))}", name)
    for name in ("portfolio", "kind", "date"):
        if name not in value:
            raise wrong(name, "a value", None)
    if value["kind"] not in KINDS or value["kind"] == "reversal":
        raise wrong("kind", f"one of {', '.join(one for one in KINDS if one != 'reversal')}", value["kind"])
    meta, postings = value.get("meta", {}), value.get("postings", [])
    if not isinstance(meta, Mapping):
        raise wrong("meta", "an object", meta)
    if not isinstance(postings, list):
        raise wrong("postings", "a list", postings)
    return Draft(
        portfolio=check_portfolio(value["portfolio"]),
        kind=value["kind"],
        date=day_of(value["date"], "date"),
        meta=meta,
        postings=tuple(_posting(one, f"postings[{place}]") for place, one in enumerate(postings)),
        happened_at=moment_of_text(value["happened_at"], "happened_at") if value.get("happened_at") else None,
        external_id=text_of(value.get("external_id", ""), "external_id"),
        narration=text_of(value.get("narration", ""), "narration"),
        source=text_of(value.get("source", "manual"), "source", empty=False),
    )


def moment_of_text(value: object, field: str) -> datetime:
    """Return the aware UTC time of an ISO text; raises ``invalid_request``."""
    try:
        if not isinstance(value, str):
            raise ValueError
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong(field, "a time such as 2014-06-09T13:30:00Z", value) from None


def _posting(value: Any, field: str) -> Posting:
    if not isinstance(value, Mapping) or not {"account", "commodity", "units"} <= set(value):
        raise wrong(field, "an object with account, commodity and units", value)
    if extra := set(value) - {"account", "commodity", "units", "cost", "price"}:
        raise wrong(field, "account, commodity, units, cost, price", sorted(extra)[0])
    return Posting(
        text_of(value["account"], f"{field}.account", empty=False),
        amount_of(value["units"], f"{field}.units"),
        text_of(value["commodity"], f"{field}.commodity", empty=False),
        _cost(value.get("cost"), f"{field}.cost"),
        _price(value.get("price"), f"{field}.price"),
    )


def _cost(value: Any, field: str) -> Cost | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not {"acquired", "commodity", "total"} <= set(value) <= {
        "acquired", "commodity", "total", "label",
    }:  # fmt: skip
        raise wrong(field, "acquired, commodity, total, label", value)
    return Cost(
        amount_of(value["total"], f"{field}.total"),
        text_of(value["commodity"], f"{field}.commodity"),
        day_of(value["acquired"], f"{field}.acquired"),
        text_of(value.get("label", ""), f"{field}.label"),
    )


def _price(value: Any, field: str) -> Price | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) not in ({"amount", "commodity"}, {"total", "commodity"}):
        raise wrong(field, "commodity with amount or total", value)
    commodity = text_of(value["commodity"], f"{field}.commodity")
    if "total" in value:
        return Price(commodity, total=amount_of(value["total"], f"{field}.total"))
    return Price(commodity, amount=amount_of(value["amount"], f"{field}.amount"))


def check_id(text: str) -> str:
    """Return ``text`` when it is the id of an entry; raises ``invalid_request``."""
    try:
        return str(UUID(text))
    except ValueError:
        raise wrong("id", "the id of an entry, a UUID", text) from None
