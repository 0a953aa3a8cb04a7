"""Standard input, output and error as they were handed to us: closed, full, or narrow."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.text import cell_widths

_NOWHERE: Final = Path(os.devnull)


_PRINTING: Final = frozenset(
    {
        __name__,
        "integration_tui.cli.output",
        "integration_tui.cli.exit_codes",
        "integration_tui.cli.commands.audit",
        "click.utils",
    }
)
"""What writes to standard output."""


class _Closed(io.TextIOBase):
    """Standard output that was closed before the program began."""

    def write(self, _text: str) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def prepare() -> None:
    """Have three streams that can be used, whatever the program was started with.

    A number that is free would be given to the next file that is opened: the store's, into which
    everything that is printed would go then.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = _NOWHERE.open(encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = _NOWHERE.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            errors = _errors(stream.encoding, stream.errors or "strict", is_seen=stream.isatty())
            stream.reconfigure(errors=errors)


def takes_utf_8(encoding: str | None) -> bool:
    """Return whether every character can be written as it is in an encoding."""
    return codecs.lookup(encoding or "ascii").name.startswith("utf-")


def _errors(encoding: str, before: str, *, is_seen: bool) -> str:
    """Return what is done with characters that cannot be written."""
    if takes_utf_8(encoding):
        # In the locale C, it is surrogateescape: no better for what has no bytes there.
        return "backslashreplace" if before in {"strict", "surrogateescape"} else before
    from integration_tui.cli import streams

    streams.register()
    return streams.ON_SCREEN if is_seen else streams.IN_PIPE


def unwritten(error: OSError) -> ConsoleError | None:
    """Return why what was printed could not be written; `None` for an error of something else."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None or place.tb_frame.f_globals.get("__name__") not in _PRINTING:
        return None
    reason = (error.strerror or "unknown reason").lower()
    return ConsoleError(
        f"output cannot be written: {reason}", advice="check where standard output goes"
    )


def abandon() -> None:
    """Keep Python from complaining once more about what cannot be written, when it exits."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
                continue
            with suppress(OSError, ValueError):
                os.dup2(nowhere, stream.fileno())


ON_SCREEN: Final = "integration_tui.ascii"
"""The name of the handler for terminals."""
IN_PIPE: Final = "integration_tui.ascii-signs"
"""The name of the handler for pipes and files: only our own signs have twins."""
_SIGNS: Final = str.maketrans(
    "●▲✗◌○⊘✓◆■▼▸•·…→←↑↓“”\u2018\u2019\u2013—\u2212\u00d7",
    "*^x~o/+#=v>*..><^v\"\"''---x",
)
_LINES: Final = str.maketrans(
    "─│╭╮╰╯┌┐└┘├┤┬┴┼═║╔╗╚╝━┃┏┓┗┛╤╧╺╸╹╻▁▂▃▄▅▆▇█░▒▓▔▎▊▉▋▌▍▏▐▕▀",
    "-|++++++++++++" + "+=|++++-|++++==--||" + '_..:-=+#.:#"|||||||||"',
)
_LETTERS: Final = str.maketrans("ßæœøðþđħłŋÆŒØÐÞĐĦŁ", "saoodpdhlnAOODPDHL")
_TABLE: Final = {**_LETTERS, **_LINES, **_SIGNS}
_PLACEHOLDERS: Final = range(0x2400, 0x2422)
"""Pictures of control characters."""


def register() -> None:
    """Make the handlers known to encoders."""
    codecs.register_error(ON_SCREEN, _on_screen)
    codecs.register_error(IN_PIPE, _in_pipe)


def on_screen(text: str) -> str:
    """Return twins of characters, as many cells wide as they are."""
    return "".join(map(_twin, text, cell_widths(text)))


def _on_screen(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return on_screen(error.object[error.start : error.end]), error.end


def _in_pipe(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate({**_LINES, **_SIGNS})
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


def _twin(character: str, width: int) -> str:
    if width == 0:
        return ""
    known = _TABLE.get(ord(character))
    if isinstance(known, int):
        return chr(known)
    if ord(character) in _PLACEHOLDERS:
        return "?"
    plain = unicodedata.normalize("NFKD", character)[0]
    return (plain if plain.isascii() and plain.isprintable() else "?").ljust(width, "?")
