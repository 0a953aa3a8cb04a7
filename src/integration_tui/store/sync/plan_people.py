"""Counts the people of a plan by role, and finds the schools of those who are missing.

Rows are counted by their roles as they are stored, so that each text is read once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from integration_tui.domain.ids import TenantId
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.plan_tally import PersonRole, PlanPeople, person_role, tally
from integration_tui.domain.sync.run import Run
from integration_tui.domain.sync.safety import School
from integration_tui.store.connection import Connection, Row
from integration_tui.store.connection import Value as Bound

_SCHOOLS: Final = 4
_MISSING: Final = ", ".join(f"'{kind.value}'" for kind in ChangeKind.losses())
_COUNTED: Final = ", ".join(
    f"'{kind.value}'" for kind in (*ChangeKind.effective(), ChangeKind.QUARANTINE)
)
# Whoever is known is counted by the roles from before the run.
_CHANGES: Final = f"""
SELECT COALESCE(g.roles, x.roles), x.kind, x.id IS NOT NULL, count(*) FROM user_changes x
LEFT JOIN users g ON g.tenant_id = x.tenant_id AND g.id = x.id AND x.kind <> 'create'
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind IN ({_COUNTED}) GROUP BY 1, 2, 3
"""  # noqa: S608 - our own names
_KNOWN: Final = """
SELECT g.roles, count(*) FROM external_system_mappings m
JOIN users g ON g.tenant_id = m.tenant_id AND g.id = m.internal_id
WHERE m.tenant_id = :tenant AND m.integration_id = :integration AND m.collection = 'users'
    AND m.listed GROUP BY 1
"""
_LOSING: Final = f"""
SELECT o.name, o.id, count(*) FROM user_changes x
JOIN users g ON g.tenant_id = x.tenant_id AND g.id = x.id
LEFT JOIN organizations o ON o.tenant_id = g.tenant_id AND o.id = g.organization_id
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create' AND x.kind IN ({_MISSING})
GROUP BY o.id ORDER BY 3 DESC
"""  # noqa: S608 - our own names
_SIZE: Final = """
SELECT count(*) FROM users WHERE tenant_id = :tenant AND organization_id = :org
    AND status = 'active'
"""


class _Role(msgspec.Struct, frozen=True):
    role: str = ""


_decode: Final = msgspec.json.Decoder(list[_Role]).decode


class PlanPeopleCounts:
    """Counts the people of one plan inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def read(self) -> PlanPeople:
        """Return the people of a plan by role, and the schools that miss most of them.

        How many are known is told only while the plan waits: the roster has moved on afterwards.
        """
        changes, held_back = await self._changes()
        known = await self._known() if self._run.is_waiting else None
        losing = await self._ask(_LOSING)
        schools: list[School] = []
        for name, org, lost in losing[:_SCHOOLS]:
            if org is not None:
                size = await self._ask(_SIZE, org=org)
                schools.append(School(org=name, known=max(size[0][0], lost), lost=lost))
        roles = {
            role: tally(
                changes.get(role, {}),
                known=None if known is None else known[role],
                unchanged=None
                if known is None
                else _unchanged(known[role], changes.get(role, {}), held_back[role]),
            )
            for role in PersonRole
        }
        return PlanPeople(
            roles={role: one for role, one in roles.items() if not one.is_empty},
            schools=schools,
            missing=sum(lost for _, _, lost in losing),
        )

    async def _changes(
        self,
    ) -> tuple[Mapping[PersonRole, Counter[ChangeKind]], Counter[PersonRole]]:
        """Return the changes of each role, and how many known people are held back."""
        counts: dict[PersonRole, Counter[ChangeKind]] = {}
        held_back: Counter[PersonRole] = Counter()
        for roles, kind, is_known, count in await self._ask(_CHANGES):
            role = stored_role(roles)
            counts.setdefault(role, Counter())[ChangeKind(kind)] += count
            if is_known and kind == ChangeKind.QUARANTINE:
                held_back[role] += count
        return counts, held_back

    async def _known(self) -> Counter[PersonRole]:
        known: Counter[PersonRole] = Counter()
        for roles, count in await self._ask(_KNOWN):
            known[stored_role(roles)] += count
        return known

    async def _ask(self, statement: str, **values: Bound) -> Sequence[Row]:
        found = await self._connection.exec_driver_sql(
            statement,
            {
                "tenant": self._tenant,
                "run": self._run.id,
                "integration": self._run.integration_id,
                **values,
            },
        )
        return found.all()


def stored_role(roles: str | None) -> PersonRole:
    """Return the role of a person by the stored list; what is none counts as an empty one."""
    try:
        return person_role({each.role for each in _decode(roles or "[]")})
    except msgspec.DecodeError:
        return PersonRole.OTHER


def _unchanged(known: int, changes: Mapping[ChangeKind, int], held_back: int) -> int:
    changed = sum(
        changes.get(kind, 0)
        for kind in (ChangeKind.UPDATE, ChangeKind.RELINK, ChangeKind.DEACTIVATE)
    )
    return max(known - changed - held_back, 0)
