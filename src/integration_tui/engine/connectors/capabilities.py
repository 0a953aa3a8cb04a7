"""Does a connector have what its provider declares? Names, parameters, and what is awaited.

A protocol's `isinstance` looks at names only, and lets a method pass that must be awaited but
is not, or that takes other arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from inspect import Parameter
from types import MappingProxyType
from typing import Final, Literal, cast, get_origin, get_type_hints, overload

from integration_tui.domain.provider import (
    NOT_ATTEMPTED,
    PROTOCOLS,
    AuthenticationProvider,
    BatchOperationProvider,
    Capability,
    Connector,
    DataSyncProvider,
    NotAttempted,
    ProviderSpec,
    RealtimeProvider,
    RosterProvider,
    WebhookProvider,
)

Method = Callable[..., object]
_WIDER: Final[Mapping[object, frozenset[object]]] = {
    Parameter.KEYWORD_ONLY: frozenset({Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD}),
    Parameter.POSITIONAL_OR_KEYWORD: frozenset({Parameter.POSITIONAL_OR_KEYWORD}),
}
"""Which kinds of parameter take what the protocol's kind is given."""


def missing(
    connector: object, declared: frozenset[Capability]
) -> Mapping[Capability, tuple[str, ...]]:
    """Return for each declared capability what is wrong; empty where all is as declared."""
    found = {
        capability: tuple(_complaints(type(connector), PROTOCOLS[capability]))
        for capability in sorted(declared)
    }
    return MappingProxyType({one: lines for one, lines in found.items() if lines})


def _complaints(connector: type, protocol: type) -> Iterator[str]:
    for name, wanted in _methods(protocol).items():
        found = inspect.getattr_static(connector, name, None)
        if found is None or found is wanted:  # inherited from the protocol, it does nothing
            yield f"{name} is missing"
        elif not inspect.isfunction(found):
            yield f"{name} is not a method"
        elif complaint := _kind(wanted, found) or _parameters(wanted, found):
            yield f"{name} {complaint}"


def _methods(protocol: type) -> dict[str, Method]:
    """Return what a protocol demands, with what it inherits from other protocols."""
    return {
        name: member
        for base in reversed(protocol.__mro__)
        if getattr(base, "_is_protocol", False)
        for name, member in vars(base).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def _kind(wanted: Method, found: Method) -> str:
    if inspect.iscoroutinefunction(wanted):
        return "" if inspect.iscoroutinefunction(found) else "must be async"
    if inspect.iscoroutinefunction(found):
        return "must not be async" if not _yields(wanted) else "must yield, not be awaited"
    return (
        "must yield asynchronously"
        if _yields(wanted) and inspect.isgeneratorfunction(found)
        else ""
    )


def _yields(wanted: Method) -> bool:
    return get_origin(get_type_hints(wanted).get("return")) is AsyncIterator


def _parameters(wanted: Method, found: Method) -> str:
    theirs = inspect.signature(wanted).parameters
    ours = inspect.signature(found).parameters
    for name, parameter in theirs.items():
        if name not in ours:
            return f"does not take {name}"
        if ours[name].kind not in _WIDER[parameter.kind]:
            return f"takes {name} in another way"
        if _has_default(parameter) and not _has_default(ours[name]):
            return f"must have a default for {name}"
    return _order(list(theirs.values()), list(ours)) or _surplus(ours, set(theirs))


def _order(theirs: list[Parameter], ours: list[str]) -> str:
    by_place = [their.name for their in theirs if their.kind is Parameter.POSITIONAL_OR_KEYWORD]
    return "" if ours[: len(by_place)] == by_place else "takes its arguments in another order"


def _surplus(ours: Mapping[str, Parameter], known: set[str]) -> str:
    for name, parameter in ours.items():
        is_open = parameter.kind in {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
        if name not in known and not is_open and not _has_default(parameter):
            return f"demands {name}"
    return ""


def _has_default(parameter: Parameter) -> bool:
    return parameter.default is not Parameter.empty


_Any = (
    Connector
    | AuthenticationProvider
    | DataSyncProvider
    | RosterProvider
    | WebhookProvider
    | RealtimeProvider
    | BatchOperationProvider
)


@overload
def capable(
    connector: Connector, spec: ProviderSpec, capability: Literal[Capability.AUTHENTICATION]
) -> AuthenticationProvider | NotAttempted: ...
@overload
def capable(
    connector: Connector, spec: ProviderSpec, capability: Literal[Capability.DATA_SYNC]
) -> DataSyncProvider | NotAttempted: ...
@overload
def capable(
    connector: Connector, spec: ProviderSpec, capability: Literal[Capability.ROSTER]
) -> RosterProvider | NotAttempted: ...
@overload
def capable(
    connector: Connector, spec: ProviderSpec, capability: Literal[Capability.WEBHOOK]
) -> WebhookProvider | NotAttempted: ...
@overload
def capable(
    connector: Connector, spec: ProviderSpec, capability: Literal[Capability.REALTIME]
) -> RealtimeProvider | NotAttempted: ...
@overload
def capable(
    connector: Connector, spec: ProviderSpec, capability: Literal[Capability.BATCH]
) -> BatchOperationProvider | NotAttempted: ...
def capable(
    connector: Connector, spec: ProviderSpec, capability: Capability
) -> _Any | NotAttempted:
    """Return the connector as what it can do, or `NOT_ATTEMPTED` where it is not declared."""
    if capability not in spec.capabilities:
        return NOT_ATTEMPTED
    # What is declared was checked by `missing` when the connector was made.
    return cast("_Any", connector)
