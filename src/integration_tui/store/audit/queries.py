"""The statements with which the audit log is looked through; each goes along one index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from integration_tui.store.connection import Value

LOGS: Final = "integration_audit_logs"
Statement = tuple[str, tuple[Value, ...]]
"""SQL, and the values of its question marks."""


class Direction(msgspec.Struct, frozen=True):
    """Back from the newest entry, or on from the oldest."""

    order: str
    step: int

    def nearer(self, one: int, other: int) -> int:
        return max(one, other) if self.step < 0 else min(one, other)

    def farther(self, one: int, other: int) -> int:
        return min(one, other) if self.step < 0 else max(one, other)


NEWEST_FIRST: Final = Direction("DESC", -1)
OLDEST_FIRST: Final = Direction("ASC", 1)


class Among(msgspec.Struct, frozen=True):
    """Entries of which a column has one of these values."""

    tenant: str
    column: str
    values: tuple[str, ...]

    def check(self, *, is_not: bool = False) -> Statement:
        """Return a condition on the entry `l.seq`."""
        word, marks = "NOT EXISTS" if is_not else "EXISTS", ", ".join("?" * len(self.values))
        sql = (
            f"{word} (SELECT 1 FROM {LOGS} o INDEXED BY {index(self.column)} WHERE"  # noqa: S608 - our own names
            f" o.tenant_id = ? AND o.{self.column} IN ({marks}) AND o.seq = l.seq)"
        )
        return sql, (self.tenant, *self.values)

    def reach(self, way: Direction, span: tuple[int, int], most: int) -> Statement:
        """Return a statement for the numbers behind which a value has its share of `most`."""
        each = max(most // len(self.values), 1)
        one = (
            f"SELECT * FROM (SELECT seq FROM {LOGS} INDEXED BY {index(self.column)}"  # noqa: S608 - our own names
            f" WHERE tenant_id = ? AND {self.column} = ? AND seq BETWEEN ? AND ?"
            f" ORDER BY seq {way.order} LIMIT 1 OFFSET {each})"
        )
        values = (x for value in self.values for x in (self.tenant, value, *span))
        return " UNION ALL ".join(one for _ in self.values), tuple(values)

    def numbers(
        self, way: Direction, span: tuple[int, int], checks: Sequence[Statement], limit: int
    ) -> Statement:
        """Return a statement for the numbers of those that pass the checks."""
        conditions, asked = _conditions(checks)
        one = (
            f"SELECT * FROM (SELECT l.seq FROM {LOGS} l INDEXED BY {index(self.column)}"  # noqa: S608 - our own names
            f" WHERE l.tenant_id = ? AND l.{self.column} = ? AND l.seq BETWEEN ? AND ?{conditions}"
            f" ORDER BY l.seq {way.order} LIMIT {limit})"
        )
        sql = " UNION ALL ".join(one for _ in self.values)
        values = (x for value in self.values for x in (self.tenant, value, *span, *asked))
        return f"{sql} ORDER BY 1 {way.order} LIMIT {limit}", tuple(values)


class Worded(msgspec.Struct, frozen=True):
    """Entries that the index of words finds; `base` is added to a number for its rowid in it."""

    match: str
    base: int

    def check(self, *, is_not: bool = False) -> Statement:
        """Return a condition on the entry `l.seq`."""
        sql = f"SELECT 1 FROM audit_words WHERE audit_words MATCH ? AND rowid = {self.base} + l.seq"  # noqa: S608 - a number
        return f"{'NOT EXISTS' if is_not else 'EXISTS'} ({sql})", (self.match,)

    def reach(self, way: Direction, span: tuple[int, int], most: int) -> Statement:
        """Return a statement for the number behind which there are so many."""
        sql, values = self._found(way, span)
        return f"{sql} LIMIT 1 OFFSET {most}", values

    def numbers(
        self, way: Direction, span: tuple[int, int], checks: Sequence[Statement], limit: int
    ) -> Statement:
        """Return a statement for the numbers of those that pass the checks."""
        found, values = self._found(way, span)
        conditions, asked = _conditions(checks)
        sql = f"SELECT l.seq FROM ({found}) l WHERE true{conditions} LIMIT {limit}"  # noqa: S608 - our own names
        return sql, (*values, *asked)

    def _found(self, way: Direction, span: tuple[int, int]) -> Statement:
        sql = (
            f"SELECT rowid - {self.base} AS seq FROM audit_words WHERE audit_words MATCH ?"  # noqa: S608 - a number
            f" AND rowid BETWEEN ? AND ? ORDER BY rowid {way.order}"
        )
        return sql, (self.match, self.base + span[0], self.base + span[1])


def all_numbers(
    tenant: str, way: Direction, span: tuple[int, int], checks: Sequence[Statement], limit: int
) -> Statement:
    """Return a statement for the numbers of all entries that pass the checks."""
    conditions, asked = _conditions(checks)
    sql = (
        f"SELECT l.seq FROM {LOGS} l WHERE l.tenant_id = ? AND l.seq BETWEEN ? AND ?{conditions}"  # noqa: S608 - our own names
        f" ORDER BY l.seq {way.order} LIMIT {limit}"
    )
    return sql, (tenant, *span, *asked)


def first_at(tenant: str, way: Direction, moment: str) -> Statement:
    """Return a statement for the first entry since a moment, or the last before it."""
    sign = ">=" if way is OLDEST_FIRST else "<"
    sql = (
        f"SELECT seq FROM {LOGS} INDEXED BY {index('at')} WHERE tenant_id = ? AND at {sign} ?"  # noqa: S608 - our own names
        f" ORDER BY at {way.order}, seq {way.order} LIMIT 1"
    )
    return sql, (tenant, moment)


def check_time(tenant: str, sign: str, moment: str) -> Statement:
    """Return a condition on the time of the entry `l.seq`."""
    sql = f"SELECT 1 FROM {LOGS} t WHERE t.tenant_id = ? AND t.seq = l.seq AND t.at {sign} ?"  # noqa: S608 - our own names
    return f"EXISTS ({sql})", (tenant, moment)


def count_between(tenant: str, begin: str, end: str) -> Statement:
    """Return a statement for the number of entries from a moment on, up to another."""
    sql = (
        f"SELECT count(*) FROM {LOGS} INDEXED BY {index('at')}"  # noqa: S608 - our own names
        " WHERE tenant_id = ? AND at >= ? AND at < ?"
    )
    return sql, (tenant, begin, end)


def actors_since(tenant: str, number: int, moment: str, most: int) -> Statement:
    """Return a statement for who wrote how many entries, those after a number and a moment."""
    sql = (
        f"SELECT actor, count(*) AS entries FROM {LOGS} WHERE tenant_id = ? AND seq > ? AND at >= ?"  # noqa: S608 - our own names
        f" GROUP BY actor ORDER BY 2 DESC, 1 LIMIT {most}"
    )
    return sql, (tenant, number, moment)


def distinct(tenant: str, column: str, most: int) -> Statement:
    """Return a statement for the values of a column: a step in its index for each."""
    least = f"SELECT min({column}) FROM {LOGS} WHERE tenant_id = ?1"  # noqa: S608 - our own names
    sql = (
        f"WITH RECURSIVE v(value) AS ({least} UNION ALL SELECT ({least} AND {column} > v.value)"  # noqa: S608 - our own names
        f" FROM v WHERE v.value IS NOT NULL LIMIT {most})"
        " SELECT value FROM v WHERE value IS NOT NULL"
    )
    return sql, (tenant,)


def all_of(words: Sequence[str]) -> str:
    """Return what finds entries with all these words; in quotes nothing is syntax."""
    return " AND ".join(f'"{word}"' for word in words)


def index(column: str) -> str:
    """Return the name of the index of a column."""
    return f"ix_{LOGS}_{column}"


def _conditions(checks: Sequence[Statement]) -> Statement:
    sql = "".join(f" AND {condition}" for condition, _ in checks)
    return sql, tuple(value for _, values in checks for value in values)
