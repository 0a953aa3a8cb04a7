"""Twins in ASCII for terminals that take no UTF-8: each as wide as what it stands for.

An error handler for encoders, so that whatever can be encoded stays as it is, and columns stay
straight. Where nobody looks (a pipe, a file), letters keep their numbers instead: nothing is lost.
"""

from __future__ import annotations

import codecs
import unicodedata
from typing import Final

from integration_tui.domain.widths import cell_widths

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
