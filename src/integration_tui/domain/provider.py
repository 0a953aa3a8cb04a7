"""What a provider is to the rest of the application.

A *provider* is a kind of system (Canvas). An *integration* is one configured provider
(Canvas at Lincoln High). A *connector* is an integration's open line to that system; which of
the protocols below it has, its provider declares as capabilities. The host gives a connector
its clock, secrets and limits in a `ProviderContext`; a connector raises only `ProviderError`s.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import msgspec

from integration_tui.domain.clock import Chance, Clock, Monotonic, Sleep
from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.paging import Cursor, KnownPages, KnownRecords, Page
from integration_tui.domain.rate_limits import LendThrottle, unshared
from integration_tui.domain.roster import Collection, Owner, Record
from integration_tui.domain.secret import Secret, SecretResolver
from integration_tui.domain.value import ContractValue
from integration_tui.domain.webhook import Delivery, Subscription

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig

CONTRACT_VERSION: Final = 1
"""A plug-in built for another version is listed with that as its error, and not loaded."""


class Capability(StrEnum):
    """What an administrator may do with a provider; the interfaces hide the rest."""

    EXTERNAL_SYSTEM = "external_system"
    AUTHENTICATION = "authentication"
    DATA_SYNC = "data_sync"
    ROSTER = "roster"
    WEBHOOK = "webhook"
    REALTIME = "realtime"
    BATCH = "batch"


class NotAttempted(Enum):
    """The answer where a capability is missing: a value, not an error."""

    NOT_ATTEMPTED = "not attempted"


NOT_ATTEMPTED: Final = NotAttempted.NOT_ATTEMPTED


class SystemMetadata(ContractValue, frozen=True, kw_only=True):
    """What a system says of itself. `version` is the protocol's ("OneRoster 1.2")."""

    product: str
    version: str
    address: str
    details: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


class Authentication(ContractValue, frozen=True, kw_only=True):
    """A valid proof of identity, without the proof itself. `None`: does not expire."""

    kind: str
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()


class WriteKind(StrEnum):
    """What a batch operation does to one record."""

    UPSERT = "upsert"
    DELETE = "delete"


class WriteOperation(ContractValue, frozen=True, kw_only=True):
    """One record to write. `record` is `None` for a delete."""

    kind: WriteKind
    collection: Collection
    sourced_id: str
    record: Record | None = None


class WriteResult(ContractValue, frozen=True, kw_only=True):
    """What became of one operation; `reason` says why where it was not done."""

    sourced_id: str
    done: bool
    reason: str = ""


class RemoteChange(ContractValue, frozen=True, kw_only=True):
    """One change as a system announces it, by id: the record itself is read again."""

    collection: Collection
    sourced_id: str
    deleted: bool
    at: datetime
    cursor: Cursor


class ExternalSystemProvider(Protocol):
    """The least a connector can do: be opened, be asked how it is, be closed."""

    async def connect(self) -> None:
        """Open the line and prove identity. Called once before anything else."""
        ...

    async def disconnect(self) -> None:
        """Let go of everything. May be called twice, and after a failed `connect`."""
        ...

    async def check(self) -> HealthFinding:
        """Make the cheapest authenticated call there is."""
        ...

    async def metadata(self) -> SystemMetadata:
        """Say what is on the other side."""
        ...


class AuthenticationProvider(Protocol):
    """Proves who we are, and renews the proof."""

    async def authenticate(self) -> Authentication:
        """Return the current proof; obtain one where there is none or it has run out."""
        ...

    async def reauthenticate(self) -> Authentication:
        """Throw the current proof away and obtain a new one."""
        ...


class DataSyncProvider(Protocol):
    """Lists collections, whole or since a moment."""

    def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        """Yield pages in a stable order, starting behind `after`.

        The last page says whether the listing is complete, and if not, why.
        A record that cannot be read is in `page.rejected`; it is not raised.
        With `since`, only records changed at or after that moment (the system's clock).
        """
        ...


class RosterProvider(ExternalSystemProvider, AuthenticationProvider, DataSyncProvider, Protocol):
    """A whole roster: the three above, look-ups by id, and parts of it."""

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        """Return one record, or `None` where the system has none of that id."""
        ...

    def subset(self, collection: Collection, *, of: Owner) -> AsyncIterator[Page[Record]]:
        """Yield the pages of those records of a collection that name `of` (see `PARTS`).

        Complete is said of the part. Raises `IncompatibleError` for a pair not in `PARTS`.
        """
        ...


class WebhookProvider(Protocol):
    """Calls us when something changes."""

    async def subscribe(self, url: str, event_types: Sequence[str], secret: Secret) -> Subscription:
        """Ask for deliveries to `url`, signed with `secret`."""
        ...

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None: ...

    async def subscriptions(self) -> list[Subscription]: ...

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery:
        """Check a delivery's signature and age, then read it. Raises `CredentialsError`."""
        ...


