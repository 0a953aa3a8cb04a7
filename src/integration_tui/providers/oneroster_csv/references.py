"""Whether the ids that records name are there, in sixteen bytes for each that may still come."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.providers.oneroster_csv.findings import Findings, Remark, warning
from integration_tui.providers.oneroster_csv.seen import Seen, fingerprint
from integration_tui.providers.oneroster_csv.tables import Table, is_list
from integration_tui.providers.oneroster_csv.versions import STEMS

_LEAVE: Final = "it is kept; list what it names, or take the reference out"
_ORPHANS: Final[Mapping[Collection, Remark]] = {
    collection: warning(f"names an id that is not in {stem}.csv", _LEAVE)
    for collection, stem in STEMS.items()
}


class References:
    """Looks after the references of one file. `ids` are those of the files that are whole."""

    def __init__(
        self, table: Table, file: str, findings: Findings, *, ids: Mapping[Collection, Seen]
    ) -> None:
        self._file = file
        self._findings = findings
        self._ids = ids
        self._own = table.collection
        self._columns = [
            (one.refers_to, one.name, one.field)
            for one in table.columns
            if one.refers_to is not None
        ]
        self._looked_at: list[tuple[str, Seen | None, Collection, str]] = [
            (field, None if target is self._own else ids[target], target, name)
            for target, name, field in self._columns
            if target is self._own or target in ids
        ]
        self._waiting = {name: (array("Q"), array("Q")) for _, name, _ in self._columns}

    def follow(self, line: int, values: Mapping[str, object]) -> None:
        """Tell the references of a row that lead nowhere.

        Those to the file's own rows wait for `finish`.
        """
        for field, known, target, name in self._looked_at:
            value = values.get(field)
            if value is None or (known is not None and isinstance(value, str) and value in known):
                continue
            for sourced_id in _named(value):
                if known is None:
                    self._wait(line, sourced_id, name)
                elif sourced_id not in known:
                    self._tell(target, line, name)

    def finish(self, own: Seen) -> None:
        """Tell the references to the file's own records, now that all of them are known."""
        for name, (fingerprints, lines) in self._waiting.items():
            for found, line in zip(fingerprints, lines, strict=True):
                if not own.holds(found):
                    self._tell(self._own, line, name)

    def _wait(self, line: int, sourced_id: str, column: str) -> None:
        fingerprints, lines = self._waiting[column]
        fingerprints.append(fingerprint(sourced_id))
        lines.append(line)

    def _tell(self, target: Collection, line: int, column: str) -> None:
        self._findings.add(self._file, _ORPHANS[target], line=line, column=column)


def _named(value: object) -> tuple[str, ...]:
    if is_list(value):
        return tuple(str(one) for one in value)
    return (value,) if isinstance(value, str) else ()
