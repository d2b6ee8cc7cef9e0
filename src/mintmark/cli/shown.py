"""How each answer reads to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mintmark.cli.output import line, pairs, table
from mintmark.domain import CHECKS, as_kind, duration_text, plain

Body = Mapping[str, Any]


def show_status(body: Body) -> None:
    """Show cycles, workers, budget and capacity."""
    active = body["active_researches"]
    if active:
        table(
            ["cycle", "phase", "strategy", "child", "running"],
            [
                (
                    cycle["operation_id"],
                    "waiting for a worker" if cycle["waiting_for_worker"] else cycle["phase"],
                    cycle["strategy_name"],
                    cycle["child_operation_id"],
                    duration_text(cycle["duration_seconds"]),
                )
                for cycle in active
            ],
        )
        line("")
    rows: list[tuple[str, Any]] = [("status", body["status"])]
    if body["progress"]:
        rows.append(("progress", f"{body['progress']['percentage']:.1f}%  {body['progress']['current_step'] or ''}"))
    if body["last_cycle"]:
        rows += _last_cycle(body["last_cycle"])
    rows += [
        (name.replace("_", " "), f"{slots['busy']} of {slots['total']} busy") for name, slots in body["workers"].items()
    ]
    rows += [
        ("budget", _budget_line(body["budget"])),
        ("capacity", "{active} of {limit} cycles".format(**body["capacity"])),
    ]
    pairs(rows)


def _last_cycle(last: Body) -> list[tuple[str, Any]]:
    came_of_it = last["verdict"] or last["error_message"] or ""
    said = f"{last['outcome']}  {last['strategy_name'] or ''}  {came_of_it}"
    return [("last cycle", last["operation_id"]), ("", " ".join(said.split()))]


def _budget_line(budget: Body) -> str:
    if budget["daily_limit"] is None:
        return "no limit"
    return f"{budget['remaining']} of {budget['daily_limit']} {budget['currency']} left today"


def show_budget(body: Body) -> None:
    """Show the day's spend."""
    events = body["spend_events"]
    pairs((name.replace("_", " "), value) for name, value in body.items() if name != "spend_events")
    if events:
        names = ["at", "operation_id", "model", "input_tokens", "output_tokens", "amount"]
        table([name.replace("_", " ") for name in names], [[event[name] for name in names] for event in events])


def show_cancelled(body: Body) -> None:
    """Show what was cancelled."""
    data = body["data"]
    line(f"cancelled  {data['operation_id']}")
    for child in data["children_cancelled"]:
        line(f"cancelled  {child}")
    line(f"to go on:  mintmark operations resume {data['operation_id']}")


def show_operations(body: Body) -> None:
    """Show a page of operations."""
    operations_table(body["data"])
    line(f"{len(body['data'])} of {body['total_count']}, {body['active_count']} active")


def operations_table(rows: Sequence[Body]) -> None:
    """Show operations, one a row."""
    table(
        ["id", "status", "phase", "done", "took", "created", "says"],
        [
            (
                row["operation_id"],
                row["status"],
                row["phase"] or "",
                f"{row['progress']['percentage']:.0f}%",
                duration_text(row["duration_seconds"]),
                row["created_at"],
                row["error_message"] or row["cancel_reason"] or row["progress"]["current_step"] or "",
            )
            for row in rows
        ],
        right=["done", "took"],
    )


def show_operation(data: Body, children: Sequence[Body], gates: Sequence[Body], events: Sequence[Body]) -> None:
    """Show one operation with what belongs to it."""
    names = ["operation_id", "operation_type", "status", "phase", "parent_operation_id", "created_at", "started_at"]
    names += ["completed_at", "duration_seconds", "worker_id", "starts", "takeovers", "checkpoint", "cancel_reason"]
    rows = [(name.replace("_", " "), data[name]) for name in names if data[name] is not None]
    rows.append(("progress", f"{data['progress']['percentage']:.1f}%  {data['progress']['current_step'] or ''}"))
    if data["error"]:
        rows.append(("error", f"{data['error']['code']}: {data['error']['message']}"))
    rows += [("warning", warning) for warning in data["warnings"]]
    pairs(rows)
    for title, found in (("children", children),):
        if found:
            line(f"\n{title}", "bold")
            operations_table(found)
    if gates:
        line("\ngates", "bold")
        show_gates(gates)
    if data["result_summary"]:
        line("\nresult", "bold")
        pairs((name, _short(value)) for name, value in data["result_summary"].items())
    line("\nevents", "bold")
    table(["at", "kind", "from", "to", "worker"], [[event[name] or "" for name in _EVENT] for event in events])


_EVENT = ("at", "kind", "from", "to", "worker_id")


def _short(value: Any) -> str:
    said = plain(value)
    return said if len(said) <= 160 else f"{said[:157]}..."


