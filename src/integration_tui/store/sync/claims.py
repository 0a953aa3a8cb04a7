"""Finds records by what systems say that others call them: their claims.

Both ways: a new record claims an id under which another system knows one of ours, or what another
system says of one of ours is the id of a new record. People also by their number and user name.

See docs/decisions/0028.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.run import Run
from integration_tui.store.roster.fields import RecordTable, label_sql

_MOST: Final = 10
"""What more than so many are called by says of nobody who he is."""
_NEW: Final = """
x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create'
"""
_CLAIMING: Final = """
FROM {changes} x INDEXED BY ix_{changes}_claims CROSS JOIN json_each(x.claims) c
"""
_ARE_THERE: Final = """
SELECT EXISTS (SELECT 1 FROM {changes} x INDEXED BY ix_{changes}_claims
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.claims <> '[]')
OR EXISTS (SELECT 1 FROM {table} g INDEXED BY ix_{table}_claims
    WHERE g.tenant_id = :tenant AND g.claims <> '[]')
"""
"""Most systems claim nothing, and a plan is not to wait for that."""
# The ids under which the other systems know a record of ours, free to be linked or not.
_BY_ID: Final = """
SELECT x.external_id, x.id, g.id, c.value, {free}, {theirs}, {ours} {claiming}
CROSS JOIN integrations i ON i.tenant_id = x.tenant_id AND i.id <> :integration
CROSS JOIN {mappings} o ON o.tenant_id = x.tenant_id AND o.integration_id = i.id
    AND o.collection = :collection AND o.external_id = c.value
CROSS JOIN {table} g ON g.tenant_id = x.tenant_id AND g.id = o.internal_id
WHERE {new} AND x.claims <> '[]'
"""
_BY_ACCOUNT: Final = """
SELECT x.external_id, x.id, g.id, c.value, {free}, {theirs}, {ours} {claiming}
CROSS JOIN users g INDEXED BY ix_users_{key} ON g.tenant_id = x.tenant_id AND g.{key} = c.value
WHERE {new} AND x.claims <> '[]'
"""
# What several systems say of one record is held once, and the rest is remembered beside it.
_SAID: Final = """
WITH said (id, value) AS MATERIALIZED (
    SELECT g.id, c.value FROM {table} g INDEXED BY ix_{table}_claims
        CROSS JOIN json_each(g.claims) c WHERE g.tenant_id = :tenant AND g.claims <> '[]'
    UNION SELECT g.id, c.value FROM {table} g INDEXED BY ix_{table}_claims
        CROSS JOIN json_each(g.sync_metadata) s
        CROSS JOIN json_each(json_extract(s.value, '$.claims[0]')) c
        WHERE g.tenant_id = :tenant AND g.claims <> '[]' AND g.sync_metadata LIKE '%"claims"%'
            AND json_type(s.value, '$.claims[0]') = 'text')
SELECT x.external_id, x.id, g.id, said.value, {free}, {theirs}, {ours}
FROM {joined} ON {new} AND x.{key} = said.value
CROSS JOIN {table} g ON g.tenant_id = :tenant AND g.id = said.id
WHERE NOT EXISTS (SELECT 1 FROM integrations i
    CROSS JOIN external_system_mappings o ON o.tenant_id = i.tenant_id AND o.integration_id = i.id
        AND o.collection = :collection AND o.external_id = said.value
    WHERE i.tenant_id = :tenant AND i.id <> :integration AND (o.internal_id = g.id
        OR NOT EXISTS (SELECT 1 FROM external_system_mappings k WHERE k.tenant_id = :tenant
            AND k.collection = :collection AND k.internal_id = g.id AND k.integration_id = i.id)))
"""
"""Who is called so by a system already is not meant: the claim has found whom it is about."""
# What this system says of other records that it knows, or brings changes of.
_CLAIMED_TWICE: Final = """
SELECT c.value FROM {table} g INDEXED BY ix_{table}_claims
CROSS JOIN json_each(CASE WHEN json_type(g.sync_metadata, :said) IS NULL THEN g.claims
    ELSE json_extract(g.sync_metadata, :said || '[0]') END) c
WHERE g.tenant_id = :tenant AND g.claims <> '[]'
    AND c.value IN (SELECT value FROM json_each(:claims)) AND EXISTS (
        SELECT 1 FROM external_system_mappings m WHERE m.tenant_id = :tenant
            AND m.collection = :collection AND m.internal_id = g.id
            AND m.integration_id = :integration)
