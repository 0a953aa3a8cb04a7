"""A program to be killed: an engine over fast checks, and wishes that change all the time."""

import asyncio
import itertools
import sys
from pathlib import Path

from integration_tui.domain.errors import RetryableError
from tests.engine.fake_connectors import ANA, world

FLEET = 6
RECONNECT = "reconnect: {base_s: 0.01, max_s: 0.02}\n"


async def main(folder: Path) -> None:
    async with world(folder) as here:
        names = [f"busy-{number}" for number in range(FLEET)]
        known = {overview.integration.id for overview in await here.integrations.overview()}
        for name in names:
            if name not in known:
                await here.add(name, RECONNECT)
        await here.engine.start()
        sys.stdout.write("running\n")
        sys.stdout.flush()
        for number in itertools.count():
            puppet = here.puppets[names[number % FLEET]]
            if number % 3:
                puppet.fails_with(RetryableError("refused"))
            else:
                puppet.recovers()
            (wanted,) = [
                overview.integration
                for overview in await here.integrations.overview()
                if overview.integration.id == names[number % 2]
            ]
            change = (here.integrations.stop, here.integrations.start)[number // 2 % 2]
            await change(wanted.id, actor=ANA)
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
