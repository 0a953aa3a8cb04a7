"""What the control endpoint does for a OneRoster server: tokens, keys, views, departures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from integration_tui.domain.errors import UsageError
from integration_tui.domain.roster import Collection, Owner, Record
from integration_tui.sandbox.control_actions import MOST, advancing, read_body
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.overlay import deleted
from integration_tui.sandbox.selection import Present
from integration_tui.sandbox.served_system import ControlAction


class Tokens(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How new tokens are; what is left out stays. `expires_in` is what is told, null is nothing.

    `scopes` are the most that is granted; null is all of them.
    """

    lifetime_s: float | msgspec.UnsetType = msgspec.UNSET
    expires_in: int | str | msgspec.UnsetType | None = msgspec.UNSET
    scopes: tuple[str, ...] | msgspec.UnsetType | None = msgspec.UNSET


class Narrowed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The school that a client sees; null is all of them."""

    client: str
    school: str | None = None


class Deletion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many active records leave, and of which collection."""

    count: int
    collection: Collection = Collection.USERS


class OneRosterControl:
    """Steers one sandbox."""

    def __init__(self, sandbox: OneRosterSandbox) -> None:
        self._sandbox = sandbox

    @property
    def actions(self) -> Mapping[tuple[str, str], ControlAction]:
        return {
            ("PUT", "tokens"): self._set_tokens,
            ("DELETE", "tokens"): self._revoke,
            ("POST", "key"): self._change_key,
            ("PUT", "school"): self._narrow,
            ("POST", "delete"): self._delete,
            **advancing(lambda: self._sandbox.overlay.source, self.state),
        }

    def state(self) -> Mapping[str, object]:
        """Return counts, tokens and views."""
        issuer = self._sandbox.issuer
        return {
            "as_of": self._sandbox.overlay.snapshot().as_of,
            "counts": {collection: len(self._present(collection)) for collection in Collection},
            "tokens": {
                "minted": issuer.minted,
                "lifetime_s": issuer.lifetime_s,
                "expires_in": issuer.expires_in,
                "scopes": issuer.most,
            },
            "schools": self._sandbox.access.schools,
        }

    def _set_tokens(self, body: bytes) -> object:
        asked, issuer = read_body(body, Tokens), self._sandbox.issuer
        if not isinstance(asked.lifetime_s, msgspec.UnsetType):
            issuer.lifetime_s = asked.lifetime_s
        if not isinstance(asked.expires_in, msgspec.UnsetType):
            issuer.expires_in = asked.expires_in
        if not isinstance(asked.scopes, msgspec.UnsetType):
            issuer.most = asked.scopes
        return self.state()

    def _revoke(self, _body: bytes) -> object:
        self._sandbox.issuer.revoke()
        return self.state()

    def _change_key(self, _body: bytes) -> object:
        return {"key": self._sandbox.keys.change()}

    def _narrow(self, body: bytes) -> object:
        asked, schools = read_body(body, Narrowed), self._sandbox.access.schools
        if asked.school is None:
            schools.pop(asked.client, None)
        else:
            schools[asked.client] = asked.school
        return schools

    def _delete(self, body: bytes) -> object:
        asked = read_body(body, Deletion)
        if not 0 < asked.count <= MOST:
            raise UsageError(f"count must be a number from 1 to {MOST}")
        records = self._records(asked.collection, self._present(asked.collection)[: asked.count])
        self._sandbox.overlay.write(asked.collection, map(deleted, records))
        if asked.collection is Collection.USERS:
            self._delete_dependents(records)
        return {"deleted": [record.sourced_id for record in records]}

    def _delete_dependents(self, users: Sequence[Record]) -> None:
        snapshot = self._sandbox.overlay.snapshot()
        owners = [Owner(collection=Collection.USERS, sourced_id=user.sourced_id) for user in users]
        seats = [seat for owner in owners for seat in snapshot.part(Collection.ENROLLMENTS, owner)]
        facts = (snapshot.index_of(Collection.DEMOGRAPHICS, user.sourced_id) for user in users)
        for collection, places in (
            (Collection.ENROLLMENTS, seats),
            (Collection.DEMOGRAPHICS, [place for place in facts if place is not None]),
        ):
            records = self._records(collection, places)
            self._sandbox.overlay.write(collection, map(deleted, records))

    def _records(self, collection: Collection, places: Sequence[int]) -> list[Record]:
        snapshot = self._sandbox.overlay.snapshot()
        found = (snapshot.at(collection, place) for place in places)
        return [record for record in found if record is not None]

    def _present(self, collection: Collection) -> Present:
        snapshot = self._sandbox.overlay.snapshot()
        return Present(snapshot.size(collection), snapshot.missing(collection, gone=False))
