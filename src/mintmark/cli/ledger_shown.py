"""How the ledger's answers read to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mintmark.cli.output import line, pairs, table, warn

Body = Mapping[str, Any]


def show_entries(body: Body) -> None:
    """Show entries, one a line."""
    rows = [
        (str(one["sequence"]), one["date"], one["portfolio"], one["kind"], one["meta"].get("symbol") or "",
         one["narration"], one["id"], one["hash"][:12])
        for one in body["data"]
    ]  # fmt: skip
    table(["number", "date", "portfolio", "kind", "symbol", "narration", "id", "hash"], rows, right=["number"])


def show_entry(body: Body) -> None:
    """Show one entry with its postings."""
    one = body["data"]
    names = ("id", "sequence", "hash", "portfolio", "kind", "date", "known_at", "reverses", "narration")
    pairs([(name, one[name] if one[name] is None else str(one[name])) for name in names])
    line("")
    rows = [(each["account"], each["units"], each["commodity"]) for each in one["postings"]]
    table(["account", "units", "commodity"], rows, right=["units"])


def show_import(body: Body) -> None:
    """Show what an import brought, or would bring."""
    said = body["data"]
    names = [name for name in said if name != "lines"]
    pairs([(name.replace("_", " "), str(said[name])) for name in names])
    if said["dry_run"] and said["lines"]:
        line("")
        rows = [
            [str(one.get(name) or "") for name in ("line", "date", "kind", "symbol", "units", "amount", "currency")]
            + [one["status"]]
            for one in said["lines"]
        ]
        names = ["line", "date", "kind", "symbol", "units", "amount", "currency", "status"]
        table(names, rows, right=["line", "units", "amount"])
    if said.get("assumed_pay_dates"):
        warn(f"{said['assumed_pay_dates']} dividends have an assumed pay date")


def show_balances(body: Body) -> None:
    """Show balances, one a line."""
    rows = [(one["portfolio"], one["account"], one["units"], one["commodity"]) for one in body["data"]]
    table(["portfolio", "account", "units", "commodity"], rows, right=["units"])


def show_lots(body: Body) -> None:
    """Show lots, one a line."""
    names = ["portfolio", "id", "units", "cost", "currency", "fx", "fee"]
    rows = [[str(one[name] if one[name] is not None else "") for name in names] for one in body["data"]]
    table(names, rows, right=["units", "cost", "fx", "fee"])


def show_positions(body: Body) -> None:
    """Show what each portfolio holds."""
    rows = []
    for one in body["data"]:
        code = one["portfolio"]
        rows += [
            (code, held["symbol"] + (" on margin" if held["margin"] else ""), held["units"], held["cost"],
             held["currency"], str(held["lots"]))
            for held in one["positions"]
        ]  # fmt: skip
        rows += [(code, "cash", amount, "", currency, "") for currency, amount in one["cash"].items()]
        rows += [(code, "margin", amount, "", currency, "") for currency, amount in one["margin"].items()]
        rows += [
            (code, f"owed by {owed['symbol']}", owed["amount"], "", owed["currency"], "") for owed in one["receivables"]
        ]
    table(["portfolio", "holds", "units", "cost", "currency", "lots"], rows, right=["units", "cost", "lots"])
    for one in body["data"]:
        for warning in one["warnings"]:
            warn(f"{one['portfolio']}: {warning['message']}")


def show_reconciliation(body: Body) -> None:
    """Show what was checked, then what does not agree."""
    said = body["data"]
    pairs([(name.replace("_", " "), str(said[name])) for name in said if name != "failures"])
    if said["failures"]:
        line("")
        rows = [(one["code"], one["portfolio"] or "", one["message"], one["observed"] or "", one["limit"] or "")
                for one in said["failures"]]  # fmt: skip
        table(["code", "portfolio", "what", "observed", "limit"], rows)
