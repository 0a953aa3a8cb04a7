"""httpx without its command line, which would load rich and pygments: 60 ms of CPU and 5 MiB.

httpx does without it where it cannot be imported, as where its extra `cli` is not installed. The
rest of this folder takes httpx from here.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

_COMMAND_LINE: Final = "httpx._main"

if "httpx" not in sys.modules:
    sys.modules[_COMMAND_LINE] = ModuleType(_COMMAND_LINE)  # has no `main`, as if it were not there
import httpx  # noqa: E402 - what it loads is decided above

if not hasattr(sys.modules.get(_COMMAND_LINE), "main"):
    sys.modules.pop(_COMMAND_LINE, None)

__all__ = ["httpx"]