def show_gates(gates: Sequence[Body]) -> None:
    """Show each check of the gates: observed against limit."""
    rows, styles = [], []
    for gate in gates:
        label, sign, kind = CHECKS.get(gate["code"], (gate["code"], "", "ratio"))
        mark = "✓ yes" if gate["passed"] else ("✗ no, decisive" if gate["decisive"] else "✗ no")
        observed = "missing" if gate["observed"] is None else as_kind(kind, gate["observed"])
        rows.append((gate["gate"], label, observed, sign, as_kind(kind, gate["limit"]), mark))
        styles.append(None if gate["passed"] else ("bold red" if gate["decisive"] else "red"))
    table(["gate", "check", "observed", "", "limit", "passed"], rows, right=["observed", "limit"], styles=styles)


def show_strategies(body: Body) -> None:
    """Show the strategies."""
    names = ["name", "verdict", "approved", "created_at", "hash"]
    table([name.replace("_", " ") for name in names], [[row[name] for name in names] for row in body["data"]])


def show_strategy(body: Body) -> None:
    """Show one strategy as YAML, and its evidence."""
    import yaml

    data = body["data"]
    pairs(
        (name, _short(value))
        for name, value in data.items()
        if name not in ("spec", "yaml", "evidence") and value is not None
    )
    line("")
    line(str(data.get("yaml") or yaml.safe_dump(data["spec"], sort_keys=False, allow_unicode=True)).rstrip())
    if data.get("evidence"):
        line("\nevidence", "bold")
        pairs((name, _short(value)) for name, value in data["evidence"].items())


def show_validation(body: Body) -> None:
    """Show every error and warning with its place."""
    if body["valid"]:
        warm = body["warmup_bars"]
        line(f"valid: {len(body['feature_names'])} features, {plain(warm)} bars of warm-up", "green")
    for problem in body["errors"]:
        hint = f"; did you mean {problem['suggestion']}?" if problem.get("suggestion") else ""
        line(f"error    {problem['path']}: {problem['message']}{hint}  [{problem['code']}]")
    for warning in body["warnings"]:
        line(f"warning  {plain(warning)}")


def show_lookahead(body: Body) -> None:
    """Show whether later bars change earlier decisions."""
    cuts, bars = body["cuts"], ", ".join(f"{symbol} {plain(count)}" for symbol, count in body["bars"].items())
    line(f"{body['strategy_name']} on {body['pack_id']}: {cuts} cuts, bars {bars}")
    line(
        f"clean: no {' or '.join(body['asked'])} change when later bars do" if body["clean"] else "leaks:",
        "green" if body["clean"] else "red",
    )
    for leak in body["leaks"]:
        line(f"  {plain(leak)}")


def show_series(body: Body) -> None:
    """Show the imported series."""
    _rows(body["data"])


def show_packs(body: Body) -> None:
    """Show the packs."""
    _rows(body["data"])


def show_workers(body: Body) -> None:
    """Show the workers."""
    names = ["worker_id", "live", "busy", "slots", "pid", "last_heartbeat", "queues"]
    table([name.replace("_", " ") for name in names], [[row[name] for name in names] for row in body["data"]])
    if not body["data"]:
        line("no worker has ever been here; start one with: mintmark worker")


def show_quality(body: Body) -> None:
    """Show a quality report, its warnings below."""
    data = body.get("data", body)
    show_pairs({name: value for name, value in data.items() if name != "warnings"})
    for warning in data.get("warnings", ()):
        line(f"warning  {warning['message']}  [{warning['code']}]", "yellow")


def show_sealed(body: Body) -> None:
    """Show what was sealed, with its series."""
    data = body["data"]
    pairs(
        (str(name).replace("_", " "), value)
        for name, value in data.items()
        if value is not None and not isinstance(value, list)
    )
    spans = ("rows", "first", "last")
    bars = data["series"] if isinstance(data.get("series"), list) else ()
    series = [(f"{one['symbol']} {one['timeframe']}", *(one[name] for name in spans)) for one in bars]
    series += [(one["name"], *(one[name] for name in spans)) for one in data.get("macro", ())]
    if series:
        line("")
        table(["series", *spans], series, right=["rows"])


def show_pack(body: Body) -> None:
    """Show the manifest of a pack."""
    import yaml

    line(yaml.safe_dump(dict(body["data"]), sort_keys=False, allow_unicode=True).rstrip())


def show_letters(body: Body) -> None:
    """Show dead letters."""
    names = ("request_key", "queue", "status", "attempts", "next_try_at", "last_error")
    rows = [[str(one[name])[:12] if name == "request_key" else one[name] for name in names] for one in body["data"]]
    if not rows:
        line("no dead letters")
        return
    table([name.replace("_", " ") for name in names], rows)


def show_pairs(body: Body) -> None:
    """Show an answer as named values."""
    data = body.get("data", body)
    pairs((str(name).replace("_", " "), _short(value)) for name, value in data.items() if value is not None)


def _rows(rows: Sequence[Body]) -> None:
    if not rows:
        line("nothing yet; load the sample with: mintmark data sample")
        return
    names = list(
        dict.fromkeys(name for row in rows for name, value in row.items() if not isinstance(value, (dict, list)))
    )
    table([name.replace("_", " ") for name in names], [[row.get(name) for name in names] for row in rows])
