"""A program to be killed: an engine over busy integrations, and configs that change all the time.

Says on standard output what it was told is stored: `saved NUMBER`.
"""

import asyncio
import itertools
import os
import sys

from integration_tui.bootstrap import open_services
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.ids import IntegrationId
from integration_tui.engine.config_loader import Draft
from integration_tui.services.config import ConfigEdit
from integration_tui.settings import load_settings
from tests.conftest import ANA

BUSY = IntegrationId("busy-0")


def text(number: int) -> str:
    return f"name: busy-0\ntype: mock\ntitle: Number {number}\nhealth: {{interval_ms: 1000}}\n"


async def main() -> None:
    settings = load_settings(environ=os.environ)
    async with open_services(settings, actor=ANA, with_engine=True) as services:
        current = await services.config.active(BUSY)
        for number in itertools.count(current.number + 1):
            draft = Draft(text=text(number), format=DocumentFormat.YAML)
            edit = ConfigEdit(
                integration_id=BUSY,
                draft=draft,
                expected=number - 1,
                reason="again",
                actor=ANA,
                untested=True,
            )
            version = await services.config.save(edit)
            sys.stdout.write(f"saved {version.number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
