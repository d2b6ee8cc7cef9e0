"""What the doors answer about the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mintmark.app.names import one_day, one_of_pattern
from mintmark.app.wiring import App
from mintmark.domain import Refused, plain_json

if TYPE_CHECKING:
    from mintmark.ledger import Entry
    from mintmark.portfolio import Actor

Body = dict[str, Any]
Progress = Callable[[int, int], None]


def _data(data: Any, **more: Any) -> Body:
    return {"success": True, "data": plain_json(data), **more}


def _quiet(_done: int, _total: int) -> None:
    """Tell nobody."""


def post(app: App, actor: Actor | None, text: bytes, *, most: int | None = 1_000) -> Body:
    """Post the entries of a JSON text: one, a list, or ``{"entries": [...]}``.

    Raises:
        Refused: by its code; nothing is stored. ``most``: None takes any number.
    """
    from mintmark.ledger import drafts_from_json, strict_json

    drafts = drafts_from_json(strict_json(text, most))
    for code in {draft.portfolio for draft in drafts}:
        _codes(app, actor, code)
    entries = app.ledger.post(drafts)
    return _data([_entry(entry) for entry in entries], ledger_commit_hash=app.ledger.head())


def import_csv(
    app: App,
    actor: Actor | None,
    portfolio: str,
    content: bytes,
    *,
    layout: str | None = None,
    source: str = "csv",
    pay_lag_days: int | None = None,
    dry_run: bool = False,
    progress: Progress = _quiet,
) -> Body:
    """Import a broker's CSV, all rows or none."""
    _codes(app, actor, portfolio)
    report = app.ledger.import_file(
        portfolio, content, layout=layout, source=source, pay_lag_days=pay_lag_days, dry_run=dry_run, progress=progress
    )
    return _data(report)


def reverse(app: App, actor: Actor | None, entry_id: str, narration: str = "") -> Body:
    """Reverse an entry."""
    _found(app, actor, entry_id)
    return _data(_entry(app.ledger.reverse(entry_id, narration=narration)), ledger_commit_hash=app.ledger.head())


def entries(
    app: App,
    actor: Actor | None,
    portfolio: str | None,
    *,
    search: str = "",
    before: int | None = None,
    limit: int = 100,
) -> Body:
    """Return entries, the newest first, each with its place in the chain."""
    if "\0" in search:
        raise Refused("search: expected text without control characters", code="invalid_request", field="search")
    codes = None if actor is None and portfolio is None else _codes(app, actor, portfolio)
    found, total = app.ledger.page(codes, search=search, before=before, limit=limit)
    return _data([_entry(entry) for entry in found], total_count=total, ledger_commit_hash=app.ledger.head())


def entry(app: App, actor: Actor | None, entry_id: str) -> Body:
    """Return one entry with its neighbours in the chain."""
    found = _found(app, actor, entry_id)
    before, after, reversed_by = app.ledger.neighbours(found)
    return _data({**_entry(found), "previous": before, "next": after, "reversed_by": reversed_by})


def balances(app: App, actor: Actor | None, portfolio: str | None, as_of: str | None) -> Body:
    """Return the balances that are not zero, of one portfolio or of all."""
    if as_of is None:
        rows = [row for code in _codes(app, actor, portfolio) for row in app.ledger.balances(code)]
    else:
        view, day = app.ledger.view(), one_day("asof", as_of)
        rows = [
            {"portfolio": code, "account": account, "commodity": commodity, "units": units}
            for code in _codes(app, actor, portfolio)
            for (account, commodity), units in view.balances(code, day).items()
        ]
    return _data(rows, ledger_commit_hash=app.ledger.head())


def lots(app: App, actor: Actor | None, portfolio: str | None, as_of: str | None, *, closed: bool = False) -> Body:
    """Return the lots, of one portfolio or of all."""
    view, day = app.ledger.view(), _today_or(app, as_of)
    rows = [
        {"portfolio": code, "id": lot.id, **{name: getattr(lot, name) for name in _LOT}}
        for code in _codes(app, actor, portfolio)
        for lot in view.lots(code, day, closed=closed)
    ]
    return _data(rows, asof_date=day.isoformat(), ledger_commit_hash=view.commit_hash)


_LOT = ("symbol", "acquired", "label", "units", "cost", "currency", "fx", "fee", "margin")


def positions(app: App, actor: Actor | None, portfolio: str | None, as_of: str | None) -> Body:
    """Return positions, cash, receivables and margin, of one portfolio or of all."""
    view, day = app.ledger.view(), _today_or(app, as_of)
    found = []
    for code in _codes(app, actor, portfolio):
        cash = view.cash(code, day)
        found.append(
            {
                "portfolio": code,
                "base_currency": view.book(code).base_currency,
                "positions": [_position(one) for one in view.positions(code, day)],
                "cash": cash,
                "unsettled": view.unsettled(code, day),
                "receivables": [
                    {"symbol": symbol, "currency": currency, "amount": amount}
                    for (symbol, currency), amount in view.receivables(code, day).items()
                ],
                "margin": view.margin(code, day),
                "warnings": _negative(cash),
            }
        )
    return _data(found, asof_date=day.isoformat(), ledger_commit_hash=view.commit_hash)


