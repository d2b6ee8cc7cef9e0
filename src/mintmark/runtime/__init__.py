"""Durable operations, their workers and their trail.

What is exported here is loaded on first use, so that a computing process does
not load the engine it never calls.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.runtime.access import LOCAL_OWNER, ROLES, SESSION_LIFE, Access, Identity
    from mintmark.runtime.action_log import Action, actions, note_action
    from mintmark.runtime.counters import count, declare, observe
    from mintmark.runtime.engine import Engine
    from mintmark.runtime.killpoints import KILL_POINTS, arm, reached
    from mintmark.runtime.limits import Limits
    from mintmark.runtime.meters import BREAKER_STATES, LETTER_QUEUES, PACK_STATES, POLICIES, Meters
    from mintmark.runtime.operations import Operations, child_id
    from mintmark.runtime.progress import Progress, share_of
    from mintmark.runtime.reaper import Patience
    from mintmark.runtime.reporting import start_reporting
    from mintmark.runtime.seats import refuse_network_disk
    from mintmark.runtime.slot import SlotSettings, run_slot
    from mintmark.runtime.slots import own_slot, run_slots
    from mintmark.runtime.task import Task
    from mintmark.runtime.telemetry import mark_span, span, start_logging, trail, trail_ids
    from mintmark.runtime.tracing import make_provider, request_trace, start_tracing, user_hash
    from mintmark.runtime.work import QUEUES, ChildView, Kind, Parent, ParentView, Run, Turn, Work

_HOMES = {
    "BREAKER_STATES": "meters",
    "PACK_STATES": "meters",
    "LETTER_QUEUES": "meters",
    "POLICIES": "meters",
    "Meters": "meters",
    "start_reporting": "reporting",
    "mark_span": "telemetry",
    "make_provider": "tracing",
    "request_trace": "tracing",
    "start_tracing": "tracing",
    "user_hash": "tracing",
    "Access": "access",
    "Action": "action_log",
    "Identity": "access",
    "LOCAL_OWNER": "access",
    "Limits": "limits",
    "ROLES": "access",
    "SESSION_LIFE": "access",
    "actions": "action_log",
    "note_action": "action_log",
    "ChildView": "work",
    "Engine": "engine",
    "KILL_POINTS": "killpoints",
    "Kind": "work",
    "Operations": "operations",
    "Parent": "work",
    "ParentView": "work",
    "Patience": "reaper",
    "Progress": "progress",
    "QUEUES": "work",
    "Run": "work",
    "SlotSettings": "slot",
    "Task": "task",
    "Turn": "work",
    "Work": "work",
    "arm": "killpoints",
    "child_id": "operations",
    "count": "counters",
    "declare": "counters",
    "observe": "counters",
    "own_slot": "slots",
    "reached": "killpoints",
    "refuse_network_disk": "seats",
    "run_slot": "slot",
    "run_slots": "slots",
    "share_of": "progress",
    "span": "telemetry",
    "start_logging": "telemetry",
    "trail": "telemetry",
    "trail_ids": "telemetry",
}

__all__ = [
    "BREAKER_STATES",
    "KILL_POINTS",
    "LETTER_QUEUES",
    "LOCAL_OWNER",
    "PACK_STATES",
    "POLICIES",
    "QUEUES",
    "ROLES",
    "SESSION_LIFE",
    "Access",
    "Action",
    "ChildView",
    "Engine",
    "Identity",
    "Kind",
    "Limits",
    "Meters",
    "Operations",
    "Parent",
    "ParentView",
    "Patience",
    "Progress",
    "Run",
    "SlotSettings",
    "Task",
    "Turn",
    "Work",
    "actions",
    "arm",
    "child_id",
    "count",
    "declare",
    "make_provider",
    "mark_span",
    "note_action",
    "observe",
    "own_slot",
    "reached",
    "refuse_network_disk",
    "request_trace",
    "run_slot",
    "run_slots",
    "share_of",
    "span",
    "start_logging",
    "start_reporting",
    "start_tracing",
    "trail",
    "trail_ids",
    "user_hash",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mintmark.runtime has no {name}")
    return getattr(import_module(f"mintmark.runtime.{_HOMES[name]}"), name)
