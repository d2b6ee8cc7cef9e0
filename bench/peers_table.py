"""From what each engine answered to figures: what may be compared, and how they stand to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from figures import Figure, above, below, seen

# An engine may leave its last trade open, or start a bar earlier: no more than that.
TOLERANCE = {"trades": 0.001, "net_profit": 0.01, "sharpe_ratio": 1e-6, "max_drawdown": 1e-6, "total_return": 1e-6}


@dataclass(frozen=True)
class Answer:
    """What an engine said of one task: its least seconds and memory over ``rounds``, and what it found."""

    engine: str
    seconds: float
    peak_mib: float
    parts: str
    found: Mapping[str, Any]
    rounds: int = 1

    @property
    def whole_seconds(self) -> float:
        """The seconds of the whole task, scaled up where only a part was done."""
        return self.seconds / float(self.found.get("part", 1.0))


@dataclass(frozen=True)
class Missing:
    """A task nobody answered, and why."""

    engine: str
    why: str


Said = Answer | Missing


def best_of(answers: Sequence[Answer]) -> Answer:
    """Return one answer for several rounds of a task: the least time, and the least memory.

    A first round may hold the compiler too; the later ones find its work in the cache.

    Raises:
        ValueError: the rounds did not find the same.
    """
    first = answers[0]
    if any(answer.found != first.found for answer in answers):
        raise ValueError(f"{first.engine} did not find the same in {len(answers)} rounds")
    seconds, peak = min(one.seconds for one in answers), min(one.peak_mib for one in answers)
    return Answer(first.engine, seconds, peak, first.parts, first.found, len(answers))


def unlike(ours: Answer, peer: Answer) -> str:
    """Return where the two did not do the same work, nothing where they did.

    A peer that did a part is held against the same part of ours.
    """
    mine = ours.found["tenth"] if "part" in peer.found else ours.found
    apart = [
        f"{name.replace('_', ' ')} {peer.found[name]:,.6g}, ours {mine[name]:,.6g}"
        for name, tolerance in TOLERANCE.items()
        if name in mine and abs(peer.found[name] - mine[name]) > tolerance * abs(mine[name])
    ]
    return f"compares unlike things: {'; '.join(apart)}" if apart else ""


def took(what: str, said: Said, most: float | None = None) -> Figure:
    """Return how many milliseconds an engine took."""
    name = f"{what}: {said.engine}"
    if isinstance(said, Missing):
        return lost(name, "ms", "<", most, said)
    return replace(_below(name, said.whole_seconds * 1e3, "ms", most), note=_found(said))


def memory(what: str, said: Said, most: float | None = None) -> Figure:
    """Return the most memory the engine's process held."""
    name = f"{what}: {said.engine}"
    return lost(name, "MiB", "<", most, said) if isinstance(said, Missing) else _below(name, said.peak_mib, "MiB", most)


def faster(what: str, ours: Said, peer: Said, least: float | None = None) -> Figure:
    """Return how many times our seconds the peer's are; unjudged where one is missing or did other work."""
    name = f"{what}: faster than {peer.engine}"
    if isinstance(ours, Missing):
        return lost(name, "times", ">", least, ours)
    if isinstance(peer, Missing):
        return lost(name, "times", ">", least, peer)
    ratio = peer.whole_seconds / ours.whole_seconds
    if why := unlike(ours, peer):
        return Figure(name, ratio, "times", _target(">", least), None, why)
    return seen(name, ratio, "times") if least is None else above(name, ratio, "times", least)


def growth(what: str, long: Said, short: Said, most: float | None = None) -> Figure:
    """Return how many times as long the longer run takes."""
    name = f"{what}: {long.engine}"
    if isinstance(long, Missing):
        return lost(name, "times", "<", most, long)
    if isinstance(short, Missing):
        return lost(name, "times", "<", most, short)
    return _below(name, long.seconds / short.seconds, "times", most)


def lost(name: str, unit: str, sign: str, limit: float | None, missing: Missing) -> Figure:
    """Return the figure of what could not be measured."""
    return Figure(name, None, unit, _target(sign, limit), None, missing.why)


def _below(name: str, value: float, unit: str, most: float | None) -> Figure:
    return seen(name, value, unit) if most is None else below(name, value, unit, most)


def _target(sign: str, limit: float | None) -> str:
    return "" if limit is None else f"{sign} {limit:g}"


def _found(said: Answer) -> str:
    found, words = said.found, []
    if "trades" in found:
        words.append(f"{found['trades']:,.0f} trades, net {found['net_profit']:,.2f}")
    if "metrics" in found:
        words.append(f"{found['metrics']} metrics")
    if "part" in found:
        words.append(f"{found['part']:g} of it was run, the time is scaled up")
    if said.rounds == 1:
        words.append("measured once")
    words.append(said.parts)
    return "; ".join(words)


def figures(said: Mapping[tuple[str, str], Said]) -> list[Figure]:
    """Return every row of the comparison from what was said of each engine and task."""
    run, short, sweep, returns = (
        "a backtest of 1,000,000 bars", "1,000,000 bars / 100,000 bars", "a sweep of 1,000 pairs x 5,000 bars",
        "metrics of 10,000 returns",
    )  # fmt: skip
    ours, swept, judged = said["mintmark", "run"], said["mintmark", "sweep"], said["mintmark", "returns"]
    plain, stats = said["vectorbt", "run"], said["vectorbt", "run_stats"]
    slow, slowest = said["backtesting", "run"], said["nautilus", "run"]
    many, part = said["vectorbt", "sweep"], said["backtesting", "sweep"]
    return [
        *(took(run, one) for one in (ours, plain, stats, slow, slowest)),
        faster(run, ours, plain, 5),
        faster(run, ours, stats),
        faster(run, ours, slow, 100),
        faster(run, ours, slowest, 1_000),
        growth(short, ours, said["mintmark", "run_short"], 12),
        growth(short, slowest, said["nautilus", "run_short"]),
        *(took(sweep, one) for one in (swept, many, part)),
        faster(sweep, swept, many, 10),
        faster(sweep, swept, part),
        memory("memory of that backtest", ours, 450),
        memory("memory of that backtest", stats),
        memory("memory of that sweep", swept, 400),
        memory("memory of that sweep", many),
        took(returns, judged, 5),
        took(returns, said["quantstats", "returns"]),
        faster(returns, judged, said["quantstats", "returns"]),
    ]
