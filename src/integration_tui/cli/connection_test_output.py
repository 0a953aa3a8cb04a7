"""How the steps of a connection test are shown, each as soon as it is over.

Those that a failed step leaves out are one line at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.cli.output import ExitCode, heading, note, row
from integration_tui.domain.health.status import StepResult, StepStatus, steps

_HEADERS = ("leg", "result", "ms", "detail")
_ROW = "{:<17}  {:<7}  {:>6}  {}"
"""Wide enough for every leg, since the next ones are not known when one is shown."""


def print_test_result(leg: StepResult) -> None:
    """Print one leg; above the first, what is what."""
    if leg.status is StepStatus.SKIPPED:
        return
    if leg.name == "configuration":  # always the first
        heading(_HEADERS, _ROW)
    row(_HEADERS, (leg.name, leg.status, leg.latency_ms, leg.detail), _ROW)


def exit_code(legs: Sequence[StepResult]) -> ExitCode:
    """Say what to do about each leg that failed; trouble where one did."""
    failed = [leg for leg in legs if leg.status is StepStatus.FAILED]
    if skipped := sum(leg.status is StepStatus.SKIPPED for leg in legs):
        note(f"{steps(skipped)} skipped")
    for leg in failed:
        note(f"{leg.name}: {leg.advice}" if leg.advice else f"{leg.name} failed")
    return ExitCode.TROUBLE if failed else ExitCode.FINE
