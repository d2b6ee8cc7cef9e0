"""Where a figure of an answer comes from: pack, ledger, pattern step, capability, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import DASH, Html, answer_label, as_kind, figure_name, is_signed, plain, read_figure, tag, words
from mintmark.ui.parts import Part, link, stamp
from mintmark.ui.traced import Reasons, sign_of

Body = Mapping[str, Any]
_SHORT = 12


def short(value: str | None) -> str:
    """Return the first signs of a hash."""
    return (value or DASH)[:_SHORT]


class AnswerMark:
    """The drawer of one answer: of the figure that was pressed, or of the whole answer."""

    def __init__(self) -> None:
        self._answer: Body = {}
        with ui.element("aside").classes("drawer").props('data-drawer="mark" aria-label="Mark"'):
            self._drawn = Part(_drawer)

    def about(self, answer: Body, again: str) -> None:
        """Tell of ``answer``; ``again`` is the command that gives it once more."""
        self._answer = {"answer": answer, "again": again}
        self._drawn.show({**self._answer, "path": ""})

    async def pick(self, path: str) -> None:
        """Tell of the figure at ``path``."""
        if self._answer:
            self._drawn.show({**self._answer, "path": path})


def value_at(result: Any, path: str) -> Any:
    """Return what lies at ``path`` of ``result``, None where nothing does.

    A row of a list is named by its number or by the symbol, id or name it carries.
    """
    for key in filter(None, path.split(".")):
        if isinstance(result, Mapping):
            result = result.get(key)
        elif isinstance(result, list):
            result = next((row for own, row in zip(row_keys(result), result, strict=True) if own == key), None)
        else:
            return None
    return result


def row_keys(rows: Sequence[Any]) -> list[str]:
    """Return the names of ``rows`` in a path: a symbol, id or name no other row has, else the place."""
    names = [_own_name(row) for row in rows]
    once = {name for name in names if name is not None and names.count(name) == 1}
    return [name if name in once and name is not None else str(at) for at, name in enumerate(names)]


def _own_name(row: Any) -> str | None:
    if isinstance(row, Mapping):
        for name in ("symbol", "id", "name"):
            if isinstance(row.get(name), str) and "." not in row[name]:
                return str(row[name])
    return None


def _drawer(shown: Body) -> Html:
    answer, path = shown["answer"], shown["path"]
    meta = answer["metadata"]
    close = tag("button", "✕", kind="plain close", type="button", **{"data-closes": "1", "aria-label": "Close"})
    figure = _figure(answer, path) if path else tag("h2", "Mark of this answer")
    chain = _chain(meta["trace"]["steps"], path.partition(".")[0])
    listed = "".join(tag("dt", name) + tag("dd", value) for name, value in _rows(answer, shown["again"]))
    return tag("div", close, figure, chain, tag("dl", Html(listed)))


def _figure(answer: Body, path: str) -> Html:
    name, value = figure_name(path), value_at(answer["result"], path)
    about = " · ".join(path.split(".")[1:-1])
    if value is None:
        told = tag("p", f"{DASH} {Reasons(answer['undefined']).of(path)}", kind="said")
    else:
        told = tag("p", read_figure(name, value), kind=f"said {sign_of(value) if is_signed(name) else ''}".strip())
    title = f"{answer_label(path.rpartition('.')[2])}{f' · {about}' if about else ''}"
    return Html(tag("h2", title) + told + tag("p", tag("code", path), kind="quiet"))


def _chain(steps: list[Body], key: str) -> Html:
    """Return the steps of the pattern in order; the one that made the figure is opened."""
    drawn = [_step(step, step["as"] == key) for step in steps]
    return tag("ol", *drawn, kind="chain", **{"aria-label": "Steps of the pattern"})


def _step(step: Body, here: bool) -> Html:
    head = Html(tag("code", step["capability"]) + tag("span", f" {_STATUS.get(step['status'], step['status'])}"))
    if not here:
        return tag("li", head, kind="quiet")
    said = [
        ("by", step["agent"] or DASH),
        ("took", f"{step['duration_ms']:,.1f} ms"),
        ("inputs present", as_kind("share", step["confidence"])),
        ("sources", plain(step["source"]) or DASH),
        ("good for", as_kind("seconds", step["ttl"])),
    ]
    if step.get("reason"):
        said.insert(0, ("why", words(step["reason"])))
    rows = "".join(tag("div", tag("span", f"{name} ", kind="quiet"), value) for name, value in said)
    return tag("li", head, tag("div", Html(rows)), kind="here")


_STATUS = {"ok": "✓", "cached": "✓ cached", "skipped": "– skipped", "refused": "✗ refused", "error": "✗ broke"}


def _rows(answer: Body, again: str) -> list[tuple[str, Any]]:
    meta = answer["metadata"]
    pack, head = meta["pricing_pack_id"], meta["ledger_commit_hash"]
    pattern = Html(tag("code", meta["pattern_id"]) + tag("div", short(meta["pattern_sha256"]), kind="id quiet"))
    rows: list[tuple[str, Any]] = [
        ("Pack", Html(link(f"/data/{quote(pack)}", pack) + " " + tag("span", meta["pack_state"], kind="quiet"))),
        ("Pack hash", tag("span", meta["pack_sha256"], kind="id")),
        ("Ledger", link(f"/ledger/at/{quote(head)}", tag("span", head, kind="id"))),
        ("As of", meta["asof_date"]),
        ("Pattern", pattern),
        ("Sources", plain(meta["sources"]) or DASH),
        ("Code version", meta["code_version"]),
        ("Made at", stamp(meta["timestamp"])),
        ("Trace, request", Html(_id(answer["trace_id"]) + _id(answer["request_id"]))),
        ("To have it again", Html(tag("code", again, kind="command") + _copy(again))),
    ]
    if meta["attributions"]:
        rows.insert(6, ("Attributions", Html("".join(tag("div", one) for one in meta["attributions"]))))
    return rows


def _id(value: str) -> Html:
    return tag("div", tag("span", value, kind="id"))


def _copy(value: str) -> Html:
    return tag("div", tag("button", "copy", kind="button", type="button", **{"data-copies": value}))
