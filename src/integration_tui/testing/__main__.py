"""Serves recorded JSON by hand: `python -m integration_tui.testing fixtures.json --port 8099`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import click

from integration_tui.domain.errors import ConsoleError
from integration_tui.testing.http_server import FixtureServer, serve


@click.command()
@click.argument("fixtures", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--token", default="", help="Refuse requests without this bearer token.")
def main(fixtures: Path, port: int, token: str) -> None:
    """Serve the fixtures of a JSON file on this machine until Ctrl-C."""
    try:
        server = FixtureServer.load(fixtures, token=token)
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(server, port))
    except ConsoleError as error:
        raise click.ClickException(str(error)) from None


async def _serve(server: FixtureServer, port: int) -> None:
    async with serve(server, port=port) as address:
        click.echo(f"serving {address}")
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
