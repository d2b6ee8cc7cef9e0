"""``mintmark data``: bring market data in and look at its quality."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mintmark.cli.options import AsJson, SymbolArgument

group = typer.Typer(name="data", help="Market data: import, fetch, sample, quality.", no_args_is_help=True)

TimeframeOption = Annotated[str, typer.Option("--timeframe", metavar="TF", help="1m 5m 15m 30m 1h 4h 1d or 1w.")]


@group.command(
    "import",
    epilog="Example: mintmark data import EURUSD_H1.csv --symbol EURUSD --timeframe 1h --asset-class fx "
    "--source broker --timezone NY+7",
)
def import_file(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="CSV, parquet or JSON file of bars.")],
    symbol: Annotated[str, typer.Option(metavar="S", help="Symbol the series gets.")],
    timeframe: TimeframeOption,
    asset_class: Annotated[str, typer.Option(metavar="C", help="index, equity, etf, fx, crypto or commodity.")],
    source: Annotated[str, typer.Option(metavar="NAME", help="Where the file comes from.")],
    currency: Annotated[str | None, typer.Option(metavar="C", help="Quote currency.")] = None,
    instrument: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML with the instrument and its costs.")
    ] = None,
    layout: Annotated[str, typer.Option(metavar="L", help="plain, mt5, ccxt or auto.")] = "auto",
    timezone: Annotated[
        str | None, typer.Option(metavar="Z", help="IANA name or NY+7, for stamps without an offset.")
    ] = None,
    calendar: Annotated[str | None, typer.Option(metavar="K", help="XNYS, 24x5 or 24x7.")] = None,
    price_basis: Annotated[str, typer.Option(metavar="B", help="raw, or adjusted for splits and dividends.")] = "raw",
    rights: Annotated[str, typer.Option(metavar="R", help="What the data may be used for.")] = "research_only",
    start: Annotated[str | None, typer.Option("--from", metavar="D", help="Import from this day on.")] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Drop the rows that break RULE; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import a file of bars, or refuse it with the rows that are wrong."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_quality

    with opened() as app:
        answer = answers.import_file(
            app,
            path,
            symbol=symbol,
            timeframe=timeframe,
            asset_class=asset_class,
            source=source,
            currency=currency,
            instrument_file=instrument,
            layout=layout,
            timezone=timezone,
            calendar=calendar,
            rights=rights,
            price_basis=price_basis,
            start=start,
            drop=tuple(drop or ()),
        )
        give(answer, as_json, show_quality)


@group.command("fetch", epilog="Example: mintmark data fetch kraken BTC/USD --timeframe 1h --since 2025-01-01")
def fetch(
    exchange: Annotated[str, typer.Argument(metavar="EXCHANGE", help="Name of an exchange, such as kraken.")],
    symbol: SymbolArgument,
    timeframe: TimeframeOption,
    since: Annotated[str, typer.Option(metavar="D", help="First day.")],
    until: Annotated[str | None, typer.Option(metavar="D", help="Last day. Default: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch public bars from an exchange; a second call goes on where the first ended."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_quality

    with opened() as app:
        answer = answers.fetch(app, exchange, symbol, timeframe=timeframe, since=since, until=until)
        give(answer, as_json, show_quality)


@group.command("sample", epilog="Example: mintmark data sample")
def sample(as_json: AsJson = False) -> None:
    """Load the bundled sample series and seal them into a pack; twice changes nothing."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_sealed

    with opened() as app:
        give(answers.sample(app), as_json, show_sealed)


@group.command("list", epilog="Example: mintmark data list")
def list_series(as_json: AsJson = False) -> None:
    """List the imported series."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_series

    with opened() as app:
        give(answers.series(app), as_json, show_series)


@group.command("quality", epilog="Example: mintmark data quality SP500 1d")
def quality(
    symbol: SymbolArgument,
    timeframe: Annotated[str, typer.Argument(metavar="TF", help="Timeframe of the series.")],
    as_json: AsJson = False,
) -> None:
    """Show the quality report of one series."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_quality

    with opened() as app:
        give(answers.quality(app, symbol, timeframe), as_json, show_quality)


@group.command("actions", epilog="Example: mintmark data actions splits_and_dividends.csv")
def actions(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="CSV of splits and dividends.")],
    as_json: AsJson = False,
) -> None:
    """Import corporate actions."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(answers.actions(app, path), as_json, show_pairs)