def _position(one: Any) -> Body:
    names = ("symbol", "units", "cost", "currency", "cost_base", "margin")
    return {**{name: getattr(one, name) for name in names}, "lots": len(one.lots)}


def _negative(cash: Mapping[str, Decimal]) -> list[Body]:
    return [
        {"code": "negative_cash", "message": f"the cash in {currency} is {amount}"}
        for currency, amount in cash.items()
        if amount < 0
    ]


def verify(app: App, expect: str | None, progress: Progress = _quiet) -> Body:
    """Compute the chain again; raises ``chain_broken`` with the first bad place where it is not what was kept."""
    begun = time.monotonic()
    report = app.ledger.verify(expect, progress=progress)
    app.meters.seconds("ledger_verify_seconds", time.monotonic() - begun)
    if report["first_bad"] is not None:
        bad = report["first_bad"]
        message = f"the chain is broken at entry {bad['sequence']}: {bad['field']} is not what was posted"
        raise Refused(message, code="chain_broken", **report)
    if not report["valid"]:
        raise Refused(f"no entry of this chain has the hash {expect}", code="ledger_commit_not_found", **report)
    return _data(report)


def verify_watched(app: App, actor: Actor, expect: str | None, run: UUID | None) -> Body:
    """Compute the chain again as ``verify`` does; under ``run`` its owner sees how far it is, and stops it."""
    if run is None:
        return verify(app, expect)
    with app.verifying.watched(actor.user_id, run) as progress:
        return verify(app, expect, progress)


def verify_progress(app: App, actor: Actor, run: UUID) -> Body:
    """Return how far a verification of ``actor`` is; refuses ``not_found``."""
    return _data(app.verifying.told(actor.user_id, run))


def verify_stop(app: App, actor: Actor, run: UUID) -> Body:
    """Stop a verification of ``actor``; refuses ``not_found``."""
    app.verifying.stop(actor.user_id, run)
    return _data({"run": str(run), "stopping": True})


def rebuild(app: App, progress: Progress = _quiet) -> Body:
    """Make lots and balances again from the journal."""
    return _data(app.ledger.rebuild(progress=progress))


def reconcile(
    app: App, pack_id: str, portfolio: str | None, statement: Path | None, progress: Progress = _quiet
) -> Body:
    """Hold chain, projections, assertions and a broker's statement against each other, at the closes of a pack."""
    from mintmark.ledger import statement_from, strict_json

    valuation = app.data.open(one_of_pattern("pack_id", pack_id)).valuation()
    statements = {}
    if statement is not None:
        if portfolio is None:
            raise Refused("a statement is of one portfolio: say which", code="invalid_request", field="portfolio")
        statements[portfolio] = statement_from(strict_json(_read(statement)))
    codes = None if portfolio is None else [portfolio]
    report = app.ledger.reconcile(codes, statements=statements, valuation=valuation, pack_id=pack_id, progress=progress)
    return _data(report)


def import_beancount(app: App, path: Path, dry_run: bool, progress: Progress = _quiet) -> Body:
    """Import a Beancount file with what it includes, all of it or nothing."""
    return _data(app.ledger.import_beancount(path, dry_run=dry_run, progress=progress))


def export(app: App, form: str, portfolio: str | None) -> str:
    """Return the journal as Beancount text, or its postings as CSV; raises ``invalid_request``."""
    return app.ledger.export(form, portfolio)


def export_file(app: App, form: str, portfolio: str | None, out: Path | None) -> Body:
    """Write an export to ``out``, or return its text."""
    import hashlib

    text = export(app, form, portfolio)
    said = {"format": form, "bytes": len(text.encode()), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    if out is None:
        return _data({**said, "text": text})
    from mintmark.store import write_atomic

    write_atomic(out, text.encode())
    return _data({**said, "path": str(out)})


def read_text(path: Path) -> str:
    """Return the text of ``path``; raises ``not_found`` and ``invalid_request``."""
    try:
        return _read(path).decode()
    except UnicodeDecodeError:
        raise Refused(f"{path} is no UTF-8", code="invalid_request", path=str(path)) from None


def read_file(path: Path) -> bytes:
    """Return the bytes of ``path``; raises ``not_found``."""
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}", code="not_found", path=str(path)) from error


def _codes(app: App, actor: Actor | None, portfolio: str | None) -> list[str]:
    """Return the portfolio asked for, or all, of ``actor``; None is whoever sits at this machine and sees all."""
    if actor is None:
        return [app.ledger.book(portfolio).code] if portfolio else [book.code for book in app.ledger.books()]
    if portfolio is not None:
        return [app.portfolio.portfolio(actor, portfolio).code]
    return [one.code for one in app.portfolio.portfolios(actor)]


def _found(app: App, actor: Actor | None, entry_id: str) -> Entry:
    """Return one entry of ``actor``; another's is not there."""
    found = app.ledger.entry(entry_id)
    if actor is not None and found.portfolio not in _codes(app, actor, None):
        raise Refused(f"there is no entry {entry_id}", code="not_found", id=entry_id)
    return found


def _entry(found: Any) -> Body:
    from mintmark.ledger import plain

    return {"sequence": found.sequence, "hash": found.hash, **plain(found)}


def _today_or(app: App, as_of: str | None) -> date:
    return app.clock.now().date() if as_of is None else one_day("asof", as_of)
