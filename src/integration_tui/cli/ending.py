"""How a call of the program ends: with an exit code and, where it must be, a sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from integration_tui.cli.output import ExitCode, note
from integration_tui.domain.errors import (
    ConfigError,
    ConsoleError,
    StoreLostError,
    UsageError,
)


def ended(call: Callable[[], int]) -> int:
    """Return the exit code of `call`. No traceback of ours reaches a user."""
    try:
        return call()
    except KeyboardInterrupt:
        note("stopped")
        return ExitCode.TROUBLE
    except BrokenPipeError:
        _leave_quietly()
        return ExitCode.TROUBLE
    except StoreLostError as error:
        _Leaving.is_abrupt = True
        return _say(error)
    except ConsoleError as error:
        return _say(error)


def leave(code: int) -> NoReturn:
    """End the program; at once where its store was lost, as SQLite writes when it is closed."""
    if _Leaving.is_abrupt:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


class _Leaving:
    """How the program is left."""

    is_abrupt = False


def _say(error: ConsoleError) -> int:
    note(error)
    if isinstance(error, ConfigError):
        for problem in error.problems[1:]:
            note(problem)
    return ExitCode.BAD_INPUT if isinstance(error, UsageError | ConfigError) else ExitCode.TROUBLE


def _leave_quietly() -> None:
    """Keep Python from complaining about the closed pipe once more when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