UNION SELECT c.value {claiming} WHERE x.tenant_id = :tenant AND x.run_id = :run
    AND x.kind <> 'create' AND x.claims <> '[]'
    AND c.value IN (SELECT value FROM json_each(:claims))
"""
_json: Final = msgspec.json.Encoder().encode


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """The pairs of new records and ours, as `MatchRepository` judges them.

    `doubtful` are the new ones that nothing may be certain of: their claims lead to several
    records, or others claim the same. `found` are all that were led anywhere.
    """

    pairs: Sequence[tuple[object, ...]] = ()
    doubtful: AbstractSet[object] = msgspec.field(default_factory=frozenset[object])
    found: AbstractSet[object] = msgspec.field(default_factory=frozenset[object])


class ClaimRepository:
    """Looks for them inside one transaction. `free` is a condition on `g`: it may be linked."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def are_there(self, run: Run, shape: RecordTable) -> bool:
        """Return whether a run brings claims, or any are held."""
        return bool((await self._ask(_ARE_THERE, run, shape, ""))[0][0])

    async def by_id(self, run: Run, shape: RecordTable, free: str) -> Claimed:
        """Return who is known by a claimed id, or claimed by the id of a new record."""
        rows = await self._ask(_BY_ID, run, shape, free, mappings="external_system_mappings")
        if shape.collection is Collection.USERS:
            rows += await self._ask(_BY_ID, run, shape, free, mappings="shared_external_ids")
        claims = {row[3] for row in rows}
        rows += await self._ask(
            _SAID, run, shape, free, key="external_id", joined=f"said CROSS JOIN {shape.changes} x"
        )
        return await self._claimed(run, shape, rows, claims)

    async def by_account(
        self, run: Run, shape: RecordTable, free: str, *, but: AbstractSet[object]
    ) -> Claimed:
        """Return people whose number or user name is claimed; not for those found before."""
        rows: list[tuple[object, ...]] = []
        claims: set[object] = set()
        for key in ("identifier", "username"):
            found = await self._ask(_BY_ACCOUNT, run, shape, free, key=key)
            claims |= {row[3] for row in found}
            joined = f"{shape.changes} x CROSS JOIN said"  # which has no index but SQLite's own
            said = await self._ask(_SAID, run, shape, free, key=key, joined=joined)
            rows += [*found, *said]
        return await self._claimed(run, shape, [row for row in rows if row[0] not in but], claims)

    async def _claimed(
        self,
        run: Run,
        shape: RecordTable,
        rows: Iterable[tuple[object, ...]],
        claims: AbstractSet[object],
    ) -> Claimed:
        twice = await self._claimed_twice(run, shape, claims) if claims else set[object]()
        targets: defaultdict[object, set[object]] = defaultdict(set)
        pairs: dict[tuple[object, object], tuple[object, ...]] = {}
        doubtful: set[object] = set()
        for external_id, id_, candidate, claim, is_free, theirs, ours in rows:
            targets[external_id].add(candidate)
            if claim in twice:
                doubtful.add(external_id)
            if is_free:
                pairs[external_id, candidate] = (external_id, id_, candidate, theirs, ours)
        return Claimed(
            pairs=[pair for pair in pairs.values() if len(targets[pair[0]]) <= _MOST],
            doubtful=doubtful | {one for one, found in targets.items() if len(found) > 1},
            found=targets.keys(),
        )

    async def _claimed_twice(
        self, run: Run, shape: RecordTable, claims: AbstractSet[object]
    ) -> set[object]:
        """Return the claims that other records of the same system make, too."""
        values = {
            "claims": _json(sorted(map(str, claims))).decode(),
            "said": f'$."{run.integration_id}".claims',
        }
        return {row[0] for row in await self._ask(_CLAIMED_TWICE, run, shape, "", values)}

    async def _ask(
        self,
        statement: str,
        run: Run,
        shape: RecordTable,
        free: str,
        values: dict[str, str] | None = None,
        **names: str,
    ) -> list[tuple[object, ...]]:
        claiming = _CLAIMING.format(changes=shape.changes)
        filled = statement.format(
            table=shape.table,
            changes=shape.changes,
            claiming=claiming,
            new=_NEW,
            free=f"({free})",
            theirs=label_sql(shape, "x"),
            ours=label_sql(shape, "g"),
            **names,
        )
        named: dict[str, object] = {
            "tenant": self._tenant,
            "integration": run.integration_id,
            "run": run.id,
            "collection": shape.collection.value,
        }
        found = await self._connection.execute(text(filled), named | (values or {}))
        return [tuple(row) for row in found.all()]
