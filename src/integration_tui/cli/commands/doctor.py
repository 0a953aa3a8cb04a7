"""`doctor`: what can be wrong with an installation; and all of it in a file, for who helps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, line, note, table

if TYPE_CHECKING:
    from integration_tui.services import Services
    from integration_tui.services.support.bundle import Bundle


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a support bundle, without secrets and names, to a new file or into a folder.",
)
@click.pass_obj
def doctor(session: CliContext, *, json_: bool, bundle: Path | None) -> int:
    """Look at versions, settings, places, files, store, audit chain, types and integrations.

    Exit code 1 when something is wrong; each such line comes with a fix. With --bundle,
    everything that is found is written to a file instead, and what is in it is listed.
    """
    if bundle is not None:
        return _make_bundle(session, bundle, json_=json_)
    found = session.ask(lambda services: services.diagnostics.diagnose())
    if json_:
        as_json(found)
    else:
        table(
            ("result", "subject", "finding"),
            (
                ("ok" if found_one.right else "wrong", found_one.subject, found_one.detail)
                for found_one in found
            ),
        )
    wrong = [found_one for found_one in found if not found_one.right]
    for check in wrong:
        note(f"{check.subject}: {check.detail}; {check.advice}".rstrip("; "))
    return ExitCode.TROUBLE if wrong else ExitCode.FINE


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
    note(f"written to {written}, for its owner only; look into it before you send it")
    return ExitCode.FINE
