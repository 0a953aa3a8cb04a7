"""The triggers that keep the audit log from being rewritten through SQL, and whether they stand.

An entry may only be inserted behind the newest one, so that `INSERT OR REPLACE` and upserts, which
delete without any trigger, have nothing to replace. SQLite knows no trigger on a change of the
schema: that somebody dropped these can only be noticed afterwards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Final

from integration_tui.store.migrations.runner import statements

_TABLE: Final = "integration_audit_logs"
TRIGGERS: Final[Mapping[str, str]] = {
    **{
        f"{_TABLE}_refuse_{what.lower()}": (
            f"CREATE TRIGGER {_TABLE}_refuse_{what.lower()} BEFORE {what} ON {_TABLE}"
            " BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END"
        )
        for what in ("UPDATE", "DELETE")
    },
    f"{_TABLE}_refuse_insert": (
        f"CREATE TRIGGER {_TABLE}_refuse_insert BEFORE INSERT ON {_TABLE}"  # noqa: S608 - our own name
        f" WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM {_TABLE}"
        " WHERE tenant_id = NEW.tenant_id)"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is never changed, only added to at its end');"
        " END"
    ),
}
"""What refuses each kind of change, by its name, as the migrations made it."""
_SPELLED: Final = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ?"


def missing_guard(store: sqlite3.Connection) -> str:
    """Return what of the log's protection is missing or was changed; empty where all stands."""
    return "; ".join(_problems(store))


def _problems(store: sqlite3.Connection) -> Iterator[str]:
    table, indexes = _made()
    found = store.execute(_SPELLED, (_TABLE,)).fetchall()
    made = {(kind, name): " ".join(str(sql or "").split()) for kind, name, sql in found}
    if made.get(("table", _TABLE)) != table:
        yield "the table of the audit log was altered"
    triggers = {name: sql for (kind, name), sql in made.items() if kind == "trigger"}
    for name, sql in TRIGGERS.items():
        if name not in triggers:
            yield f"the trigger {name} is missing"
        elif triggers[name] != sql:
            yield f"the trigger {name} was changed"
    found_indexes = {name for (kind, name), sql in made.items() if kind == "index" and sql}
    for name in sorted((set(triggers) - set(TRIGGERS)) | (found_indexes - indexes)):
        yield f"{name} was added to the table"


def _made() -> tuple[str, frozenset[str]]:
    """Return the table as the newest schema spells it, and the names of its indexes."""
    made = [" ".join(statement.rstrip(";\n").split()) for statement in statements()]
    (table,) = (sql for sql in made if sql.startswith(f"CREATE TABLE {_TABLE} ("))
    indexes = (sql.split() for sql in made if sql.startswith("CREATE INDEX "))
    return table, frozenset(words[2] for words in indexes if words[4] == _TABLE)
