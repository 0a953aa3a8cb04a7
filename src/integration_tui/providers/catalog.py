"""Which provider types there are. To add one here: a folder beside this file, and an entry below.

What a list of them shows is in the entry, so that nothing is imported for it; a test compares it
with the type itself.

Outside this program, a distribution names its `ProviderSpec` in the entry point group
`integration_tui.providers`. It is imported only when it is on the list of trusted ones, since a
provider sees secrets, and only when somebody asks for it. One that cannot be used is listed with
its error and hurts nothing.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from integration_tui.domain.errors import ConfigError, NotFoundError
from integration_tui.domain.provider import CONTRACT_VERSION, Capability, ProviderSpec, SystemLimits
from integration_tui.domain.text import visible

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from integration_tui.domain.config.document import ProviderConfig


_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")


class Candidate:
    """What is announced as a type. `error` says why it cannot be used, as far as it is known.

    `load` imports it. What one of this program says of itself is known without.
    """

    known: BuiltInType | None = None

    def __init__(
        self, name: str, reference: str, load: Callable[[], object], origin: str, error: str = ""
    ) -> None:
        self.key = visible(name, limit=64)
        self.origin = visible(origin, limit=64)
        self.error = error or _fault_of_name(name)
        self._reference = reference
        self._load = load
        self._spec: ProviderSpec | None = None

    def spec(self) -> ProviderSpec | None:
        """Import the type, once; `None` where it cannot be used: then `error` says why."""
        if self._spec is None and not self.error:
            try:
                found = self._load()
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - an import may raise anything
                self.error = f"its import failed with {type(error).__name__}{_words(error)}"
            else:
                self._accept(found)
        return self._spec

    def _accept(self, found: object) -> None:
        if not isinstance(found, ProviderSpec):
            self.error = f"{visible(self._reference)} is not a ProviderSpec"
        elif found.contract_version != CONTRACT_VERSION:
            self.error = (
                f"it requires version {found.contract_version} of the provider contract,"
                f" this is version {CONTRACT_VERSION}"
            )
        elif found.key != self.key:
            self.error = f"it calls itself {found.key}, but is announced as {self.key}"
        elif fault := _fault(found):
            self.error = f"its ProviderSpec has a wrong field: {fault}"
        else:
            self._spec = found


def _fault_of_name(name: str) -> str:
    return "" if _KEY.fullmatch(name) else "its name is not made of a-z, 0-9 and _"


def _fault(spec: ProviderSpec) -> str:
    """Return what is wrong with a type's fields; nobody asked when it was made."""
    faults = {
        "title is not a text": not _is(spec.title, str),
        "config_model is not a ProviderConfig": not _is_model(spec.config_model),
        "capabilities is not a frozenset of Capability": not (
            _is(spec.capabilities, frozenset)
            and all(_is(capability, Capability) for capability in spec.capabilities)
        ),
        "build cannot be called": not callable(spec.build),
        "limits is not a Limits": not _is(spec.limits, SystemLimits),
    }
    return ", ".join(fault for fault, is_so in faults.items() if is_so)


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind)


def _is_model(value: object) -> bool:
    from integration_tui.domain.config.document import (
        ProviderConfig,  # loads pydantic, as the type did
    )

    return isinstance(value, type) and issubclass(value, ProviderConfig)


def _words(error: BaseException) -> str:
    try:
        words = visible(error)
    except Exception:  # noqa: BLE001 - how it is written is the plug-in's code, too
        words = ""
    return f": {words}" if words else ""


GROUP: Final = "integration_tui.providers"


class BuiltInType(msgspec.Struct, frozen=True):
    """A type of this program: where its `ProviderSpec` is, and what that says of it."""

    reference: str
    title: str
    capabilities: frozenset[Capability]


