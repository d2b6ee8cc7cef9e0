"""``mintmark gates``: what the gates let through that they should not, and hold back that they should not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mintmark.cli.options import AsJson, Pack, Seed
from mintmark.domain import EXIT_FOLLOWED_FAILED

if TYPE_CHECKING:
    from mintmark.app import SelfTestRequest

group = typer.Typer(name="gates", help="Gates: what they answer to noise and to a planted edge.", no_args_is_help=True)

_PAGE = """# The gates, tested

`mintmark gates selftest` feeds the gates with cycles nobody asked for and counts what passes. A cycle here is the
real one: the same training, walk-forward, backtest, gates and rubric, on bars made for the purpose.

- **Noise.** {symbols}, {series}, with their moves in another order: distribution and drift stay, any
  pattern goes. On each path a strategy drawn at random from the designer's space. Whatever passes is luck.
- **The edge.** The same paths with a drift of {size} deviations of a bar's move added, up or down, that turns
  every {turning} bars on average, and one strategy that can read it. Who knew the drift would have a yearly
  Sharpe ratio of {sharpe} before costs.

{table}

Both gates are asked whatever the other says; `promising` needs both, and the rubric. Each cycle counts its own
nine tries only, the fewest a cycle can have: where more was tried the deflated Sharpe ratio asks for more. The
intervals are exact (Clopper and Pearson). Noise may be promising in at most 5 % of the cycles, the edge must be
in at least 80 %; the command leaves 8 otherwise, and `make test-long` fails. With seed {seed}: {answer}.

`POST /api/v1/selftests` and the page Research start the same test; `mintmark operations resume` goes on with one that
was stopped. This page is written by `mintmark gates selftest --page docs/gates.md`.
"""


@group.command("selftest", epilog="Example: mintmark gates selftest --cycles 200 --edges 50 --workers 2")
def selftest(
    cycles: Annotated[int, typer.Option(metavar="N", help="Cycles of random strategies on noise.")] = 200,
    edges: Annotated[int, typer.Option(metavar="N", help="Cycles with an edge of each size.")] = 50,
    size: Annotated[
        list[float] | None,
        typer.Option(
            metavar="SIZE",
            help="Drift of the edge, in deviations of a bar's move; one or more, judged by the first. Default: 0.8.",
        ),
    ] = None,
    turning: Annotated[int, typer.Option(metavar="BARS", help="Bars until the drift turns, on average.")] = 10,
    symbol: Annotated[list[str] | None, typer.Option(metavar="SYMBOL", help="Series to redraw, one or more.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="Timeframe. Default: the coarsest base of the pack.")] = None,
    pack: Pack = None,
    seed: Seed = None,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes that share the cycles.")] = 1,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the answer as a page of the docs, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Feed the gates with noise and with an edge of known size; leave 8 when they fail.

    Random strategies on permuted real bars must end promising in at most 5 % of the cycles, the
    strategy that reads the planted edge in at least 80 %. Ctrl+C stores the cycles that have ended.
    """
    from mintmark.app import SelfTestRequest, read_request

    asked = {"cycles": cycles, "edges": edges, "sizes": size or None, "turning": turning, "symbols": symbol or None}
    given = {"timeframe": timeframe, "pack_id": pack, "random_state": seed, "workers": workers}
    _follow(read_request(SelfTestRequest, {**asked, **given}), page, as_json)


def _follow(request: SelfTestRequest, page: Path | None, as_json: bool) -> None:
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import write_json
    from mintmark.cli.starting import to_the_end
    from mintmark.store import write_atomic

    with opened() as app:
        started = answers.selftest(app, request)
        document, code = to_the_end(app, started["operation_id"], started, as_json)
        answer: Mapping[str, Any] | None = document["data"]["result_summary"]
        if answer is None:
            if as_json:
                write_json(document)
            raise typer.Exit(code)
        if page is not None:
            write_atomic(page, page_of(answer).encode())
        if as_json:
            write_json({**started, **answer, "outcomes": answers.selftest_outcomes(app, started["operation_id"])})
    if not answer["sound"]:
        raise typer.Exit(EXIT_FOLLOWED_FAILED)


def page_of(answer: Mapping[str, Any]) -> str:
    """Return the page of the docs that shows ``answer``."""
    from mintmark.research import SELFTEST_HEADS, selftest_rows

    heads = [head if head[0].isdigit() else head[0].lower() + head[1:] for head in SELFTEST_HEADS]
    lines = [" | ".join(row) for row in (heads, ["---"] * len(heads), *selftest_rows(answer["rates"]))]
    planted = answer["planted"]
    return _PAGE.format(
        table="\n".join(f"| {line} |" for line in lines),
        symbols=" and ".join(answer["symbols"]),
        series=f"{answer['timeframe']} of {answer['pack_id']}",
        size=" or ".join(f"{one['size']:g}" for one in planted),
        turning=answer["turning"],
        sharpe=" or ".join(f"{one['sharpe_ratio']:.1f}" for one in planted),
        seed=answer["random_state"],
        answer="sound" if answer["sound"] else "not sound",
    )


def show_selftest(operation: Mapping[str, Any], home: Path) -> None:
    """Print the rates, and what they were measured on."""
    from mintmark.cli.output import line, pairs, table
    from mintmark.domain import duration_text
    from mintmark.research import SELFTEST_HEADS, selftest_rows

    answer: Mapping[str, Any] = operation["result_summary"]
    table(SELFTEST_HEADS, selftest_rows(answer["rates"]), right=SELFTEST_HEADS[2:5])
    line("")
    edges = [
        ("edge", f"{one['size']:g} deviations a bar, turning every {one['bars']} bars; who knows it has a yearly "
                 f"Sharpe ratio of {one['sharpe_ratio']:.1f}")
        for one in answer["planted"]
    ]  # fmt: skip
    pairs(
        [
            *edges,
            ("bars", f"{', '.join(answer['symbols'])} {answer['timeframe']} of {answer['pack_id']}, permuted"),
            ("seed", answer["random_state"]),
            ("asked", "noise promising at most 5 %, the edge at least 80 %"),
            ("answer", "sound" if answer["sound"] else "NOT SOUND"),
            ("sheet", str(home / answer["sheet_path"])),
            ("operation", operation["operation_id"]),
            ("took", duration_text(operation["duration_seconds"])),
        ]
    )
