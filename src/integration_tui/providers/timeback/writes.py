"""Writes records under our own ids, so that a repeated request makes nobody twice.

A record is replaced by PUT; where the platform knows none of that id and does not create by PUT,
it is created by POST. A POST of which nobody knows whether it was done is looked for before it
is repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from integration_tui.domain.errors import (
    ConsoleError,
    CredentialsError,
    ForbiddenError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
)
from integration_tui.domain.provider import WriteKind, WriteOperation, WriteResult
from integration_tui.domain.roster import (
    RECORD_TYPES,
    Collection,
    Enrollment,
    Record,
    RecordStatus,
    User,
)
from integration_tui.domain.text import visible
from integration_tui.providers.http.models import Response
from integration_tui.providers.http.session import HttpSession
from integration_tui.providers.oneroster.responses import PATHS
from integration_tui.providers.timeback.serializer import WRITABLE, Sent, WriteFormat

Placed = tuple[int, WriteOperation]
"""An operation with its place in the batch."""
_Key = tuple[Collection, str]


def waves(operations: Sequence[WriteOperation]) -> Iterator[Sequence[Placed]]:
    """Split a batch, in its order, so that within a wave the order does not matter.

    A new wave begins with an operation on a record that the wave writes or names already, and
    with one that names a record which the wave writes: an enrollment after its user.
    """
    wave: list[Placed] = []
    written: set[_Key] = set()
    named: set[_Key] = set()
    for place, operation in enumerate(operations):
        key, names = (operation.collection, operation.sourced_id), _names(operation.record)
        if key in written or key in named or not written.isdisjoint(names):
            yield wave
            wave, written, named = [], set(), set()
        wave.append((place, operation))
        written.add(key)
        named |= names
    if wave:
        yield wave


def _names(record: Record | None) -> frozenset[_Key]:
    """Return the writable records that a record builds on."""
    match record:
        case Enrollment():
            return frozenset({(Collection.USERS, record.user), (Collection.CLASSES, record.class_)})
        case User():
            return frozenset((Collection.USERS, agent) for agent in record.agents)
        case _:
            return frozenset()


_AT_ONCE: Final = 3
_FORBIDDEN_IN_A_ROW: Final = 5
"""One record may be out of our reach; so many, one after the other, are a missing right."""
_FAILED: Final = 500
"""It may be this one record that the platform trips over."""


class WriteBatch:
    """One batch. `carry_out` raises `ConsoleError` where it could not do an operation."""

    def __init__(self, carry_out: Callable[[WriteOperation], Awaitable[None]]) -> None:
        self._carry_out = carry_out
        self._outage = ""
        self._forbidden = 0

    async def run(self, operations: Sequence[WriteOperation], refusals: list[str]) -> None:
        """Do what is not refused, and write into `refusals` why something was not done."""
        for wave in waves(operations):
            rest = iter([placed for placed in wave if not refusals[placed[0]]])
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(self._slot(rest, refusals))

    async def _slot(self, rest: Iterator[Placed], refusals: list[str]) -> None:
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
        """Return whether another record would fare the same."""
        match error:
            case ForbiddenError():
                return self._forbidden >= _FORBIDDEN_IN_A_ROW
            case CredentialsError():
                return True
            case RetryableError():
                return error.status != _FAILED
            case _:  # a secret that cannot be read, for one
                return not isinstance(error, ProviderError)


Find = Callable[[Collection, str], Awaitable[Record | None]]

_OFF: Final = "writing is switched off; set writes: true in the configuration"


class _Pair(msgspec.Struct, rename="camel"):
    allocated_sourced_id: str | None = None


class _Kept(msgspec.Struct, rename="camel"):
    """What an answer to a write says of ids: an object here, a list in 1EdTech's gradebook."""

    sourced_id_pairs: _Pair | list[_Pair] | None = None


