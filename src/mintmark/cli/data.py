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
    announce_lead_days: Annotated[
        int | None,
        typer.Option(metavar="N", help="Take rows without an announced day as known N days before their ex day."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import corporate actions."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(answers.actions(app, path, announce_lead_days), as_json, show_pairs)


@group.command("harvest", epilog="Example: mintmark data harvest fred macro UNRATE --vintages")
def harvest(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="fmp, polygon, fred or newsapi.")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="fundamentals, bars, actions, macro or news.")],
    symbol: SymbolArgument,
    since: Annotated[str | None, typer.Option(metavar="D", help="First day of bars, first moment of news.")] = None,
    until: Annotated[str | None, typer.Option(metavar="D", help="Last day of bars.")] = None,
    quarterly: Annotated[bool, typer.Option("--quarterly", help="Quarterly statements instead of annual.")] = False,
    vintages: Annotated[bool, typer.Option("--vintages", help="Every value under the day it was released.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a provider and store what it gives; what fails waits among the dead letters."""
    from mintmark.app import harvest_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    more = {"since": since, "until": until}
    more |= {"frequency": "quarterly"} if quarterly else {}
    with opened() as app:
        answer = harvest_answers.harvest(
            app, provider, kind, symbol, {**more, **({"vintages": True} if vintages else {})}
        )
        give(answer, as_json, show_pairs)


SourceOption = Annotated[str, typer.Option(metavar="NAME", help="Where the file comes from.")]
RightsOption = Annotated[str, typer.Option(metavar="R", help="What the data may be used for.")]
ScaleOption = Annotated[str, typer.Option(metavar="X", help="What a number as printed is multiplied by: percent 0.01.")]
FileArgument = Annotated[Path, typer.Argument(metavar="PATH", help="CSV, JSON or parquet file.")]


@group.command(
    "import-macro",
    epilog="Example: mintmark data import-macro treasury.csv --series DGS10=10year --series DGS2=2year --dates date "
    '--frequency daily --unit "fraction per year" --source file:treasury',
)
def import_macro(
    path: FileArgument,
    series: Annotated[list[str], typer.Option(metavar="NAME=COLUMN", help="A series and its column; repeatable.")],
    dates: Annotated[str, typer.Option(metavar="COLUMN", help="Column with the day the period begins on.")],
    frequency: Annotated[str, typer.Option(metavar="F", help="daily, monthly or quarterly.")],
    unit: Annotated[str, typer.Option(metavar="U", help="Unit of the stored values, such as index.")],
    source: SourceOption,
    scale: ScaleOption = "1",
    rights: RightsOption = "research_only",
    release_days: Annotated[
        int | None,
        typer.Option(metavar="N", help="Days from the end of a period to its release. Default: daily 1, quarterly 30."),
    ] = None,
    release_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the day of release; it wins over the rule.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=TEXT", help="Take only rows with this text; repeatable.")
    ] = None,
    zero_is_missing: Annotated[bool, typer.Option("--zero-is-missing", help="Read a zero as not yet known.")] = False,
    average: Annotated[bool, typer.Option("--average", help="Values are means over their period, no fixings.")] = False,
    vintages: Annotated[
        bool, typer.Option("--vintages", help="A period may stand several times, under the day of each release.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import macro series with their unit, scale and days of release."""
    from mintmark.app import data_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_series

    with opened() as app:
        answer = data_answers.import_macro(
            app,
            path,
            series=series,
            dates=dates,
            frequency=frequency,
            unit=unit,
            scale=scale,
            source=source,
            rights=rights,
            release_days=release_days,
            released=release_column,
            where=tuple(where or ()),
            zero_is_missing=zero_is_missing,
            average=average,
            vintages=vintages,
        )
        give(answer, as_json, show_series)


@group.command(
    "import-fundamentals",
    epilog="Example: mintmark data import-fundamentals figures.csv --source file:filings --currency USD",
)
def import_fundamentals(
    path: FileArgument,
    source: SourceOption,
    currency: Annotated[str, typer.Option(metavar="C", help="Currency of values without a unit.")],
    scale: Annotated[str, typer.Option(metavar="X", help="What money as printed is multiplied by.")] = "1",
    rights: RightsOption = "research_only",
    as_json: AsJson = False,
) -> None:
    """Import reported figures: symbol, period_end, frequency, item, value, perhaps unit and released."""
    from mintmark.app import data_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        answer = data_answers.import_fundamentals(
            app, path, source=source, rights=rights, currency=currency, scale=scale
        )
        give(answer, as_json, show_pairs)


@group.command("import-news", epilog="Example: mintmark data import-news headlines.json --source file:desk")
def import_news(
    path: FileArgument, source: SourceOption, rights: RightsOption = "research_only", as_json: AsJson = False
) -> None:
    """Import headlines: published, title, url, publisher, symbols; their text is not kept."""
    from mintmark.app import data_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(data_answers.import_news(app, path, source=source, rights=rights), as_json, show_pairs)