class RealtimeProvider(Protocol):
    """Streams changes as they happen."""

    def changes(self, after: Cursor | None = None) -> AsyncIterator[RemoteChange]:
        """Yield changes behind `after`, and wait for more. Never ends by itself."""
        ...


class BatchOperationProvider(Protocol):
    """Writes many records at once; some may fail."""

    async def write(
        self, operations: Sequence[WriteOperation], *, dry_run: bool = False
    ) -> list[WriteResult]:
        """Return one result an operation, in their order. Safe to repeat."""
        ...


class ConnectionStep(ContractValue, frozen=True, kw_only=True):
    """One step of a test: its name, and what it does. Returns what came of it in a few words."""

    name: str
    run: Callable[[], Awaitable[str]]


@runtime_checkable
class ConnectionSteps(Protocol):
    """No capability: a connector that can be connected step by step, for a test."""

    def steps(self) -> Sequence[ConnectionStep]:
        """Return the way to a proven line, first step first; nothing is sent yet.

        For a connector that is not connected; `connect` follows after the last one.
        """
        ...


@runtime_checkable
class KnownPageAware(Protocol):
    """No capability: a connector that need not read a page again that is as it was."""

    def recall(self, recall: KnownPages) -> None:
        """Ask `recall` about each page of a whole collection, before its records are read."""
        ...


@runtime_checkable
class KnownRecordAware(Protocol):
    """No capability: a connector that need not read a record again that came as it was."""

    def recall_records(self, known: KnownRecords) -> None:
        """Ask `known` about the pages of whole collections, and then about their records."""
        ...


@runtime_checkable
class ReplayedProvider(Protocol):
    """No capability: a connector that learns from what it lists, and so must hear it again."""

    def replay(self, collection: Collection, sourced_ids: Sequence[str]) -> None:
        """Take in the ids of a page that was stored before a rest; called before `pages`."""
        ...


@runtime_checkable
class LearningProvider(Protocol):
    """No capability: a connector that learns from a listing what neither rows nor ids tell."""

    def relearn(
        self, collection: Collection, lessons: Sequence[str], *, after: Cursor | None
    ) -> None:
        """Take in the lessons of all pages that were stored before a rest; called before `pages`.

        The listing goes on behind `after`; `None`: it is over. Not called where one of the pages
        has no lesson.
        """
        ...


PROTOCOLS: Final[Mapping[Capability, type]] = {
    Capability.EXTERNAL_SYSTEM: ExternalSystemProvider,
    Capability.AUTHENTICATION: AuthenticationProvider,
    Capability.DATA_SYNC: DataSyncProvider,
    Capability.ROSTER: RosterProvider,
    Capability.WEBHOOK: WebhookProvider,
    Capability.REALTIME: RealtimeProvider,
    Capability.BATCH: BatchOperationProvider,
}

Connector = ExternalSystemProvider
"""Every connector is at least this; ask for more by capability."""


class ProviderContext(ContractValue, frozen=True, kw_only=True):
    """What the host lends to a connector.

    `timeout_s` bounds one request as a whole; `max_retries` is how often one that may be
    repeated is repeated. `secret` resolves a reference at the moment of use. `budget` lends one
    throttle to all connections of this process that share a quota, and so name the same key; a key
    holds no secret.
    """

    integration_id: IntegrationId
    clock: Clock
    monotonic: Monotonic
    sleep: Sleep
    chance: Chance
    secret: SecretResolver
    timeout_s: float
    max_retries: int
    budget: LendThrottle = unshared


class SystemLimits(ContractValue, frozen=True, kw_only=True):
    """How many rows a page has where a config names no number."""

    page_size: int = 100


def in_reading_order(collections: Iterable[Collection], spec: ProviderSpec) -> list[Collection]:
    """Return collections as a type is to be read; what its order leaves out comes last."""
    order = [*spec.reading_order, *Collection]
    return sorted(dict.fromkeys(collections), key=order.index)


class ProviderSpec(ContractValue, frozen=True, kw_only=True):
    """A kind of system, as a plug-in declares it: `SPEC = ProviderSpec(...)`.

    `config_model` is the pydantic model of its config. `build` makes a connector from a valid
    config; it must be cheap, do no I/O, and import what is heavy inside itself.
    `lists_changes`: the system can be asked for what changed since a moment; otherwise every
    listing is whole. `reading_order` is the order in which its collections are read, where one
    says what another means; they are planned in the usual order all the same.
    """

    key: str
    contract_version: int
    title: str
    config_model: type[ProviderConfig]
    capabilities: frozenset[Capability]
    build: Callable[[ProviderConfig, ProviderContext], Connector]
    limits: SystemLimits = msgspec.field(default_factory=SystemLimits)
    lists_changes: bool = True
    reading_order: tuple[Collection, ...] = tuple(Collection)
