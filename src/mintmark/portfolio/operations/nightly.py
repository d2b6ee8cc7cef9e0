"""The night of a policy: from a sealed pack to alerts, in seven steps that may each be done again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from mintmark.data import PREWARM_STEPS, DataRoom, Needs, Reads
from mintmark.domain import Clock, Fault, MintmarkError, Refused, iso
from mintmark.ledger import Ledger, LedgerView, statement_from
from mintmark.portfolio.context import Actor
from mintmark.portfolio.nights import (
    NEVER_BLOCKS,
    STEPS,
    StepWork,
    begins_at,
    checked_policy,
    is_traded,
    night_report,
    step_report,
)
from mintmark.portfolio.operations import night_rows as rows
from mintmark.portfolio.operations.alerting import SYSTEM_NIGHT, Alerts
from mintmark.portfolio.operations.observing import MACRO, OVERVIEW, Asks, Observer
from mintmark.portfolio.playbooks import blocked_playbook
from mintmark.portfolio.question import Question
from mintmark.portfolio.stepping import StepRefused
from mintmark.portfolio.tables import OwnedPortfolio, active_portfolios
from mintmark.store import Database

log = logging.getLogger(__name__)
Progress = Callable[[float, str], None]


class NightBlocked(Fault):
    """A step stopped the night; ``report`` says which, and why."""

    code = "nightly_blocked"

    def __init__(self, message: str, report: dict[str, Any]) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True)
class NightHouse:
    """The parts a night works with. ``ask`` is the executor that keeps what it computes for later."""

    database: Database
    clock: Clock
    data: DataRoom
    ledger: Ledger
    alerts: Alerts
    ask: Asks


class Night:
    """Runs nights. ``at`` is told each point a night passes, so that a test can stop it there."""

    def __init__(self, house: NightHouse, at: Callable[[str], None] = lambda _: None) -> None:
        self._house = house
        self._at = at

    def run(
        self, policy: str, day: date, run_id: str, progress: Progress = lambda _share, _step: None
    ) -> dict[str, Any]:
        """Return the report of the night of ``day``; a day without trading is skipped.

        Safe to run again: what is done for its pack is not repeated, and it goes on where it stopped.
        Refuses: ``as_of_in_future``.

        Raises:
            NightBlocked: a step of the first six broke: the pack is not fresh, the admins were told, and a second run
                goes on there. Or the last one broke: the pack stays fresh, a second run evaluates alone.
        """
        if begins_at(checked_policy(policy), day) > self._house.clock.now():
            message = f"the night of {day} begins at {iso(begins_at(policy, day))}, which has not come"
            raise Refused(message, code="as_of_in_future", as_of=day.isoformat())
        if not is_traded(policy, day):
            return self._kept(night_report(run_id, day, policy, None, skipped="not_a_trading_day"))
        return _Run(self._house, self._at, self._kept, policy, day, run_id).through(progress)

    def _kept(self, report: dict[str, Any]) -> dict[str, Any]:
        with self._house.database.write() as connection:
            day = date.fromisoformat(report["date"])
            rows.keep_night(connection, report["policy"], day, report, self._house.clock.now())
        return report


class _Run:
    """One run of one night."""

    def __init__(
        self,
        house: NightHouse,
        at: Callable[[str], None],
        kept: Callable[[dict[str, Any]], dict[str, Any]],
        policy: str,
        day: date,
        run_id: str,
    ) -> None:
        self._house, self._at, self._kept = house, at, kept
        self._policy, self._day, self._run_id = policy, day, run_id
        self._pack_id = self._live_pack()
        self._reports: list[dict[str, Any]] = []
        self._work: Mapping[str, Callable[[], StepWork]] = {
            "build_pack": self._build_pack,
            "reconcile_ledger": self._reconcile_ledger,
            "compute_daily_metrics": lambda: self._prewarm(PREWARM_STEPS[0], OVERVIEW),
            "prewarm_factors": lambda: self._prewarm(PREWARM_STEPS[1], MACRO),
            "prewarm_ratings": lambda: self._prewarm(PREWARM_STEPS[2], OVERVIEW, "rating_badges"),
            "mark_fresh": self._mark_fresh,
            "evaluate_alerts": self._evaluate_alerts,
        }

    def through(self, progress: Progress) -> dict[str, Any]:
        done = self._done()
        for number, name in enumerate(STEPS):
            progress(100.0 * number / len(STEPS), name)
            if name in done and self._stands(name):
                self._reports.append(done[name])
                continue
            self._at(f"{name}.begin")
            self._step(name)
            self._at(f"{name}.end")
            done = self._done()
        return self._kept(self._report())

    def _step(self, name: str) -> None:
        begun, started_at = time.monotonic(), iso(self._house.clock.now())
        try:
            work = self._work[name]()
        except Exception as error:  # Written down as where the night stopped; nothing goes on after it.
            log.exception("the night stopped at %s", name)
            self._stop(name, started_at, round(time.monotonic() - begun, 3), error)
        report = step_report(name, "done", started_at, round(time.monotonic() - begun, 3), work)
        self._at(f"{name}.worked")
        assert self._pack_id is not None
        with self._house.database.write() as connection:
            rows.keep_step(connection, self._pack_id, report)
            rows.measure_step(connection, report)
        self._reports.append(report)
        self._kept(self._report())

    def _stop(self, name: str, started_at: str, duration_s: float, error: Exception) -> NoReturn:
        """Write down that the night stopped at ``name``, tell the admins, and raise ``NightBlocked``."""
        known = isinstance(error, MintmarkError)
        code = error.code if isinstance(error, MintmarkError) else "internal"
        message = str(error) if known else "an unexpected fault, see the log"
        blocks = name != NEVER_BLOCKS
        if name == "reconcile_ledger":
            self._house.data.states.reconciled(self._pack(), passed=False, **_failure(error, code, message))
        details = {**(error.details if isinstance(error, MintmarkError) else {}), "code": code, "message": message}
        work = StepWork(details=details)
        stopped = step_report(name, "blocked" if blocks else "failed", started_at, duration_s, work)
        self._reports.append(stopped)
        with self._house.database.write() as connection:
            rows.measure_step(connection, stopped)
        report = self._kept(self._report(blocked_at=name if blocks else None))
        advice = blocked_playbook(name, code, message)
        key = f"{SYSTEM_NIGHT}:{self._policy}:{self._day}:{name}"
        self._house.alerts.tell_admins(key, f"The night of {self._day} stopped at {name}", code, advice, self._pack_id)
        # Whoever may list operations reads this; what a portfolio holds is its owner's.
        raise NightBlocked(f"{name}: {code}", report) from error

    def _report(self, **more: Any) -> dict[str, Any]:
        return night_report(self._run_id, self._day, self._policy, self._pack_id, steps=self._reports, **more)

    def _done(self) -> dict[str, dict[str, Any]]:
        if self._pack_id is None:
            return {}
        with self._house.database.read() as connection:
            return rows.steps_done(connection, self._pack_id)

    def _stands(self, name: str) -> bool:
        """Return whether what ``name`` did still holds: a reconciliation may have failed since, an alert been made."""
        state = self._house.data.states.choose(self._policy, self._pack())
        if name == "reconcile_ledger":
            return state.reconciliation == "passed"
        return name != NEVER_BLOCKS and (name != "mark_fresh" or state.answers)

    def _live_pack(self) -> str | None:
        try:
            return self._house.data.states.choose(self._policy, asof=self._day).pack_id
        except Refused:
            return None

    def _pack(self) -> str:
        if self._pack_id is None:
            raise Refused(f"there is no {self._policy} pack of {self._day}", code="pricing_pack_not_found")
        return self._pack_id

    def _portfolios(self) -> list[OwnedPortfolio]:
        with self._house.database.read() as connection:
            return active_portfolios(connection, self._policy)

    def _needs(self) -> list[Needs]:
        return needs_of_policy(self._house.database, self._house.ledger, self._policy, self._day)

    def _build_pack(self) -> StepWork:
        """Seal the pack of the day; where one is live with other content it stays: people restate, nights do not."""
        kept = None
        try:
            built = self._house.data.build(self._day, self._policy, self._needs())
            self._pack_id, missing = built["pack_id"], built["missing"]
        except Refused as refused:
            if refused.code != "restatement_reason_required" or self._pack_id is None:
                raise
            missing = list(self._house.data.states.judge(self._pack_id, self._needs()).missing)
            kept = "other content is known now: mintmark pack restate"
        return StepWork(1, details={"missing": missing, **({} if kept is None else {"kept": kept})})

    def _reconcile_ledger(self) -> StepWork:
        """Hold journal, projections and the statements of brokers against each other; keep an anchor."""
        house, pack_id = self._house, self._pack()
        with house.database.read() as connection:
            found = rows.statements_of(connection, self._day)
        codes = [portfolio.code for portfolio in self._portfolios()]
        said = {code: statement_from(one) for code, one in found.items() if code in codes}
        valuation = house.data.states.view(pack_id)(Reads())
        report = house.ledger.reconcile(codes, statements=said, valuation=valuation, pack_id=pack_id)
        if not report["passed"]:
            first = report["failures"][0]
            told = {"failures": report["failures"][:50], "failure": first["code"]}
            details = {**told, "error_bps": _bps(report["failures"])}
            raise Refused(first["message"], code="reconciliation_failed", **details)
        bps = report["error_bps"]
        house.data.states.reconciled(pack_id, passed=True, error_bps=None if bps is None else Decimal(bps))
        house.ledger.anchor("nightly")
        names = ("portfolios_checked", "positions_checked", "statements_checked", "ledger_commit_hash")
        return StepWork(len(codes), details={name: report[name] for name in names})

    def _prewarm(self, step: str, pattern: str, output: str | None = None) -> StepWork:
        """Ask ``pattern`` of every portfolio, so that its answer is there before the first question.

        With ``output`` a portfolio counts as done when that part of the answer is there.
        """
        work = StepWork()
        for portfolio in self._portfolios():
            question = Question(pattern, portfolio_id=portfolio.portfolio_id, pack_id=self._pack(), require_fresh=False)
            try:
                answer = self._answered(portfolio, question, f"{self._run_id}:{step}")
            except (Refused, StepRefused) as refused:
                work.refused[portfolio.code] = refused.code
                continue
            if output is None or answer["result"].get(output) is not None:
                work.done += 1
            else:
                work.refused[portfolio.code] = _why(answer.get("refusals", ()), output)
        self._house.data.states.prewarmed(self._pack(), step)
        return work

    def _answered(self, portfolio: OwnedPortfolio, question: Question, request_id: str) -> Mapping[str, Any]:
        """Return the answer; one that took too long is asked for once more, since the first has to load its tools."""
        actor = Actor(portfolio.owner, "viewer")
        try:
            return self._house.ask(actor, question, request_id)
        except Fault as fault:
            if fault.code != "capability_timeout":
                raise
            log.warning("asked once more: %s", fault.message)
        return self._house.ask(actor, question, request_id)

    def _mark_fresh(self) -> StepWork:
        state = self._house.data.states.mark_fresh(self._pack(), self._needs())
        return StepWork(1, details={"status": state.status})

    def _evaluate_alerts(self) -> StepWork:
        state = self._house.data.states.choose(self._policy, self._pack())
        observer = Observer(state, self._house.data.states.view(state.pack_id), self._house.ask)
        found = self._house.alerts.evaluate(state, observer)
        self._at("evaluate_alerts.spoken")
        sent = self._house.alerts.deliver()
        done = sum(found.counts.values()) - found.counts["not_evaluated"]
        refused = {reason: str(count) for reason, count in found.reasons.items()}
        return StepWork(done, refused, {**found.counts, **sent})


def needs_of_policy(database: Database, ledger: Ledger, policy: str, day: date) -> list[Needs]:
    """Return what a pack of ``day`` must hold for each active portfolio that ``policy`` values."""
    with database.read() as connection:
        portfolios = active_portfolios(connection, policy)
    view = ledger.view()
    return [needs_of(portfolio, view, day) for portfolio in portfolios]


def needs_of(portfolio: OwnedPortfolio, view: LedgerView, day: date) -> Needs:
    """Return what a pack of ``day`` must hold for ``portfolio``: closes of what is open, rates of what is owed."""
    code = portfolio.code
    money = {*view.cash(code, day), *view.margin(code, day)}
    money |= {currency for _, currency in view.receivables(code, day)}
    held = frozenset(one.symbol for one in view.positions(code, day) if one.units)
    return Needs(portfolio.base_currency, held, frozenset(money), portfolio.benchmark)


def _failure(error: Exception, code: str, message: str) -> dict[str, Any]:
    details = error.details if isinstance(error, MintmarkError) else {}
    bps = details.get("error_bps")
    return {
        "failure": details.get("failure", code),
        "error_bps": None if bps is None else Decimal(bps),
        "message": message,
    }


def _bps(failures: Sequence[Mapping[str, Any]]) -> str | None:
    return next((one["observed"] for one in failures if one["code"] == "valuation_mismatch"), None)


def _why(refusals: Sequence[Mapping[str, Any]], output: str) -> str:
    return next((str(one["code"]) for one in refusals if one.get("as", output) == output), "not_answered")
