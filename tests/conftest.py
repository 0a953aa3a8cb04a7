"""A store and a configuration folder of its own for every test, opened as the program does."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integration_tui.domain.actor import Actor, Door
from integration_tui.services import Services
from integration_tui.settings import Settings, load_settings

ANA = Actor(name="ana", door=Door.CLI, host="here")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has nothing yet."""
    return {
        "INTEGRATION_CONFIG_DIR": str(tmp_path / "config"),
        "INTEGRATION_DATA_DIR": str(tmp_path / "data"),
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load_settings(environ=environ)


@pytest.fixture
async def services(settings: Settings) -> AsyncGenerator[Services]:
    """The services without a running engine: what is asked for happens, nothing else."""
    from integration_tui.bootstrap import open_services

    async with open_services(settings, actor=ANA) as services:
        yield services
