"""`sandbox`: roster systems of every kind on this machine, to try things out."""

from __future__ import annotations

import asyncio
import shlex
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from integration_tui.cli import event_loop
from integration_tui.cli.output import ExitCode, as_json_line, data, fact, line, note, table
from integration_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration_tui.sandbox.multi_server import MultiServer
    from integration_tui.sandbox.served_system import SystemAddress

_HOST: Final = "127.0.0.1"
_SIZES: Final = ("small_school", "mid_district", "large_district")


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8600,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--dialect", "names", metavar="NAME", multiple=True, help="Only this dialect. May be repeated."
)
@click.option("--district", type=click.Choice(_SIZES), default="small_school", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the random data.")
@click.option(
    "--changes-per-hour",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Records that change per hour.",
)
@click.option(
    "--differences",
    type=click.FloatRange(0, 0.5),
    default=0.0,
    help="Share of people and members in which Google Classroom and Canvas differ from the SIS.",
)
@click.option(
    "--config-out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a configuration file for each dialect into this folder.",
)
@click.option("--list", "list_", is_flag=True, help="List the dialects and exit.")
@click.option("--json", "json_", is_flag=True, help="Print the addresses as one line of JSON.")
def sandbox(  # noqa: PLR0913 - one for each option
    *,
    port: int,
    names: tuple[str, ...],
    district: str,
    seed: int,
    changes_per_hour: float,
    differences: float,
    config_out: Path | None,
    list_: bool,
    json_: bool,
) -> int:
    """Serve a made-up district in every OneRoster dialect and system, on this machine only.

    Prints the address and a configuration of each dialect, and runs until Ctrl-C or SIGTERM.
    """
    if list_:
        return _list(json_=json_)
    from integration_tui.bootstrap import collect_garbage

    estate = _estate(
        names,
        district=district,
        seed=seed,
        changes_per_hour=changes_per_hour,
        differences=differences,
    )
    collect_garbage()
    return event_loop.run(_serve(estate, port=port, config_out=config_out, json_=json_))


def _list(*, json_: bool) -> int:
    from integration_tui.sandbox.systems import SYSTEMS

    if json_:
        as_json_line({name: kind.summary for name, kind in SYSTEMS.items()})
    else:
        table(
            ("dialect", "description"),
            ((kind.name, kind.summary) for kind in SYSTEMS.values()),
        )
    return ExitCode.FINE


def _estate(
    names: tuple[str, ...],
    *,
    district: str,
    seed: int,
    changes_per_hour: float,
    differences: float,
) -> MultiServer:
    from integration_tui.sandbox.district_differences import Differences
    from integration_tui.sandbox.multi_server import MultiServer, Plan, size_of
    from integration_tui.sandbox.systems import SYSTEMS, system

    plan = Plan(
        systems=[system(name) for name in dict.fromkeys(names or SYSTEMS)],
        size=size_of(district),
        seed=seed,
        changes_per_hour=changes_per_hour,
        differences=Differences(
            without_address=differences, renamed=differences, added=differences
        ),
    )
    return MultiServer(plan, clock=_now, monotonic=time.monotonic)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - this command is the root of what it serves


async def _serve(estate: MultiServer, *, port: int, config_out: Path | None, json_: bool) -> int:
    from integration_tui.sandbox.server import serve

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with serve(estate.app, host=_HOST, port=port) as address:
        if config_out is None:
            places = [served.connection(address, None) for served in estate.systems.values()]
        else:
            places = _write(config_out, estate, address)
        _print_address(estate, address, places, json_=json_)
        await stopped.wait()
    note("stopped")
    return ExitCode.FINE


def _write(folder: Path, estate: MultiServer, address: str) -> list[SystemAddress]:
    """Write a config for each system, and the files that it needs: keys."""
    from integration_tui.files.atomic import write

    try:
        folder.mkdir(parents=True, exist_ok=True)
        places = [
            served.connection(address, folder.resolve()) for served in estate.systems.values()
        ]
        for place in places:
            write(folder / place.file_name, place.document)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {(error.strerror or '').lower()}",
            advice="name another folder for --config-out",
        ) from error
    return places


def _print_address(
    estate: MultiServer, address: str, places: Sequence[SystemAddress], *, json_: bool
) -> None:
    from integration_tui.sandbox.served_system import SECRET, SECRET_NAME

    control = {"url": f"{address}/_control", "key": estate.control_key}
    secret = {"name": SECRET_NAME, "value": SECRET}
    if json_:
        as_json_line({"address": address, "control": control, "secret": secret, "dialects": places})
        return
    for place in places:
        _show(place)
        for name, value in place.secrets.items():
            line(f"export {name}={shlex.quote(value)}")
    line(f"export {SECRET_NAME}={SECRET}")
    line(f"export SANDBOX_CONTROL={control['url']} SANDBOX_KEY={control['key']}")
    note(f"Serving {len(places)} dialects at {address}. Ctrl-C stops.")


def _show(place: SystemAddress) -> None:
    for name, value in (
        ("dialect", place.dialect),
        ("base_url", place.base_url),
        ("token_url", place.token_url),
        ("client_id", place.client_id),
        ("one school", place.school_client_id),
    ):
        if value:
            fact(name, value, width=10)
    data(place.document)