class Writer:
    """Writes over one line. `service_url` says where the service is by now."""

    def __init__(
        self,
        line: HttpSession,
        form: WriteFormat,
        *,
        service_url: Callable[[], str],
        find: Find,
        is_allowed: bool,
    ) -> None:
        self._line = line
        self._form = form
        self._service_url = service_url
        self._find = find
        self._is_allowed = is_allowed

    async def write(
        self, operations: Sequence[WriteOperation], *, dry_run: bool
    ) -> list[WriteResult]:
        """As `BatchOperationProvider.write`. An outage ends it: the rest is not attempted."""
        refusals = [self._refusal(operation) for operation in operations]
        if not dry_run:
            await WriteBatch(self._carry_out).run(operations, refusals)
        return [
            WriteResult(sourced_id=one.sourced_id, done=not refusal, reason=refusal)
            for one, refusal in zip(operations, refusals, strict=True)
        ]

    async def _carry_out(self, operation: WriteOperation) -> None:
        """Do one operation. Raises `ProviderError` where it was not done."""
        if operation.record is None:
            await self._delete(operation)
            return
        sent = self._form.sent(operation.collection, operation.record)
        url = f"{self._service_url()}/{sent.path}"
        try:
            answer, _ = await self._line.write("PUT", url, sent.body, repeatable=True)
        except RemoteNotFoundError:
            if not self._form.posts:
                raise
            await self._create(operation, sent)
        else:
            _require_own_id(operation, answer)

    async def _delete(self, operation: WriteOperation) -> None:
        url = f"{self._collection(operation)}/{quote(operation.sourced_id, safe='')}"
        try:
            await self._line.write("DELETE", url, repeatable=True)
        except RemoteNotFoundError:
            return  # it was not there, which is what is wanted

    async def _create(self, operation: WriteOperation, sent: Sent) -> None:
        try:
            answer = await self._post(operation, sent)
        except RetryableError as error:
            if error.unprocessed:
                raise
            if await self._is_there(operation):
                return
            answer = await self._post(operation, sent)
        _require_own_id(operation, answer)

    async def _post(self, operation: WriteOperation, sent: Sent) -> Response:
        url = f"{self._collection(operation)}/"
        answer, _ = await self._line.write("POST", url, sent.body, repeatable=False)
        return answer

    async def _is_there(self, operation: WriteOperation) -> bool:
        found = await self._find(operation.collection, operation.sourced_id)
        # One that was deleted before is still shown, marked as such.
        return found is not None and found.status is RecordStatus.ACTIVE

    def _collection(self, operation: WriteOperation) -> str:
        return f"{self._service_url()}/{PATHS[operation.collection]}"

    def _refusal(self, operation: WriteOperation) -> str:
        """Return why an operation is not sent; empty where it may be."""
        if not self._is_allowed:
            return _OFF
        if operation.collection not in WRITABLE:
            return "TimeBack takes users, classes and enrollments only"
        if not operation.sourced_id.strip("."):
            return "sourcedId is required"  # dots would be another path
        if operation.kind is WriteKind.DELETE:
            return "" if operation.record is None else "a deletion has no record to write"
        return self._refusal_of(operation, operation.record)

    def _refusal_of(self, operation: WriteOperation, record: Record | None) -> str:
        if not isinstance(record, RECORD_TYPES[operation.collection]):
            return f"there is no record of {operation.collection} to write"
        if record.sourced_id != operation.sourced_id:
            return "the record has another sourcedId than the operation"
        return self._form.lacks(record)


def _require_own_id(operation: WriteOperation, answer: Response) -> None:
    """Raise `ProviderError` where the platform keeps the record under an id of its own."""
    try:
        pairs = msgspec.json.decode(answer.body, type=_Kept).sourced_id_pairs
    except msgspec.DecodeError:
        return  # it says nothing about ids
    for pair in pairs if isinstance(pairs, list) else [pairs]:
        allocated = pair.allocated_sourced_id if pair is not None else None
        if allocated and allocated != operation.sourced_id:
            raise ProviderError(
                f"TimeBack keeps {operation.sourced_id} as {visible(allocated, limit=100)}",
                advice="the record was created under that id; write it by that from now on",
            )
