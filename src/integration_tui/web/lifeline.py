"""How a console in a browser ends when its server is gone, however that came about.

The server holds the other end of a pipe, and nothing is ever written into it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

_GRACE_S: Final = 5.0


def hold(descriptor: int) -> None:
    """End this process once the other end of `descriptor` is closed."""
    threading.Thread(target=_wait, args=(descriptor,), daemon=True, name="lifeline").start()


def _wait(descriptor: int) -> None:
    try:
        os.read(descriptor, 1)
    except OSError:  # no such descriptor: nobody started us as a server does
        return
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(1)
