"""What differs between two documents, for people and for the audit log; without secrets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from integration_tui.config.document import Document
from integration_tui.config.nodes import Json, Key
from integration_tui.domain.redaction import MASK, is_sensitive, is_sensitive_path, scrub
from integration_tui.domain.secret import SecretRef
from integration_tui.domain.text import visible

_LIMIT: Final = 200
_LINE: Final = re.compile(r"""^(\s*(?:-\s+)?['"]?)([\w.-]+)(['"]?\s*[:=]\s*)(\S.*)$""")
_REFERENCE: Final = re.compile(r"""['"]?(?:env|file|keyring):|[{\[|>&*#]""")


def diff(before: str, after: str, *, before_name: str, after_name: str) -> str:
    """Return the unified difference of two texts; empty where there is none.

    What stands behind a key for secrets and is no reference is masked, on both sides.
    """
    lines = difflib.unified_diff(
        _lines(before), _lines(after), before_name, after_name, lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)


def _lines(text: str) -> list[str]:
    return [_masked(line) for line in text.splitlines()]


def _masked(line: str) -> str:
    match = _LINE.match(line)
    if match and is_sensitive(match[2]) and not _REFERENCE.match(match[4]):
        return f"{match[1]}{match[2]}{match[3]}{MASK}"
    return scrub(line)


def changes(before: Document, after: Document) -> dict[str, tuple[str, str]]:
    """Return what differs by dotted path: the value before and after, empty where there is none.

    Values are cut at 200 characters. Under `auth` only types, ids, addresses and references to
    secrets are told.
    """
    return differences(before.data, after.data)


def differences(
    before: Mapping[str, Json], after: Mapping[str, Json]
) -> dict[str, tuple[str, str]]:
    """Return the same as `changes` for the values of any two documents."""
    old, new = dict(_flat(dict(before), ())), dict(_flat(dict(after), ()))
    return {
        ".".join(str(key) for key in path): (_format_value(path, old), _format_value(path, new))
        for path in {**old, **new}
        if path not in old or path not in new or not _same(old[path], new[path])
    }


def _same(old: Json, new: Json) -> bool:
    return type(old) is type(new) and old == new


def _flat(value: Json, path: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], Json]]:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _flat(child, (*path, key))
    elif isinstance(value, list) and value:
        for index, child in enumerate(value):
            yield from _flat(child, (*path, index))
    else:
        yield path, value


def _format_value(path: tuple[Key, ...], values: dict[tuple[Key, ...], Json]) -> str:
    if path not in values:
        return ""
    value = values[path]
    if is_sensitive_path(path) and not _is_harmless(path, value):
        return MASK
    return scrub(visible(_text(value), limit=_LIMIT))


def _is_harmless(path: tuple[Key, ...], value: Json) -> bool:
    """Say whether a value may be told although it stands where secrets do."""
    if isinstance(value, str) and SecretRef.is_valid(value):
        return True
    name = str(path[-1])
    return name in {"type", "username"} or name.endswith(("_id", "_url"))


def _text(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "{}"
        case list():
            return "[]"
        case _:
            return str(value)
