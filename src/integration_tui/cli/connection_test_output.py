"""How the steps of a connection test are shown, each as soon as it is over.

Those that a failed step leaves out are one line at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.cli.output import ExitCode, heading, note, row
from integration_tui.domain.health.status import StepResult, StepStatus, step_count

_HEADERS = ("step", "result", "ms", "detail")
_ROW = "{:<17}  {:<7}  {:>6}  {}"
"""Wide enough for every step, since the next ones are not known when one is shown."""


def print_test_result(step: StepResult) -> None:
    """Print one step; above the first, what is what."""
    if step.status is StepStatus.SKIPPED:
        return
    if step.name == "configuration":  # always the first
        heading(_HEADERS, _ROW)
    row(_HEADERS, (step.name, step.status, step.latency_ms, step.detail), _ROW)


def exit_code(steps: Sequence[StepResult]) -> ExitCode:
    """Say what to do about each step that failed; trouble where one did."""
    failed = [step for step in steps if step.status is StepStatus.FAILED]
    if skipped := sum(step.status is StepStatus.SKIPPED for step in steps):
        note(f"{step_count(skipped)} skipped.")
    for step in failed:
        note(f"{step.name}: {step.advice}" if step.advice else f"{step.name} failed")
    return ExitCode.TROUBLE if failed else ExitCode.FINE
