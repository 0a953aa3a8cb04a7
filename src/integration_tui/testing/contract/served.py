"""A provider together with a system to try it on."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from integration_tui.domain.provider import Connector, ProviderSpec
from integration_tui.domain.roster import ROSTER, Collection


class Serve(Protocol):
    """Yields a connector, not connected yet, to a running system.

    With `bad_records`, some records of the paged collection are unreadable.
    """

    def __call__(self, *, bad_records: bool = False) -> AbstractAsyncContextManager[Connector]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedProvider:
    """What the contract is run on.

    `collections` are those that the system lists, each with at least one record; `paged` is one
    of them that has more than one page.
    """

    spec: ProviderSpec
    serve: Serve
    collections: tuple[Collection, ...] = ROSTER
    paged: Collection = Collection.USERS
