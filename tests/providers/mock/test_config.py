"""A mock needs nothing but its name, and refuses what makes no sense."""

import pytest
from pydantic import ValidationError

from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock import SPEC
from integration_tui.providers.mock.config import DistrictSize, MockConfig
from integration_tui.providers.mock.incidents import Scenario, incidents_of
from integration_tui.providers.mock.presets import mock
from tests.providers.mock.fixtures import World


def fields(schema: dict[str, object]) -> list[dict[str, object]]:
    """Return the properties of a schema's model and of all its sections."""
    definitions = schema.get("$defs", {})
    assert isinstance(definitions, dict)
    sections = [
        schema,
        *(definition for definition in definitions.values() if "properties" in definition),
    ]
    mine = {"MockConfig", "LatencyConfig", "MockAuthConfig", "Incident"}
    return [
        field
        for section in sections
        if section["title"] in mine
        for name, field in section["properties"].items()
        if name not in {"health", "reconnect", "latency", "auth"}
    ]


def test_name_and_type_are_enough() -> None:
    config = MockConfig.model_validate({"name": "lincoln", "type": "mock"})

    assert config.district is DistrictSize.SMALL
    assert config.scenario is Scenario.STEADY


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "oneroster"},
        {"district": "huge"},
        {"seed": -1},
        {"page_size": 0},
        {"page_size": 10_001},
        {"error_rate": 1.01},
        {"time_scale": 0},
        {"epoch": "0001-01-01T00:00:00Z"},
        {"changes_per_hour": -1},
        {"latency": {"median_ms": -1}},
        {"latency": {"distribution": "uniform", "spread": 1.5}},
        {"auth": {"kind": "oauth2", "lifetime_s": 0}},
        {"auth": {"secret": "in clear text"}},
        {"incidents": [{"kind": "flood"}]},
        {"incidents": [{"kind": "outage", "duration_s": 10, "every_s": 10}]},
        {"incidents": [{"kind": "outage", "every_s": 10}]},
        {"incidents": [{"kind": "malformed", "share": 0}]},
        {"epoch": "2025-01-01T00:00:00"},
        {"latncy": {}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        MockConfig.model_validate({"name": "lincoln", "type": "mock", **wrong})

    assert "in clear text" not in str(caught.value)


def test_every_field_has_a_description_for_its_form() -> None:
    described = fields(SPEC.config_model.model_json_schema())

    assert len(described) > 25
    assert [item for item in described if not item.get("description")] == []


@pytest.mark.parametrize("time_scale", [0.01, 3600])
@pytest.mark.parametrize("changes_per_hour", [1e-300, 360_000])
@pytest.mark.parametrize("epoch", ["1990-01-01T00:00:00Z", "2200-01-01T00:00:00+00:00"])
async def test_whatever_is_allowed_can_be_served(
    time_scale: float, changes_per_hour: float, epoch: str
) -> None:
    extreme = mock(
        time_scale=time_scale,
        changes_per_hour=changes_per_hour,
        epoch=epoch,
        latency={"median_ms": 0, "spread": 3},
        auth={"lifetime_s": 31_536_000},
    )

    connector = await World().connected(extreme)
    pages = [page async for page in connector.pages(Collection.USERS)]

    assert isinstance(await connector.check(), HealthFinding)
    assert pages[-1].complete


@pytest.mark.parametrize("scenario", Scenario)
def test_every_scenario_has_a_script(scenario: Scenario) -> None:
    assert bool(incidents_of(scenario)) == (scenario is not Scenario.STEADY)


def test_a_config_survives_being_written_and_read() -> None:
    config = mock(
        scenario="stormy",
        incidents=[{"kind": "outage", "start_s": 3}],
        epoch="2026-01-01T00:00:00Z",
    )

    assert MockConfig.model_validate_json(config.model_dump_json()) == config
