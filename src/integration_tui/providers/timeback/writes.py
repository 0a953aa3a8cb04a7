"""Writes records under our own ids, so that a repeated request makes nobody twice.

A record is replaced by PUT; where the platform knows none of that id and does not create by PUT,
it is created by POST. A POST of which nobody knows whether it was done is looked for before it
is repeated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from integration_tui.domain.errors import ProviderError, RemoteNotFoundError, RetryableError
from integration_tui.domain.provider import WriteKind, WriteOperation, WriteResult
from integration_tui.domain.roster import RECORD_TYPES, Collection, Record, RecordStatus
from integration_tui.domain.text import visible
from integration_tui.providers.http.line import Line
from integration_tui.providers.http.messages import Answer
from integration_tui.providers.oneroster.envelope import PATHS
from integration_tui.providers.timeback.batch import Batch
from integration_tui.providers.timeback.outgoing import WRITABLE, Form, Sent

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
        line: Line,
        form: Form,
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
        refusals = [self._refusal(one) for one in operations]
        if not dry_run:
            await Batch(self._carry_out).run(operations, refusals)
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

    async def _post(self, operation: WriteOperation, sent: Sent) -> Answer:
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
            return "sourcedId must be there"  # dots would be another path
        if operation.kind is WriteKind.DELETE:
            return "" if operation.record is None else "a deletion has no record to write"
        return self._refusal_of(operation, operation.record)

    def _refusal_of(self, operation: WriteOperation, record: Record | None) -> str:
        if not isinstance(record, RECORD_TYPES[operation.collection]):
            return f"there is no record of {operation.collection} to write"
        if record.sourced_id != operation.sourced_id:
            return "the record has another sourcedId than the operation"
        return self._form.lacks(record)


def _require_own_id(operation: WriteOperation, answer: Answer) -> None:
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
