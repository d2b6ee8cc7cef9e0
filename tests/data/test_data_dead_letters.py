"""Requests that failed: when they are tried again, and that they arrive once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mintmark.data import DeadLetters
from mintmark.domain import ProviderFailed, Refused
from mintmark.store import Database

NOW = datetime(2026, 3, 2, 20, 15, tzinfo=UTC)


@dataclass
class HandClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass
class Outside:
    """A receiver that may be down."""

    down: bool = False
    got: list[Mapping[str, Any]] = field(default_factory=list)

    def send(self, payload: Mapping[str, Any]) -> None:
        if self.down:
            raise ProviderFailed("it does not answer")
        self.got.append(payload)


def a_queue(database: Database) -> tuple[DeadLetters, HandClock]:
    clock = HandClock()
    queue = DeadLetters(database, clock)
    queue.put("mail", "k1", {"to": "ada"}, "it does not answer")
    return queue, clock


def test_a_letter_is_tried_after_1_5_and_30_minutes_and_past_the_next_hour_then_dead(database: Database):
    queue, clock = a_queue(database)
    outside, tried = Outside(down=True), []

    while (due := queue.letter("k1").next_try_at) is not None:
        clock.moment = due
        tried.append(due)
        queue.retry("k1", outside.send)

    assert [when - NOW for when in tried[:3]] == [timedelta(minutes=minutes) for minutes in (1, 6, 36)]
    assert tried[3] == datetime(2026, 3, 2, 21, 5, tzinfo=UTC)
    assert (queue.letter("k1").status, queue.letter("k1").attempts) == ("dead", 5)
    assert queue.due("mail") == []


def test_a_letter_is_not_due_before_its_time(database: Database):
    queue, clock = a_queue(database)
    outside = Outside()

    early = (queue.due("mail"), queue.retry("k1", outside.send).status)
    clock.moment += timedelta(minutes=1)

    assert early == ([], "waiting")
    assert outside.got == []
    assert queue.due("mail") == ["k1"]


def test_a_replay_by_hand_delivers_at_any_time_and_once(database: Database):
    queue, _ = a_queue(database)
    outside = Outside()

    first = queue.retry("k1", outside.send, by_hand=True)
    second = queue.retry("k1", outside.send, by_hand=True)

    assert (first.status, second.status) == ("done", "done")
    assert outside.got == [{"to": "ada"}]
    assert queue.sizes() == {}


def test_a_replay_that_fails_says_so(database: Database):
    queue, _ = a_queue(database)

    answer = queue.retry("k1", Outside(down=True).send, by_hand=True)

    assert (answer.status, answer.attempts, answer.last_error) == ("waiting", 2, "it does not answer")


def test_two_who_try_the_same_letter_send_it_once(database: Database):
    queue, _ = a_queue(database)
    outside = Outside()

    def send(payload: Mapping[str, Any]) -> None:
        queue.retry("k1", outside.send, by_hand=True)
        outside.send(payload)

    queue.retry("k1", send, by_hand=True)

    assert len(outside.got) == 1


def test_the_same_request_put_twice_is_one_letter(database: Database):
    queue, _ = a_queue(database)

    queue.put("mail", "k1", {"to": "bob"}, "again")

    assert [(one.payload, one.attempts) for one in queue.letters()] == [({"to": "ada"}, 1)]


def test_a_letter_nobody_put_is_not_found(database: Database):
    queue, _ = a_queue(database)

    with pytest.raises(Refused) as refused:
        queue.retry("k2", Outside().send)

    assert refused.value.code == "not_found"
