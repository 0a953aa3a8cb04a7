"""Looks for people whom a run would create, though their system knows them by another id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Role, UserId
from integration_tui.domain.run import Run
from integration_tui.domain.same_person import Person, claims

_RULES: Final = ("identifier", "master_identifier", "email")
FACE: Final = (
    "given_name", "preferred_given_name", "family_name", "email", "identifier",
    "master_identifier", "roles", "user_ids",
)  # fmt: skip
# Only new people whose value somebody else has, too: a first run brings hundreds of thousands.
_WANTED: Final = """
SELECT value FROM (SELECT x.{key} AS value, count(*) AS several FROM user_changes x
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create' AND x.{key} <> ''
    GROUP BY 1) came
WHERE several > 1 OR {held}
"""
_HELD_BY_INDEX: Final = """EXISTS (SELECT 1 FROM users g INDEXED BY ix_users_{key}
    WHERE g.tenant_id = :tenant AND g.{key} = value)"""
_HELD: Final = "value IN (SELECT g.{key} FROM users g WHERE g.tenant_id = :tenant)"
_NEW: Final = f"""
SELECT x.external_id, x.id, {", ".join(f"x.{name}" for name in FACE)}
FROM user_changes x WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create'
    AND x.{{key}} IN (SELECT value FROM json_each(:values))
"""  # noqa: S608 - our own names
_KNOWN: Final = f"""
SELECT m.external_id, g.id, {", ".join(f"g.{name}" for name in FACE)}, {{told}},
    m.listed AND g.status = 'active' AS is_active, t.listed AS is_told, t.status AS told_status
FROM users g JOIN external_system_mappings m ON m.tenant_id = g.tenant_id
    AND m.collection = 'users' AND m.internal_id = g.id AND m.integration_id = :integration
LEFT JOIN user_changes t ON t.tenant_id = g.tenant_id AND t.run_id = :run
    AND t.external_id = m.external_id
WHERE g.tenant_id = :tenant AND g.{{key}} IN (SELECT value FROM json_each(:values))
"""  # noqa: S608 - our own names
_roles: Final = msgspec.json.Decoder(tuple[Role, ...]).decode
_user_ids: Final = msgspec.json.Decoder(tuple[UserId, ...]).decode
_json: Final = msgspec.json.Encoder().encode


class SamePeople:
    """Looks for them inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def claims(self, run: Run) -> dict[str, int]:
        """Return by new id the record of whoever it belongs to."""
        new: dict[str, Person] = {}
        known: list[Person] = []
        for key in _RULES:
            held = (_HELD if key == "master_identifier" else _HELD_BY_INDEX).format(key=key)
            wanted = await self._ask(_WANTED.format(key=key, held=held), run)
            if not wanted:
                continue
            values = _json([row["value"] for row in wanted]).decode()
            for row in await self._ask(_NEW.format(key=key), run, values=values):
                new[row["external_id"]] = person_of(row)
            told = ", ".join(f"t.{name} AS t_{name}" for name in FACE)
            for row in await self._ask(_KNOWN.format(key=key, told=told), run, values=values):
                known += _faces(row)
        return claims(known, list(new.values()))

    async def _ask(self, statement: str, run: Run, **values: object) -> Sequence[RowMapping]:
        named = {"tenant": self._tenant, "run": run.id, "integration": run.integration_id}
        done = await self._connection.execute(text(statement), {**named, **values})
        return done.mappings().all()


def _faces(row: RowMapping) -> list[Person]:
    """Return somebody as held, and as told now where that is so."""
    is_told = bool(row["is_told"]) and row["told_status"] == "active"
    is_gone = not row["is_active"] if row["is_told"] is None else not is_told
    held = replace(person_of(row), is_gone=is_gone)
    return [held, person_of(row, prefix="t_")] if is_told else [held]


def person_of(row: RowMapping, *, prefix: str = "", external_id: str | None = None) -> Person:
    """Return somebody as a row tells; the columns have names behind `prefix`."""

    def word(name: str) -> str:
        return " ".join(f"{row[prefix + name] or ''}".split()).casefold()

    return Person(
        external_id=external_id or row["external_id"],
        record_id=row["id"],
        given_name=word("given_name"),
        preferred_name=word("preferred_given_name"),
        family_name=word("family_name"),
        email=word("email"),
        identifier=word("identifier"),
        master_identifier=word("master_identifier"),
        roles=_role_words(row[f"{prefix}roles"]),
        other_ids={one.type: one.identifier for one in _user_ids(row[f"{prefix}user_ids"])},
    )


@lru_cache(maxsize=1024)
def _role_words(stored: str) -> frozenset[str]:
    """Return the kinds of roles; few texts tell those of many people."""
    return frozenset(role.role for role in _roles(stored))
