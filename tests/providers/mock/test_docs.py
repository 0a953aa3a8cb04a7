"""What can be written into a mock's file is on its page."""

from pathlib import Path

import pytest

from integration_tui.providers.mock.config import (
    AuthKind,
    Distribution,
    DistrictSize,
    LatencyConfig,
    MockAuthConfig,
    MockConfig,
)
from integration_tui.providers.mock.incidents import IncidentKind, Scenario, ScriptedIncident

PAGE = (Path(__file__).parents[3] / "docs/mock.md").read_text()
OF_ALL = {"name", "type", "schema_version", "title", "enabled", "health", "reconnect", "sync"}
OF_ALL |= {"logging"}
KEYS = [
    *(MockConfig.model_fields.keys() - OF_ALL),
    *LatencyConfig.model_fields,
    *MockAuthConfig.model_fields,
    *ScriptedIncident.model_fields,
]


@pytest.mark.parametrize("key", sorted(set(KEYS)))
def test_every_key_is_documented(key: str) -> None:
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize(
    "word", [*DistrictSize, *Distribution, *AuthKind, *IncidentKind, *Scenario]
)
def test_every_choice_is_documented(word: str) -> None:
    assert f"`{word}`" in PAGE
