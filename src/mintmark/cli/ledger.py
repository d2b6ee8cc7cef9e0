"""``mintmark ledger``: the journal of every portfolio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from mintmark.cli.options import AsJson

group = typer.Typer(
    name="ledger", help="Ledger: post, import, reverse, look, verify, reconcile, export.", no_args_is_help=True
)
Progress = Callable[[int, int], None]

PortfolioOption: TypeAlias = Annotated[
    str | None, typer.Option("--portfolio", metavar="CODE", help="One portfolio. Default: all.")
]
AsOf: TypeAlias = Annotated[
    str | None, typer.Option("--asof", metavar="D", help="Count entries dated up to this day. Default: today.")
]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Do all of it and keep nothing.")]


@contextmanager
def _told(what: str) -> Iterator[Progress]:
    """Show a bar in a terminal while the block runs."""
    from mintmark.cli.output import lively, stderr

    if not lively():
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*columns, console=stderr(), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@group.command("post", epilog="Example: mintmark ledger post entries.json")
def post(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="JSON: one entry, a list, or {entries: [...]}.")],
    as_json: AsJson = False,
) -> None:
    """Post entries, all or none."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_entries
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.post(app, None, answers.read_file(path), most=None), as_json, show_entries)


@group.command(
    "import", epilog="Example: mintmark ledger import trades.csv --portfolio GROWTH --map broker.toml --dry-run"
)
def import_csv(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV of a broker.")],
    portfolio: Annotated[str, typer.Option(metavar="CODE", help="Portfolio the rows go to.")],
    layout: Annotated[
        Path | None, typer.Option("--map", metavar="M", help="TOML that says how the columns read.")
    ] = None,
    source: Annotated[str, typer.Option(metavar="NAME", help="Where the file comes from.")] = "csv",
    pay_lag_days: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, max=365, help="Days from ex-date to pay date where a dividend names none."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import a broker's CSV, all rows or none, every error by its line."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_import
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app, _told("importing") as progress:
        answer = answers.import_csv(
            app,
            None,
            portfolio,
            answers.read_file(path),
            layout=None if layout is None else answers.read_text(layout),
            source=source,
            pay_lag_days=pay_lag_days,
            dry_run=dry_run,
            progress=progress,
        )
    give(answer, as_json, show_import)


@group.command("import-beancount", epilog="Example: mintmark ledger import-beancount ledger.beancount --dry-run")
def import_beancount(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Beancount file; what it includes comes too.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import a Beancount file, all of it or nothing; an own export gives the same head hash."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_import
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app, _told("importing") as progress:
        answer = answers.import_beancount(app, path, dry_run, progress)
    give(answer, as_json, show_import)


@group.command("reverse", epilog="Example: mintmark ledger reverse 00000000-0000-4000-8000-000000000001")
def reverse(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="Id of an entry.")],
    narration: Annotated[str, typer.Option(metavar="TEXT", help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Post the mirror of an entry under its date, and restore its lots."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_entry
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.reverse(app, None, entry_id, narration), as_json, show_entry)


@group.command("entries", epilog="Example: mintmark ledger entries --portfolio GROWTH --search AAPL")
def entries(
    portfolio: PortfolioOption = None,
    search: Annotated[str, typer.Option(metavar="TEXT", help="Text in the entry, or how its hash begins.")] = "",
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List entries, the newest first."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_entries
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.entries(app, None, portfolio, search=search, limit=limit), as_json, show_entries)


@group.command("balances", epilog="Example: mintmark ledger balances --portfolio GROWTH --asof 2014-06-09")
def balances(portfolio: PortfolioOption = None, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """List balances by account."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_balances
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.balances(app, None, portfolio, as_of), as_json, show_balances)


@group.command("lots", epilog="Example: mintmark ledger lots --portfolio GROWTH --asof 2014-06-09")
def lots(
    portfolio: PortfolioOption = None,
    as_of: AsOf = None,
    closed: Annotated[bool, typer.Option("--closed", help="Closed lots too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List lots, oldest first."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_lots
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.lots(app, None, portfolio, as_of, closed=closed), as_json, show_lots)


@group.command("positions", epilog="Example: mintmark ledger positions --portfolio GROWTH --asof 2014-06-09")
def positions(portfolio: PortfolioOption = None, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """List positions, cash, receivables and margin."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_positions
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.positions(app, None, portfolio, as_of), as_json, show_positions)


@group.command("verify", epilog="Example: mintmark ledger verify")
def verify(
    expect: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="Say whether this hash, as printed on an answer, is in the chain."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute the whole chain again and compare every row and anchor with it."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app, _told("verifying") as progress:
        answer = answers.verify(app, expect, progress)
    give(answer, as_json, show_pairs)


@group.command("rebuild", epilog="Example: mintmark ledger rebuild")
def rebuild(as_json: AsJson = False) -> None:
    """Make lots and balances again from the journal."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app, _told("rebuilding") as progress:
        answer = answers.rebuild(app, progress)
    give(answer, as_json, show_pairs)


@group.command("reconcile", epilog="Example: mintmark ledger reconcile PP_2016-03-31_EOD_v1 --portfolio GROWTH")
def reconcile(
    pack_id: Annotated[str, typer.Argument(metavar="PACK", help="Id of the pack that values both sides.")],
    portfolio: PortfolioOption = None,
    statement: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON of a broker's statement: as_of, positions, cash, nav.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold chain, projections, assertions and a broker's statement against each other."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.ledger_shown import show_reconciliation
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app, _told("reconciling") as progress:
        answer = answers.reconcile(app, pack_id, portfolio, statement, progress)
    give(answer, as_json, show_reconciliation)
    if not answer["data"]["passed"]:
        raise typer.Exit(1)


@group.command("export", epilog="Example: mintmark ledger export beancount --out ledger.beancount")
def export(
    form: Annotated[str, typer.Argument(metavar="FORM", help="beancount or csv.")],
    portfolio: PortfolioOption = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to. Default: stdout.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the journal as Beancount text, or its postings as CSV."""
    from mintmark.app import ledger_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        if out is None and not as_json:
            typer.echo(answers.export(app, form, portfolio), nl=False)
            return
        give(answers.export_file(app, form, portfolio, out), as_json, show_pairs)
