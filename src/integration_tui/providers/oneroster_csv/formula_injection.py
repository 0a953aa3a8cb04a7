"""Cells that a spreadsheet would take for a formula, made inert by an apostrophe in front.

A cell that looks guarded already gets one more, so that taking one away always gives back what
was written. Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = re.compile("'*\\s*[\t\r\n=+\\-@\uff1d\uff0b\uff0d\uff20]")
"""The last four are the full-width forms, which spreadsheets take as well."""


def guarded(cell: str) -> str:
    """Return a cell as it may stand in a file that somebody opens in a spreadsheet."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return what `guarded` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
