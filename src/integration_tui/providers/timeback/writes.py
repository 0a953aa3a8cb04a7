"""Writes records under our own ids, so that a repeated request makes nobody twice.

A record is replaced by PUT; where the platform knows none of that id, it is created by POST. A
POST of which nobody knows whether it was done is looked for before it is repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from integration_tui.domain.errors import (
    CredentialsError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
)
from integration_tui.domain.provider import WriteKind, WriteOperation, WriteResult
from integration_tui.domain.roster import RECORD_TYPES, Record
from integration_tui.providers.http.line import Line
from integration_tui.providers.http.messages import Answer
from integration_tui.providers.oneroster.envelope import PATHS, SINGULAR
from integration_tui.providers.timeback.outgoing import WRITABLE, body_of, lacks

_AT_ONCE: Final = 3
_FAILED: Final = 500
"""It may be this one record that the platform trips over."""
_OFF: Final = "writing is switched off; set writes: true in the configuration"


class _Pair(msgspec.Struct, rename="camel"):
    supplied_sourced_id: str = ""
    allocated_sourced_id: str = ""


class _Created(msgspec.Struct, rename="camel"):
    sourced_id_pairs: _Pair | list[_Pair] | None = None


class Writer:
    """Writes over one line. `service_url` says where the service is by now."""

    def __init__(self, line: Line, service_url: Callable[[], str], *, is_allowed: bool) -> None:
        self._line = line
        self._service_url = service_url
        self._is_allowed = is_allowed

    async def write(
        self, operations: Sequence[WriteOperation], *, dry_run: bool
    ) -> list[WriteResult]:
        """As `BatchOperationProvider.write`. An outage ends it: the rest is not attempted."""
        batch = _Batch(self)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(batch.write(one, self._refusal(one), dry_run=dry_run))
                for one in operations
            ]
        return [task.result() for task in tasks]

    async def carry_out(self, operation: WriteOperation) -> None:
        """Do one operation. Raises `ProviderError` where it was not done."""
        url = f"{self._collection(operation)}/{quote(operation.sourced_id, safe='')}"
        if operation.record is None:
            await self._delete(url)
            return
        body = {SINGULAR[operation.collection]: body_of(operation.record)}
        try:
            await self._line.write("PUT", url, body, repeatable=True)
        except RemoteNotFoundError:
            await self._create(operation, body, url)

    async def _delete(self, url: str) -> None:
        try:
            await self._line.write("DELETE", url, repeatable=True)
        except RemoteNotFoundError:
            return  # it was not there, which is what is wanted

    async def _create(self, operation: WriteOperation, body: object, url: str) -> None:
        try:
            answer = await self._post(operation, body)
        except RetryableError as error:
            if error.unprocessed or await self._is_there(url):
                if error.unprocessed:
                    raise
                return
            answer = await self._post(operation, body)
        _require_own_id(operation, answer)

    async def _post(self, operation: WriteOperation, body: object) -> Answer:
        url = f"{self._collection(operation)}/"
        answer, _ = await self._line.write("POST", url, body, repeatable=False)
        return answer

    async def _is_there(self, url: str) -> bool:
        try:
            await self._line.read(url)
        except RemoteNotFoundError:
            return False
        return True

    def _collection(self, operation: WriteOperation) -> str:
        return f"{self._service_url()}/{PATHS[operation.collection]}"

    def _refusal(self, operation: WriteOperation) -> str:
        """Return why an operation is not sent; empty where it may be."""
        if not self._is_allowed:
            return _OFF
        if operation.collection not in WRITABLE:
            return "TimeBack takes users, classes and enrollments only"
        if not operation.sourced_id.strip("."):
            return "sourcedId must be there"
        if operation.kind is WriteKind.DELETE:
            return ""
        return self._refusal_of(operation, operation.record)

    def _refusal_of(self, operation: WriteOperation, record: Record | None) -> str:
        if not isinstance(record, RECORD_TYPES[operation.collection]):
            return f"there is no record of {operation.collection} to write"
        if record.sourced_id != operation.sourced_id:
            return "the record has another sourcedId than the operation"
        return lacks(record)


class _Batch:
    """Some operations at once, until one says that the platform cannot be reached."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._lanes = asyncio.Semaphore(_AT_ONCE)
        self._outage = ""

    async def write(self, operation: WriteOperation, refusal: str, *, dry_run: bool) -> WriteResult:
        if not refusal and not dry_run:
            async with self._lanes:
                refusal = self._outage or await self._attempt(operation)
        return WriteResult(sourced_id=operation.sourced_id, done=not refusal, reason=refusal)

    async def _attempt(self, operation: WriteOperation) -> str:
        try:
            await self._writer.carry_out(operation)
        except ProviderError as error:
            if _is_outage(error):
                self._outage = f"not attempted: {error.message}"
            return str(error)
        return ""


def _is_outage(error: ProviderError) -> bool:
    """Say whether another record would fare the same."""
    if isinstance(error, CredentialsError):
        return True
    return isinstance(error, RetryableError) and error.status != _FAILED


def _require_own_id(operation: WriteOperation, answer: Answer) -> None:
    """Raise `ProviderError` where the platform keeps the record under an id of its own."""
    try:
        pairs = msgspec.json.decode(answer.body, type=_Created).sourced_id_pairs
    except msgspec.DecodeError:
        return  # it says nothing about ids
    for pair in pairs if isinstance(pairs, list) else [pairs]:
        if pair is not None and pair.allocated_sourced_id not in {"", operation.sourced_id}:
            raise ProviderError(
                f"TimeBack keeps {operation.sourced_id} as {pair.allocated_sourced_id[:100]}",
                advice="the record was created under that id; write it by that from now on",
            )
