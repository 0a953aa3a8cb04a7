"""What the control endpoint does for more than one kind of system, and how it reads a body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from integration_tui.domain.errors import UsageError
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.served_system import ControlAction

T = TypeVar("T")
MOST: Final = 100_000
"""How many records one request may change."""


class ChangeRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many changes are to happen now."""

    changes: int


def read_body(body: bytes, kind: type[T]) -> T:
    """Return the body of a request. Raises `UsageError`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise UsageError(f"the body does not fit: {error}") from None


def advancing(
    source: Callable[[], object], state: Callable[[], object]
) -> Mapping[tuple[str, str], ControlAction]:
    """Return the action that brings changes of a generated district forward."""

    def advance(body: bytes) -> object:
        asked, district = read_body(body, ChangeRequest), source()
        if not isinstance(district, DistrictSource) or not 0 < asked.changes <= MOST:
            raise UsageError(f"changes must be a number from 1 to {MOST}, of a generated district")
        district.advance(asked.changes)
        return state()

    return {("POST", "advance"): advance}
