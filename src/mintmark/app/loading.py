"""Read the settings, or say by name what is wrong with them."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from mintmark.app.settings import FILE_NAME, PREFIX, Settings, leaves, variable_of
from mintmark.domain import Refused


def load_settings(home: Path | None = None) -> Settings:
    """Return the settings of this process; ``home`` wins over ``MINTMARK_HOME``.

    Raises:
        Refused: ``usage`` with one problem for each unknown variable or key and
            each value that does not fit; the program does not start.
    """
    named = os.environ.get(f"{PREFIX}HOME") if home is None else str(home)
    folder = Path(named or Settings.model_fields["home"].default).expanduser().absolute()
    problems = [*_unknown_variables(os.environ), *_misplaced_keys(folder / FILE_NAME)]
    if problems:
        raise _refusal(problems)
    try:
        return Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        raise _refusal([_problem(found) for found in error.errors(include_url=False)]) from None


def _unknown_variables(environment: Iterable[str]) -> list[dict[str, Any]]:
    known = [variable_of(path) for path, _ in leaves()]
    unknown = (name for name in sorted(environment) if name.upper().startswith(PREFIX) and name.upper() not in known)
    return [{"setting": name, "message": "no such setting" + _nearest(name.upper(), known)} for name in unknown]


def _misplaced_keys(file: Path) -> list[dict[str, Any]]:
    """Return what may not stand in the file: keys nobody knows, its own place, secrets."""
    secrets = {path for path, field in leaves() if SecretStr in _words(field.annotation)}
    known = {path for path, _ in leaves()}
    problems = []
    for path in _keys(_read_toml(file), known):
        if path == ("home",) or path in secrets:
            message = f"belongs into the environment: {variable_of(path)}"
        elif path in known:
            continue
        else:
            message = "no such setting" + _nearest(".".join(path), [".".join(one) for one in known])
        problems.append({"setting": ".".join(path), "message": f"{message} ({file})"})
    return problems


def _read_toml(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refusal([{"setting": str(file), "message": f"is no TOML: {error}"}]) from error


def _keys(
    table: Mapping[str, Any], known: set[tuple[str, ...]], path: tuple[str, ...] = ()
) -> Iterable[tuple[str, ...]]:
    for key, value in table.items():
        here = (*path, key)
        if here not in known and isinstance(value, Mapping):
            yield from _keys(value, known, here)
        else:
            yield here


def _words(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _problem(found: Mapping[str, Any]) -> dict[str, Any]:
    path = tuple(str(step) for step in found["loc"])
    known = {one for one, _ in leaves()}
    named = variable_of(path) if path in known and variable_of(path) in os.environ else ".".join(path)
    return {"setting": named, "message": str(found["msg"])}


def _refusal(problems: list[dict[str, Any]]) -> Refused:
    said = "; ".join(f"{problem['setting']}: {problem['message']}" for problem in problems)
    return Refused(said, code="usage", problems=problems)
