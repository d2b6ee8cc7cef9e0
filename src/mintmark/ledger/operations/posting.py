"""Add entries to the journal: one transaction, one writer at a time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from mintmark.domain import Refused
from mintmark.ledger.drafts import checked, differs, entry_of
from mintmark.ledger.entries import Draft, Entry, chained, from_plain, plain, written
from mintmark.ledger.operations.journal import Journal
from mintmark.ledger.operations.projecting import project
from mintmark.ledger.state import State
from mintmark.ledger.tables import head_table, journal_table, locked_head, postings_table
from mintmark.ledger.terms import KINDS
from mintmark.runtime import count, declare
from mintmark.store import add_rows

ENTRIES = "mintmark_ledger_entries_total"

declare(ENTRIES, "Entries of the journal, by kind.", kind=tuple(KINDS))

Known = Callable[[Draft], None]
# SQLite binds at most 32,766 values in one statement.
_AT_ONCE = 500


class Batch:
    """Entries on their way into the journal, inside one transaction that holds the head."""

    def __init__(
        self, connection: Connection, journal: Journal, now: datetime, new_id: Callable[[], str], known: Known
    ) -> None:
        self._connection, self._journal = connection, journal
        self.now, self.new_id, self._known = now, new_id, known
        self._sequence, self._head = locked_head(connection)
        self._states: dict[str, State] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._postings: list[tuple[Any, ...]] = []
        self._kinds: Counter[str] = Counter()
        self._outside: dict[tuple[str, str, str], Entry] = {}

    def post(self, drafts: Sequence[Draft], *, suspend: bool = False) -> list[Entry]:
        """Add ``drafts`` and return their entries; nothing is added when one is refused.

        ``suspend``: a trade that cannot be booked goes against Suspense, with the code of its refusal.
        """
        try:
            ready = [self._ready(draft) for draft in drafts]
            self._find_old(ready)
            entries = [self._add(draft, suspend) for draft in ready]
            self.write()
        except BaseException:
            self.drop()
            raise
        return entries

    @property
    def first_free(self) -> int:
        """The sequence number the next entry gets."""
        return self._sequence + 1

    def expect(self, drafts: Iterable[Draft]) -> None:
        """Read at once what is there under the external ids of ``drafts``, which ``attempt`` will add."""
        self._find_old(drafts)

    def attempt(self, draft: Draft, *, known: bool = True) -> Entry:
        """Add one draft; a refusal leaves the others as they are, and ``write`` must follow.

        ``known``: its instruments must be known; a journal that comes back brings its own.
        """
        return self._add(self._ready(draft, known), suspend=False)

    def same(self, old: Entry, draft: Draft) -> bool:
        """Return False: ``draft`` is there as ``old``. Raises: Refused ``external_id_conflict`` where it differs."""
        self._same(old, self._ready(draft, known=False))
        return False

    def drop(self) -> None:
        """Forget what was added: the transaction will not be kept."""
        for code in self._states:
            self._journal.forget(code)

    def add(self, entry: Entry) -> Entry:
        """Add an entry that is booked already; ``write`` must follow."""
        return self._append(entry, self.state(entry.portfolio))

    def state(self, code: str) -> State:
        """Return the state of ``code`` as the batch has it so far."""
        state = self._states.get(code)
        if state is None:
            state = self._states[code] = self._journal.state(
                self._connection, self._journal.book(self._connection, code)
            )
        return state

    def _ready(self, draft: Draft, known: bool = True) -> Draft:
        found = checked(draft, self.now)
        if known:
            self._known(found)
        return found

    def _find_old(self, drafts: Iterable[Draft]) -> None:
        """Read what is there under the external ids of ``drafts``."""
        columns = journal_table.c
        wanted = {(draft.portfolio, draft.source): set[str]() for draft in drafts if draft.external_id}
        for draft in drafts:
            if draft.external_id:
                wanted[draft.portfolio, draft.source].add(draft.external_id)
        for (portfolio, source), ids in wanted.items():
            names = sorted(ids)
            for start in range(0, len(names), _AT_ONCE):
                rows = self._connection.execute(
                    select(columns.sequence, columns.hash, columns.content).where(
                        columns.portfolio == portfolio,
                        columns.source == source,
                        columns.external_id.in_(names[start : start + _AT_ONCE]),
                    )
                )
                for row in rows:
                    self._remember(from_plain(json.loads(row.content), row.sequence, row.hash))

    def _remember(self, entry: Entry) -> None:
        self._outside[entry.portfolio, entry.source, entry.external_id] = entry

    def _add(self, draft: Draft, suspend: bool) -> Entry:
        old = self._outside.get((draft.portfolio, draft.source, draft.external_id)) if draft.external_id else None
        if old is not None:
            return self._same(old, draft)
        state = self.state(draft.portfolio)
        try:
            entry = entry_of(draft, state, self.new_id(), self.now)
        except Refused as refused:
            if not suspend or draft.kind != "trade" or "paid_with" in draft.meta:
                raise
            held_back = replace(draft, meta={**draft.meta, "suspense": refused.code})
            entry = entry_of(held_back, state, self.new_id(), self.now)
        return self._append(entry, state)

    def _same(self, old: Entry, draft: Draft) -> Entry:
        if "suspense" in old.meta and "suspense" not in draft.meta:
            draft = replace(draft, meta={**draft.meta, "suspense": old.meta["suspense"]})
        field = differs(old, draft)
        if field is not None:
            raise Refused(
                f"the entry {draft.external_id} of {draft.source} is there with another {field}",
                code="external_id_conflict",
                external_id=draft.external_id,
                source=draft.source,
                field=field,
                entry=old.id,
            )
        return old

    def _append(self, entry: Entry, state: State) -> Entry:
        said = plain(entry)
        text = written(said)
        self._sequence += 1
        self._head = chained(self._head, text)
        made = entry.placed(self._sequence, self._head)
        state.apply(made)
        self._kinds[entry.kind] += 1
        self._rows.append(
            (
                made.sequence, made.hash, made.id, made.portfolio, made.source, made.external_id or None, made.reverses,
                text,
            )
        )  # fmt: skip
        self._postings += posting_rows(made.sequence, said["postings"])
        if made.external_id:
            self._remember(made)
        return made

    def write(self) -> None:
        """Write what was added: journal, postings, projections, head."""
        if not self._rows:
            return
        add_rows(self._connection, journal_table, self._rows)
        add_rows(self._connection, postings_table, self._postings)
        for state in self._states.values():
            project(self._connection, state)
        self._connection.execute(update(head_table).values(sequence=self._sequence, hash=self._head))
        for kind, added in sorted(self._kinds.items()):
            count(self._connection, ENTRIES, added, kind=kind)
        self._rows, self._postings, self._kinds = [], [], Counter()


def posting_rows(sequence: int, postings: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return the rows of the plain ``postings`` of the entry at ``sequence``, columns as in their table."""
    return [
        (
            sequence, position, posting["account"], posting["commodity"], posting["units"],
            None if posting["cost"] is None else written(posting["cost"]),
            None if posting["price"] is None else written(posting["price"]),
        )
        for position, posting in enumerate(postings)
    ]  # fmt: skip
