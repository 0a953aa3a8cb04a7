"""How the legs of a trial are shown, each as soon as it is over."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.cli.output import ExitCode, heading, note, row
from integration_tui.domain.health import Leg, LegStatus

_HEADERS = ("leg", "result", "ms", "detail")
_LEG = "{:<17}  {:<7}  {:>6}  {}"
"""Wide enough for every leg, since the next ones are not known when one is shown."""


def print_leg(leg: Leg) -> None:
    """Print one leg; above the first, what is what."""
    if leg.name == "configuration":  # always the first
        heading(_HEADERS, _LEG)
    row(_HEADERS, (leg.name, leg.status, leg.latency_ms, leg.detail), _LEG)


def verdict(legs: Sequence[Leg]) -> ExitCode:
    """Say what to do about each leg that failed; trouble where one did."""
    failed = [leg for leg in legs if leg.status is LegStatus.FAILED]
    for leg in failed:
        note(f"{leg.name}: {leg.advice}" if leg.advice else f"{leg.name} failed")
    return ExitCode.TROUBLE if failed else ExitCode.FINE
