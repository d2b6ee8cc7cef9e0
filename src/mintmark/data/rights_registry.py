"""What each source allows: the file of rights, read strictly."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mintmark.domain import Refused

RIGHTS = ("display", "export_pdf", "export_csv", "export_json", "redistribute")
EXPORTS = ("export_pdf", "export_csv", "export_json")
GRANTS = ("always", "licence", "never", "declared")
PLACES = ("footer", "inline")
_NAME = re.compile(r"[a-z][A-Za-z0-9._-]*(:([A-Za-z0-9._-]+|\*))?")
_TERMS = {"display", "exports", "redistribute", *EXPORTS, "attribution", "watermark", "place"}
_MAX_TEXT = 200


@dataclass(frozen=True)
class Terms:
    """What one source allows: a grant for each right, and what an export has to carry."""

    grants: Mapping[str, str]
    attribution: str | None = None
    watermark: str | None = None
    place: str = "footer"


@dataclass(frozen=True)
class Declaration:
    """What a word given at an import allows."""

    rights: frozenset[str]
    attribution: str | None = None
    watermark: str | None = None


@dataclass(frozen=True)
class Registry:
    """Sources by name, families (``fred:``) by prefix, aliases by their small letters."""

    sources: Mapping[str, Terms]
    families: Mapping[str, Terms]
    aliases: Mapping[str, str]
    declarations: Mapping[str, Declaration]

    def name_of(self, written: str) -> str:
        """Return the name in the registry that ``written`` means, or it as it stands."""
        plain = written.strip()
        return self.aliases.get(plain.lower(), plain)

    def terms_of(self, name: str) -> Terms | None:
        """Return what ``name`` allows, or None when nobody wrote it down."""
        family = name.split(":")[0] + ":" if ":" in name else ""
        return self.sources.get(name) or self.families.get(family)


class _Strict(yaml.SafeLoader):
    """Refuses a key that stands twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002
        found: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in found:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", key_node.start_mark)
            found[key] = self.construct_object(value_node, deep=True)
        return found


def read_registry(text: str, path: str = "rights.yaml") -> Registry:
    """Return the registry written in ``text``.

    Raises:
        Refused: ``rights_file_invalid`` with every problem and its place; nothing is left out or guessed.
    """
    try:
        given = yaml.load(text, _Strict)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise _refusal(path, [{"path": "", "message": f"is no YAML: {said}"}]) from error
    problems: list[dict[str, str]] = []
    parts = _table(given, "", {"sources", "aliases", "declarations"}, problems)
    sources = {
        str(name): _terms(f"sources.{name}", str(name), found, problems)
        for name, found in _table(parts.get("sources"), "sources", None, problems).items()
    }
    aliases = {
        str(name): _alias(f"aliases.{name}", name, found, sources, problems)
        for name, found in _table(parts.get("aliases", {}), "aliases", None, problems).items()
    }
    declarations = {
        str(name): _declaration(f"declarations.{name}", found, problems)
        for name, found in _table(parts.get("declarations", {}), "declarations", None, problems).items()
    }
    if problems:
        raise _refusal(path, problems)
    families = {name.removesuffix("*"): terms for name, terms in sources.items() if name.endswith(":*")}
    single = {name: terms for name, terms in sources.items() if not name.endswith(":*")}
    return Registry(single, families, aliases, declarations)


def _refusal(path: str, problems: list[dict[str, str]]) -> Refused:
    said = "; ".join(f"{problem['path']}: {problem['message']}" for problem in problems)
    return Refused(f"{path}: {said}", code="rights_file_invalid", path=path, problems=problems)


def _table(given: Any, path: str, known: set[str] | None, problems: list[dict[str, str]]) -> Mapping[Any, Any]:
    if not isinstance(given, Mapping):
        problems.append({"path": path, "message": f"expected a table, found {given!r}"})
        return {}
    for key in given:
        if not isinstance(key, str) or (known is not None and key not in known):
            expected = "a word" if known is None else f"one of {', '.join(sorted(known))}"
            problems.append({"path": path, "message": f"expected {expected}, found {key!r}"})
    return given


def _terms(path: str, name: str, given: Any, problems: list[dict[str, str]]) -> Terms:
    if not _NAME.fullmatch(name):
        problems.append({"path": path, "message": f"expected a name such as fmp, fred:AAA or file:*, found {name!r}"})
    table = _table(given, path, _TERMS, problems)
    written = dict.fromkeys(RIGHTS, "never")
    if "exports" in table:
        written |= dict.fromkeys(EXPORTS, table["exports"])
    written |= {right: table[right] for right in RIGHTS if right in table}
    for right, grant in written.items():
        if grant not in GRANTS and not (right == "display" and grant == "metadata"):
            problems.append({"path": f"{path}.{right}", "message": f"expected {', '.join(GRANTS)}, found {grant!r}"})
    place = table.get("place", "footer")
    if place not in PLACES:
        problems.append({"path": f"{path}.place", "message": f"expected {' or '.join(PLACES)}, found {place!r}"})
    texts = [_text(f"{path}.{key}", table.get(key), problems) for key in ("attribution", "watermark")]
    return Terms(written, texts[0], texts[1], str(place))


def _declaration(path: str, given: Any, problems: list[dict[str, str]]) -> Declaration:
    table = _table(given, path, {"grants", "attribution", "watermark"}, problems)
    rights = table.get("grants", [])
    if not isinstance(rights, list) or any(right not in RIGHTS for right in rights):
        problems.append({"path": f"{path}.grants", "message": f"expected a list of {', '.join(RIGHTS)}"})
        rights = []
    texts = [_text(f"{path}.{key}", table.get(key), problems) for key in ("attribution", "watermark")]
    return Declaration(frozenset(rights), texts[0], texts[1])


def _alias(path: str, alias: Any, name: Any, sources: Mapping[str, Terms], problems: list[dict[str, str]]) -> str:
    if name not in sources:
        problems.append({"path": path, "message": f"expected a source of this file, found {name!r}"})
    if str(alias) != str(alias).lower() or alias in sources:
        problems.append({"path": path, "message": "expected small letters that are no source themselves"})
    return str(name)


def _text(path: str, given: Any, problems: list[dict[str, str]]) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or not 0 < len(given) <= _MAX_TEXT or not given.isprintable():
        problems.append({"path": path, "message": f"expected a line of at most {_MAX_TEXT} letters, found {given!r}"})
        return None
    return given