_READS: Final = frozenset({Capability.EXTERNAL_SYSTEM, Capability.DATA_SYNC})
_LISTS: Final = _READS | {Capability.AUTHENTICATION, Capability.ROSTER}
BUILT_IN: Final[Mapping[str, BuiltInType]] = {
    "oneroster": BuiltInType("oneroster:SPEC", "OneRoster", _LISTS),
    "oneroster_csv": BuiltInType("oneroster_csv:SPEC", "OneRoster CSV", _READS),
    "timeback": BuiltInType(
        "timeback:SPEC", "TimeBack", _LISTS | {Capability.BATCH, Capability.WEBHOOK}
    ),
    "google_classroom": BuiltInType("google_classroom:SPEC", "Google Classroom", _LISTS),
    "canvas": BuiltInType("canvas:SPEC", "Canvas LMS", _LISTS),
    "mock": BuiltInType("mock:SPEC", "Mock district", frozenset(Capability)),
}
_BUILT_IN: Final = "built-in"
_PACKAGE: Final = __package__
_METADATA: Final = (".dist-info", ".egg-info", ".egg")
_NAMELESS: Final = "a distribution without a name"


class CatalogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the catalog. `origin` is "built-in" or the name of a distribution.

    `error` says why it cannot be used; then title and capabilities are unknown.
    """

    key: str
    title: str
    origin: str
    capabilities: frozenset[Capability]
    enabled: bool
    error: str = ""


class Catalog:
    """Finds types by name, and imports each at its first use.

    `enabled` are the types to offer: all there are when empty. `trusted` are the distributions
    whose types may be imported. `extra` are types that the caller brings along.
    """

    def __init__(
        self,
        enabled: Sequence[str] = (),
        trusted: Sequence[str] = (),
        *,
        extra: Sequence[ProviderSpec] = (),
    ) -> None:
        self._enabled = frozenset(enabled)
        self._trusted = frozenset(map(_normalized, trusted))
        self._brought = {spec.key: spec for spec in extra}
        self._candidates: tuple[Candidate, ...] | None = None

    def keys(self) -> tuple[str, ...]:
        """Return the types that may be used, built-in ones first; imports nothing."""
        usable = [
            found_one.key
            for found_one in self._found()
            if not found_one.error and self.is_enabled(found_one.key)
        ]
        return tuple(dict.fromkeys((*usable, *filter(self.is_enabled, self._brought))))

    def require_known(self, key: str) -> None:
        """Raise `NotFoundError`, with the nearest name, where there is no type of that name.

        One that cannot be used is known all the same. Imports nothing.
        """
        if key not in BUILT_IN and key not in self._brought:
            names = tuple(candidate.key for candidate in self._found())
            if key not in names:
                _raise_unknown(key, names)

    def entries(self) -> list[CatalogEntry]:
        """Return every type there is, those that cannot be used included.

        Those of other distributions are imported, each once.
        """
        found = [self._entry(found_one) for found_one in self._found()]
        return found + [self._described(spec.key, spec, "given") for spec in self._brought.values()]

    def is_enabled(self, key: str) -> bool:
        """Return whether a type is offered here, whether or not there is one of that name."""
        return not self._enabled or key in self._enabled

    def can(self, key: str, capability: Capability) -> bool:
        """Return whether a type may be used and has a capability. Imports nothing of ours."""
        try:
            return capability in self._capabilities(key)
        except (NotFoundError, ConfigError):
            return False

    def require_usable(self, key: str) -> None:
        """Raise as `spec` does where a type may not be used. Imports nothing of ours."""
        self._capabilities(key)

    def _capabilities(self, key: str) -> frozenset[Capability]:
        if key in BUILT_IN and key not in self._brought and self.is_enabled(key):
            return BUILT_IN[key].capabilities
        return self.spec(key).capabilities

    def spec(self, key: str) -> ProviderSpec:
        """Return a type that may be used.

        Raises `NotFoundError` where there is none of that name, `ConfigError` where it is not
        enabled or cannot be loaded.
        """
        spec = self._brought.get(key) or self._loaded(key)
        if not self.is_enabled(key):
            raise ConfigError(
                f"the provider type {key} is not enabled",
                advice=f"add {key} to INTEGRATION_ENABLED_PROVIDERS",
            )
        return spec

    def model_of(self, key: str) -> type[ProviderConfig] | None:
        """Return the model of a type's configs; `None` where the type may not be used."""
        try:
            return self.spec(key).config_model
        except (NotFoundError, ConfigError):
            return None

    def _loaded(self, key: str) -> ProviderSpec:
        named = [found_one for found_one in self._found() if found_one.key == key]
        for candidate in named:
            if spec := candidate.spec():
                return spec
        if not named:
            _raise_unknown(key, self.keys())
        first = named[0]
        advice = "see integration-tui provider types, and the help of the distribution"
        raise ConfigError(f"the provider type {key} is unusable: {first.error}", advice=advice)

    def _entry(self, candidate: Candidate) -> CatalogEntry:
        if candidate.known:
            return self._described(candidate.key, candidate.known, candidate.origin)
        if spec := candidate.spec():
            return self._described(spec.key, spec, candidate.origin)
        return CatalogEntry(
            key=candidate.key,
            title=candidate.key,
            origin=candidate.origin,
            capabilities=frozenset(),
            enabled=False,
            error=candidate.error,
        )

    def _described(self, key: str, kind: ProviderSpec | BuiltInType, origin: str) -> CatalogEntry:
        return CatalogEntry(
            key=key,
            title=kind.title,
            origin=origin,
            capabilities=kind.capabilities,
            enabled=self.is_enabled(key),
        )

    def _found(self) -> tuple[Candidate, ...]:
        if self._candidates is None:
            self._candidates = (*_built_in(), *self._outside())
        return self._candidates

    def _outside(self) -> Iterator[Candidate]:
        taken = {*BUILT_IN}
        for origin, point in sorted(_plug_ins(), key=lambda pair: (pair[0], pair[1].name)):
            error = ""
            if _normalized(origin) not in self._trusted:
                error = f"{origin} is not trusted; add it to INTEGRATION_TRUSTED_PLUGINS if you do"
            elif point.name in taken:
                error = f"the name {point.name} is taken by another provider type"
            else:
                taken.add(point.name)
            yield Candidate(point.name, point.value, point.load, origin, error)


