"""Carries a batch out: a few operations at once, one result each, and no hammering."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from integration_tui.domain.errors import (
    ConsoleError,
    CredentialsError,
    ForbiddenError,
    ProviderError,
    RetryableError,
)
from integration_tui.domain.provider import WriteOperation
from integration_tui.providers.timeback.order import Placed, waves

_AT_ONCE: Final = 3
_FORBIDDEN_IN_A_ROW: Final = 5
"""One record may be out of our reach; so many, one after the other, are a missing right."""
_FAILED: Final = 500
"""It may be this one record that the platform trips over."""


class Batch:
    """One batch. `carry_out` raises `ConsoleError` where it could not do an operation."""

    def __init__(self, carry_out: Callable[[WriteOperation], Awaitable[None]]) -> None:
        self._carry_out = carry_out
        self._outage = ""
        self._forbidden = 0

    async def run(self, operations: Sequence[WriteOperation], refusals: list[str]) -> None:
        """Do what is not refused, and write into `refusals` why something was not done."""
        for wave in waves(operations):
            rest = iter([one for one in wave if not refusals[one[0]]])
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(self._lane(rest, refusals))

    async def _lane(self, rest: Iterator[Placed], refusals: list[str]) -> None:
        for place, operation in rest:
            refusals[place] = self._outage or await self._attempt(operation)

    async def _attempt(self, operation: WriteOperation) -> str:
        try:
            await self._carry_out(operation)
        except ConsoleError as error:
            self._forbidden += isinstance(error, ForbiddenError)
            if self._is_outage(error) and not self._outage:
                self._outage = f"not attempted: {error.message}"
            return str(error)
        self._forbidden = 0
        return ""

    def _is_outage(self, error: ConsoleError) -> bool:
        """Say whether another record would fare the same."""
        match error:
            case ForbiddenError():
                return self._forbidden >= _FORBIDDEN_IN_A_ROW
            case CredentialsError():
                return True
            case RetryableError():
                return error.status != _FAILED
            case _:  # a secret that cannot be read, for one
                return not isinstance(error, ProviderError)
