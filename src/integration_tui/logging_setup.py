"""The log file: JSON, one event a line, for its owner only. No secret gets in, nothing gets out.

Neither does what the outside says of people: exceptions are told by kind and place, and of what
other libraries say only the words that stand in their source.

Until `configure`, whatever is logged is dropped; it never goes to the terminal, which is the
console's. Lines are formatted here: a library for it would cost every command a tenth of a second.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import logging.handlers
import os
import stat
import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Final, Literal, TypeGuard

import msgspec

from integration_tui.domain.errors import StoreError
from integration_tui.domain.redaction import MASK, is_sensitive, scrub
from integration_tui.domain.secret import Secret, SecretRef
from integration_tui.domain.text import visible
from integration_tui.domain.tracebacks import kind_of, traceback_of

Level = Literal["debug", "info", "warning", "error"]
_NUMBERS: Final[Mapping[Level, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_MAX_BYTES: Final = 5 * 1024 * 1024
_KEPT: Final = 5
_MAX_DEPTH: Final = 6
_MAX_TEXT: Final = 8_000
_LOGGER: Final = "integration_tui"


class Log:
    """Where one part of the program writes; costs nothing until something is written."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """Write an error together with the exception that is being handled."""
        self._write(logging.ERROR, event, {**fields, "exc_info": True})

    def _write(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        if _open_handlers and level >= _threshold(fields):
            logging.getLogger(self._name).log(level, _Event(fields, event=event))


class _Event(dict[str, object]):
    """What a part of the program writes; another library's mapping is none."""


def get(name: str) -> Log:
    """Return where the part of the program of this name writes. Cheap; imports nothing."""
    return Log(name)


_open_handlers: list[logging.Handler] = []
_levels: dict[str, int] = {"": logging.INFO}
"""From which level on is written: of the program by the empty name, of integrations by theirs."""


def set_level(integration: str, level: Level | None) -> None:
    """Write of an integration from this level on; as of the program where it is `None`."""
    if level is None:
        _levels.pop(integration, None)
    else:
        _levels[integration] = _NUMBERS[level]


def _threshold(fields: Mapping[str, object]) -> int:
    return _levels.get(str(fields.get("integration", "")), _levels[""])


def configure(path: Path, level: Level = "info") -> None:
    """Write to `path` from now on; other libraries' warnings go there too.

    The file is rotated at 5 MiB, five old ones are kept. Raises `StoreError` where it cannot be
    written. Calling it again closes the file before.
    """
    close()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _PrivateFile(path, maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise StoreError(
            f"the log file {path} cannot be written: {reason}",
            advice="name another with INTEGRATION_LOG_FILE",
        ) from error
    handler.setFormatter(_LineFormatter())
    _levels[""] = _NUMBERS[level]
    handler.addFilter(_is_wanted)
    logging.getLogger(_LOGGER).setLevel(logging.DEBUG)  # the filter knows each integration's own
    logging.getLogger().addHandler(handler)
    _open_handlers.append(handler)


def close() -> None:
    """Stop writing. Harmless where nothing was open."""
    while _open_handlers:
        handler = _open_handlers.pop()
        logging.getLogger().removeHandler(handler)
        handler.close()


def _is_wanted(record: logging.LogRecord) -> bool:
    if not record.name.startswith(_LOGGER):
        return True
    event: object = record.msg  # an event of ours, unless it came by Python's own way
    return record.levelno >= _threshold(event if isinstance(event, _Event) else {})


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotating file that others cannot read, whatever the umask."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):  # the rights of a device are not ours
            os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Drop the line: a full disk must not spoil the screen, nor stop the program."""


class _LineFormatter(logging.Formatter):
    """Writes one JSON document a line: an event of ours, or what another library says."""

    def format(self, record: logging.LogRecord) -> str:
        event: object = record.msg
        fields = dict(event) if isinstance(event, _Event) else _foreign(record)
        error = fields.pop("exc_info", None)
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        fields |= {
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": at.replace("+00:00", "Z"),
            **_exception(error),
        }
        return json.dumps(redact(fields), ensure_ascii=False)


def _foreign(record: logging.LogRecord) -> dict[str, object]:
    """Return another library's message: its first line, as it stands in its source.

    asyncio writes whole exceptions into the lines behind it.
    """
    template = str(record.msg).partition("\n")[0]
    fields: dict[str, object] = {"event": _filled(template, record.args)}
    if record.exc_info:
        fields["exc_info"] = record.exc_info
    if record.stack_info:
        fields["stack_info"] = record.stack_info
    return fields


def _exception(found: object) -> dict[str, str]:
    """Return kind and place of an exception, for what stands in its place."""
    error = sys.exc_info()[1] if found is True else found
    if _is_tuple(error):
        error = error[1]
    return {"exception": traceback_of(error)} if isinstance(error, BaseException) else {}


def _filled(template: str, args: object) -> str:
    """Return a message with its numbers and kinds of exceptions, and without any other value."""
    if not args:
        return template
    try:
        return template % (
            {name: _harmless(value) for name, value in args.items()}
            if _is_mapping(args)
            else tuple(map(_harmless, args if _is_tuple(args) else (args,)))
        )
    except (TypeError, ValueError, KeyError):  # it wants a number, and has a text
        return template


def _harmless(value: object) -> object:
    if isinstance(value, int | float):
        return value
    return kind_of(value) if isinstance(value, BaseException) else "…"


def redact(event: Mapping[str, object]) -> dict[str, object]:
    """Take secrets out of an event: by type, then by key, then by what a text looks like."""
    return {visible(key): _redacted(key, value, 0) for key, value in event.items()}


def _redacted(key: str, value: object, depth: int) -> object:
    if isinstance(value, SecretRef):
        return str(value)
    if isinstance(value, Secret):
        return MASK
    if value is None or isinstance(value, bool | int | float):
        return MASK if is_sensitive(key) and not isinstance(value, bool | None) else value
    if is_sensitive(key):
        return MASK
    if depth >= _MAX_DEPTH:
        return "…"
    return _redacted_inside(value, depth)


def _redacted_inside(value: object, depth: int) -> object:
    fields = _fields(value)
    if fields is not None:
        return {
            visible(name): _redacted(str(name), child, depth + 1) for name, child in fields.items()
        }
    if _is_collection(value):
        return [_redacted("", child, depth + 1) for child in value]
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    text = kind_of(value) if isinstance(value, BaseException) else str(value)
    # Control characters too: people read log files in terminals. A secret must not be cut in two.
    return visible(scrub(text[: 2 * _MAX_TEXT]), limit=_MAX_TEXT)


def _fields(value: object) -> Mapping[object, object] | None:
    if _is_mapping(value):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, msgspec.Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return None


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple)


def _is_collection(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, list | tuple | set | frozenset)