def _raise_unknown(key: str, known: Sequence[str]) -> NoReturn:
    from difflib import get_close_matches

    near = get_close_matches(key, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    raise NotFoundError(f"unknown provider type {visible(key)}", advice=advice)


def _built_in() -> Iterator[Candidate]:
    for key, kind in BUILT_IN.items():
        found = Candidate(key, kind.reference, partial(_imported, kind.reference), _BUILT_IN)
        found.known = kind
        yield found


def _imported(reference: str) -> object:
    module, _, name = reference.partition(":")
    return getattr(import_module(f"{_PACKAGE}.{module}"), name)


def _plug_ins() -> Iterator[tuple[str, EntryPoint]]:
    if not _may_be_announced():
        return
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP):
        yield _origin(point), point


def _may_be_announced() -> bool:
    """Return whether a distribution may have types: asking for all entry points takes 50 ms."""
    others = (finder for finder in sys.meta_path if finder is not PathFinder)
    if any(hasattr(finder, "find_distributions") for finder in others):
        return True
    return any(map(_announces, map(Path, sys.path)))


def _announces(folder: Path) -> bool:
    """Return whether a place of the path has the group's name among its entry points."""
    try:
        names = [name for name in os.listdir(folder) if name.endswith(_METADATA)]  # noqa: PTH208
    except NotADirectoryError:
        return True  # an archive
    except OSError:
        return False
    return any(_names_group(folder / name) for name in names)


def _names_group(information: Path) -> bool:
    if information.suffix == ".egg":
        return True
    try:
        return GROUP.encode() in (information / "entry_points.txt").read_bytes()
    except OSError:
        return False


def _origin(point: EntryPoint) -> str:
    try:
        name: object = point.dist.name if point.dist else None
    except (KeyError, TypeError, AttributeError):  # without metadata, as Python's version has it
        name = None
    return name if isinstance(name, str) else _NAMELESS


def _normalized(name: str) -> str:
    """Return a distribution's name as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
