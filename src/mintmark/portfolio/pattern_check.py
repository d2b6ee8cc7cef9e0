"""What a pattern file may not do: each rule yields ``json-path: reason``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mintmark.portfolio.capability import Agents
from mintmark.portfolio.conditions import read_condition
from mintmark.portfolio.context import CTX_FIELDS
from mintmark.portfolio.inputs import InputInvalid, read_input
from mintmark.portfolio.ordering import circle, needs
from mintmark.portfolio.paths import PatternFault, Ref, read_ref
from mintmark.portfolio.pattern import Pattern, Step
from mintmark.portfolio.result_paths import leads_somewhere
from mintmark.portfolio.templates import is_template, references


def problems_of(pattern: Pattern, agents: Agents) -> list[str]:
    """Return everything that keeps ``pattern`` from running."""
    found = [*_inputs(pattern), *_keys(pattern)]
    for index, step in enumerate(pattern.steps):
        where = f"$.steps[{index}]"
        found += _capability(pattern, step, agents, where)
        found += _references(pattern, index, agents, where)
    return [*found, *_order(pattern), *_outputs(pattern)]


def _inputs(pattern: Pattern) -> Iterator[str]:
    for name, declared in pattern.inputs.items():
        where = f"$.inputs.{name}"
        if declared.required and declared.default is not None:
            yield f"{where}.default: a required input has no default"
        for at, value in _given(declared.default, declared.enum):
            try:
                read_input(name, declared.model_copy(update={"enum": None} if at != "default" else {}), value)
            except InputInvalid as error:
                yield f"{where}.{at}: {error.message}"


def _given(default: Any, enum: list[Any] | None) -> Iterator[tuple[str, Any]]:
    if default is not None:
        yield "default", default
    for index, value in enumerate(enum or ()):
        yield f"enum[{index}]", value


def _keys(pattern: Pattern) -> Iterator[str]:
    keys = [step.key for step in pattern.steps]
    yield from (
        f"$.steps[{index}].as: {key} is the key of an earlier step"
        for index, key in enumerate(keys)
        if key in keys[:index]
    )
    panels = [panel.id for panel in pattern.panels]
    yield from (
        f"$.panels[{index}].id: {one} is the id of an earlier panel"
        for index, one in enumerate(panels)
        if one in panels[:index]
    )


def _capability(pattern: Pattern, step: Step, agents: Agents, where: str) -> Iterator[str]:
    if step.capability not in agents:
        yield f"{where}.capability: no agent has {step.capability}"
        return
    capability = agents[step.capability]
    if capability.effects and not pattern.effects:
        yield f"{where}.capability: {step.capability} has effects, the pattern declares none"
    fields = capability.arguments.model_fields
    for name, value in step.args.items():
        if name not in fields:
            yield f"{where}.args.{name}: {step.capability} takes no {name}, it takes {', '.join(fields) or 'nothing'}"
        elif not _holds_template(value):
            yield from _literal(fields[name], value, f"{where}.args.{name}")
    for name, declared in fields.items():
        if declared.is_required() and name not in step.args:
            yield f"{where}.args: {step.capability} needs {name}"


def _literal(field: Any, value: Any, where: str) -> Iterator[str]:
    try:
        TypeAdapter(field.rebuild_annotation()).validate_python(value)
    except ValidationError as error:
        yield from (f"{where}: {one['msg'][:1].lower()}{one['msg'][1:]}" for one in error.errors(include_url=False))


def _holds_template(value: Any) -> bool:
    try:
        if isinstance(value, Mapping):
            return any(_holds_template(one) for one in value.values())
        if isinstance(value, list):
            return any(_holds_template(one) for one in value)
        return is_template(value)
    except PatternFault:
        return True


def _references(pattern: Pattern, index: int, agents: Agents, where: str) -> Iterator[str]:
    step = pattern.steps[index]
    found: list[tuple[str, Ref]] = []
    for name, value in step.args.items():
        try:
            found += references(value, f"{where}.args.{name}")
        except PatternFault as error:
            yield f"{where}.args.{name}: {error.message}"
    if step.condition is not None:
        try:
            found += [(f"{where}.condition", ref) for ref in read_condition(step.condition).refs]
        except PatternFault as error:
            yield f"{where}.condition: {error.message}"
    for path, ref in found:
        reason = _wrong_ref(pattern, index, agents, ref)
        if reason is not None:
            yield f"{path}: {reason}"


def _wrong_ref(pattern: Pattern, index: int, agents: Agents, ref: Ref) -> str | None:
    head, *rest = ref.steps
    if ref.root == "inputs":
        return None if head in pattern.inputs else f"there is no input {head}"
    if ref.root == "ctx":
        return None if head in CTX_FIELDS and not rest else f"the context has no {'.'.join(ref.steps)}"
    maker = next((one for one in pattern.steps[:index] if one.key == head), None)
    if maker is None:
        return f"no earlier step is kept as {head}"
    if maker.capability in agents and not leads_somewhere(agents[maker.capability].result, rest):
        return f"{maker.capability} returns no {'.'.join(rest)}"
    if not maker.sure and not ref.optional:
        return f"{head} may be null: write state.{'.'.join(ref.steps)}?"
    return None


def _order(pattern: Pattern) -> Iterator[str]:
    keys = [step.key for step in pattern.steps]
    for index, step in enumerate(pattern.steps):
        for name in step.depends_on:
            if name not in keys:
                yield f"$.steps[{index}].depends_on: no step is kept as {name}"
    try:
        around = circle(needs(pattern))
    except PatternFault:
        return
    if around:
        yield f"$.steps: a circle of steps: {' -> '.join(keys[index] for index in around)}"
        return
    for index, step in enumerate(pattern.steps):
        late = [name for name in step.depends_on if name in keys[index:]]
        yield from (f"$.steps[{index}].depends_on: {name} is no earlier step" for name in late)


def _outputs(pattern: Pattern) -> Iterator[str]:
    keys = {step.key for step in pattern.steps}
    for index, name in enumerate(pattern.outputs):
        if name not in keys:
            yield f"$.outputs[{index}]: no step is kept as {name}"
        if name in pattern.outputs[:index]:
            yield f"$.outputs[{index}]: {name} is an output already"
    for index, panel in enumerate(pattern.panels):
        try:
            ref = read_ref(f"state.{panel.source}")
        except PatternFault as error:
            yield f"$.panels[{index}].from: {error.message}"
            continue
        if ref.steps[0] not in pattern.outputs:
            yield f"$.panels[{index}].from: {ref.steps[0]} is no output"
