"""A name that leads to a provider type, or to the reason why not. Imports it when asked for."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from typing import Final

from integration_tui.domain.provider import CONTRACT_VERSION, Capability, Limits, ProviderSpec
from integration_tui.domain.text import visible

_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")


class Candidate:
    """What an entry point announces. `error` says why it cannot be used, as far as it is known."""

    def __init__(self, point: EntryPoint, origin: str, error: str = "") -> None:
        self.key = visible(point.name, limit=64)
        self.origin = visible(origin, limit=64)
        self.error = error or _fault_of_name(point.name)
        self._point = point
        self._spec: ProviderSpec | None = None

    def spec(self) -> ProviderSpec | None:
        """Import the type, once; `None` where it cannot be used: then `error` says why."""
        if self._spec is None and not self.error:
            try:
                found = self._point.load()
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - an import may raise anything
                self.error = f"its import failed with {type(error).__name__}{_words(error)}"
            else:
                self._accept(found)
        return self._spec

    def _accept(self, found: object) -> None:
        if not isinstance(found, ProviderSpec):
            self.error = f"{visible(self._point.value)} is not a ProviderSpec"
        elif found.contract_version != CONTRACT_VERSION:
            self.error = (
                f"it is made for version {found.contract_version} of the provider contract,"
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
            and all(_is(one, Capability) for one in spec.capabilities)
        ),
        "build cannot be called": not callable(spec.build),
        "limits is not a Limits": not _is(spec.limits, Limits),
    }
    return ", ".join(fault for fault, is_so in faults.items() if is_so)


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind)


def _is_model(value: object) -> bool:
    from integration_tui.domain.config import ProviderConfig  # loads pydantic, as the type did

    return isinstance(value, type) and issubclass(value, ProviderConfig)


def _words(error: BaseException) -> str:
    try:
        words = visible(error)
    except Exception:  # noqa: BLE001 - how it is written is the plug-in's code, too
        words = ""
    return f": {words}" if words else ""
