"""Whether figures may be shown, exported or passed on, decided by their sources. What nobody wrote down is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mintmark.data.reads import source_of
from mintmark.data.rights_registry import RIGHTS, Registry, Terms
from mintmark.domain import Refusal, Refused

RIGHT_OF_FORMAT = {"json": "export_json", "csv": "export_csv", "xlsx": "export_csv", "pdf": "export_pdf"}
PACK = "pack:"

Declared = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Licence:
    """A record that widens what a source allows, while it is valid: the first and the last day count."""

    source: str
    rights: frozenset[str]
    reference: str
    valid_from: date
    valid_to: date
    profile: str = "default"

    def holds(self, source: str, right: str, today: date) -> bool:
        """Return whether it gives ``right`` of ``source`` today."""
        return self.source == source and right in self.rights and self.valid_from <= today <= self.valid_to


@dataclass(frozen=True)
class Decision:
    """Whether ``right`` is held by all sources, and what an answer has to carry.

    ``sources`` are named as in the registry, ``pack:<id>`` by what it holds; ``blocked_sources`` lack the right;
    ``metadata_only`` may be shown without their content.
    """

    right: str
    allowed: bool
    sources: tuple[str, ...]
    blocked_sources: tuple[str, ...]
    reason: str | None
    attributions: tuple[str, ...]
    watermarks: tuple[str, ...]
    metadata_only: tuple[str, ...] = ()

    @property
    def refusal(self) -> Refusal | None:
        """The "no" as a value: ``display_not_permitted`` or ``export_not_permitted``; None when allowed."""
        if self.allowed:
            return None
        code = "display_not_permitted" if self.right == "display" else "export_not_permitted"
        details = {"blocked_sources": list(self.blocked_sources), "right": self.right, "reason": self.reason}
        return Refusal(code, f"{self.right} is not permitted: {self.reason}", details=details)

    def as_json(self) -> dict[str, Any]:
        """Return the decision as JSON values."""
        return {
            "right": self.right,
            "allowed": self.allowed,
            "sources": list(self.sources),
            "blocked_sources": list(self.blocked_sources),
            "reason": self.reason,
            "attributions": list(self.attributions),
            "watermarks": list(self.watermarks),
            "metadata_only": list(self.metadata_only),
        }


@dataclass(frozen=True)
class Rights:
    """The registry with the licence records of one profile, as of ``today``.

    ``declared`` tells the words files were imported under; ``pack`` gives the providers of a pack by its id,
    each with its words, and None for a pack it does not know.
    """

    registry: Registry
    licences: tuple[Licence, ...]
    today: date
    declared: Declared = field(default_factory=dict)
    pack: Callable[[str], Declared | None] = lambda _: None

    def decide(self, sources: Iterable[str], right: str) -> Decision:
        """Return whether every one of ``sources`` holds ``right``; an unknown one and an empty list hold none.

        Raises:
            Refused: ``invalid_request`` for a right that is none.
        """
        if right not in RIGHTS:
            raise Refused(f"expected a right of {', '.join(RIGHTS)}, found {right!r}", path="right")
        found: dict[str, tuple[str, ...]] = {}
        for name, words in self._expanded(sources):
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *words)))
        blocked = {name: why for name, words in found.items() if (why := self._obstacle(name, words, right))}
        reason = "; ".join(f"{name}: {why}" for name, why in blocked.items()) or None
        if not found:
            reason = "no source is named"
        terms = {name: self.registry.terms_of(name) for name in found}
        return Decision(
            right=right,
            allowed=reason is None,
            sources=tuple(found),
            blocked_sources=tuple(blocked),
            reason=reason,
            attributions=self._carried("attribution", found, terms),
            watermarks=self._carried("watermark", found, terms),
            metadata_only=tuple(name for name, one in terms.items() if one and one.grants["display"] == "metadata"),
        )

    def _expanded(self, sources: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give each source by its name in the registry with the words it was declared under, first met first."""
        for written in sources:
            if written.startswith(PACK):
                held = self.pack(written.removeprefix(PACK))
                if not held:
                    yield written, ()
                for name, words in (held or {}).items():
                    yield self.registry.name_of(name), tuple(words)
            else:
                name = self.registry.name_of(written)
                yield name, tuple(self.declared.get(name, ()))

    def _obstacle(self, name: str, words: tuple[str, ...], right: str) -> str | None:
        terms = self.registry.terms_of(name)
        if terms is None:
            return "an unknown source has no right"
        grant = terms.grants[right]
        if grant in ("always", "metadata"):
            return None
        if grant == "never":
            return f"{right} is not given, and no licence record changes that"
        if any(one.holds(name, right, self.today) for one in self.licences):
            return None
        if grant == "licence":
            return f"{right} needs a licence record that is valid on {self.today}"
        return self._undeclared(words, right)

    def _undeclared(self, words: tuple[str, ...], right: str) -> str | None:
        if not words:
            return "nothing was declared at its import"
        known = self.registry.declarations
        lacking = [word for word in words if word not in known or right not in known[word].rights]
        return f"{right} is not given by its declaration {', '.join(lacking)}" if lacking else None

    def _carried(
        self, key: str, found: Mapping[str, tuple[str, ...]], terms: Mapping[str, Terms | None]
    ) -> tuple[str, ...]:
        """Return each attribution or watermark once, in the order of the sources."""
        texts: dict[str, None] = {}
        for name, words in found.items():
            said = getattr(terms[name], key, None)
            if said:
                texts[said.replace("{name}", name.split(":")[-1])] = None
            declared = [self.registry.declarations[word] for word in words if word in self.registry.declarations]
            for one in declared if _may_declare(terms[name]) else ():
                if text := getattr(one, key):
                    texts[text] = None
        return tuple(texts)


def _may_declare(terms: Terms | None) -> bool:
    return terms is not None and "declared" in terms.grants.values()


def providers_of(registry: Registry, manifest: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the providers of a pack by the manifest, each with the words its parts were declared under."""
    named = [(str(one["source"]), str(one["symbol"]), str(one["rights"])) for one in manifest["series"]]
    known = [*manifest["macro"], *manifest.get("fundamentals", ()), *manifest.get("news", ())]
    named += [(str(one["source"]), str(one["name"]), str(one["rights"])) for one in known]
    held: dict[str, dict[str, None]] = {}
    for source, series, word in named:
        held.setdefault(source_of(registry.name_of(source), series), {})[word] = None
    words = {str(one["name"]): one["rights"] for one in manifest["sources"]}
    for source in dict.fromkeys(str(one["source"]) for one in manifest["actions"]):
        held.setdefault(registry.name_of(source), dict.fromkeys(words.get(source, ("research_only",))))
    return {name: tuple(found) for name, found in held.items()}
