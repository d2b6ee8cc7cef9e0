"""The journal as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from mintmark.domain import plain_decimal
from mintmark.ledger.entries import Entry, stamp

_HEAD = (
    "sequence", "hash", "id", "portfolio", "date", "kind", "source", "external_id", "narration", "known_at", "account",
    "units", "commodity", "cost_total", "cost_commodity", "acquired", "label", "price", "price_total",
    "price_commodity",
)  # fmt: skip
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def postings_csv(entries: Iterable[Entry]) -> str:
    """Return one line for each posting; a text that a spreadsheet would compute gets an apostrophe."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    for entry in entries:
        said = [_safe(one) for one in (entry.source, entry.external_id, entry.narration)]
        place = [entry.sequence, entry.hash, entry.id, entry.portfolio, entry.date, entry.kind]
        for posting in entry.postings:
            cost, price = posting.cost, posting.price
            lot = ["", "", "", ""]
            if cost is not None:
                lot = [plain_decimal(cost.total), cost.commodity, cost.acquired.isoformat(), _safe(cost.label)]
            priced = ["", "", ""]
            if price is not None:
                amounts = ["" if one is None else plain_decimal(one) for one in (price.amount, price.total)]
                priced = [*amounts, price.commodity]
            moved = [posting.account, plain_decimal(posting.units), posting.commodity]
            rows.writerow([*place, *said, stamp(entry.known_at), *moved, *lot, *priced])
    return text.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_DANGEROUS) else text
