"""What was never registered, such as an invalid file, has no past."""

from dataclasses import replace

from tests.tui.fake_services import console, world
from tests.tui.pilot import running, seen, until_seen


async def test_nothing_is_said_of_how_long_it_has_been_so() -> None:
    made = world()
    first = made.integrations[0]
    made.integrations[0] = replace(first, integration=replace(first.integration, config_version=0))
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "No problems.")

        assert "Healthy, just now" not in seen(app)
