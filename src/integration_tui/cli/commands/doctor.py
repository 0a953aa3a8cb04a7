"""`doctor`: what can be wrong with an installation; and all of it in a file, for who helps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, fact, line, note, table
from integration_tui.domain.quantity import counted

if TYPE_CHECKING:
    from integration_tui.domain.diagnostics import CheckResult
    from integration_tui.services import Services
    from integration_tui.services.support.bundle import Bundle


_KEYS: Final = ("subject", "right", "detail", "advice")
"""What `--json` prints of a check."""
_WIDTH: Final = 6


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a support bundle without secrets and names to a new file or into a folder.",
)
@click.pass_obj
def doctor(session: CliContext, *, json_: bool, bundle: Path | None) -> int:
    """Check versions, settings, paths, files, store, audit chain, types and integrations.

    Exit code 1 when a check fails; each failed check comes with a fix. With --bundle, all
    results are written to a file instead, and its content is listed.
    """
    if bundle is not None:
        return _make_bundle(session, bundle, json_=json_)
    found = session.ask(lambda services: services.diagnostics.diagnose())
    if json_:
        as_json([{key: getattr(check, key) for key in _KEYS} for check in found])
    else:
        _print(found)
    return ExitCode.FINE if all(check.right for check in found) else ExitCode.TROUBLE


def _print(found: Sequence[CheckResult]) -> None:
    """Print what passed in a table, then each failed check in full, with its fix."""
    table(
        ("result", "check", "finding"),
        ((check.word, check.subject, check.detail) for check in found if check.right),
    )
    failed = [check for check in found if not check.right]
    for check in failed:
        fact(check.word, f"{check.subject}: {check.detail}", width=_WIDTH)
        if check.advice:
            fact("", f"Fix: {check.advice}", width=_WIDTH)
    judged = sum(not check.is_neutral for check in found)
    checks = counted(judged, "check")
    note(f"{len(failed)} of {checks} failed" if failed else f"All {checks} passed")


def _make_bundle(session: CliContext, path: Path, *, json_: bool) -> int:
    actor = session.actor()

    async def make(services: Services) -> tuple[Bundle, Path]:
        made = await services.support.gather(actor=actor)
        return made, await services.support.write(made, path, actor=actor)

    made, written = session.ask(make)
    if json_:
        as_json(
            [{"file": part.name, "about": part.about, "bytes": part.size} for part in made.parts]
        )
    else:
        for part in made.parts:
            line(part.name, part.about, f"{part.size:,} bytes")
    note(f"Wrote {written}, readable by its owner only. Check its content before you send it.")
    return ExitCode.FINE
