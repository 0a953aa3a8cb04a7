"""The files that people copy are valid, all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from integration_tui.config.document import read
from integration_tui.config.validation import validate
from integration_tui.domain.config.version import Environment
from integration_tui.settings import load_settings
from tests.config.sample_models import TYPES, model_of

SAMPLES = Path(__file__).parents[2] / "sample_configs"
DOCUMENTS = sorted(
    path.name
    for path in SAMPLES.iterdir()
    if path.suffix in {".yaml", ".toml", ".json"} and path.name != "settings.toml"
)


def test_there_is_a_sample_of_every_type_and_of_every_format() -> None:
    types = {read(SAMPLES / name).data["type"] for name in DOCUMENTS}

    assert types == set(TYPES)
    assert {"oneroster.yaml", "oneroster.toml", "oneroster.json"} <= set(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("environment", list(Environment))
def test_a_sample_document_is_valid_in_every_environment(
    name: str, environment: Environment
) -> None:
    validated = validate(
        read(SAMPLES / name), environment=environment, model_of=model_of, types=TYPES
    )

    assert [str(problem) for problem in validated.problems] == []
    assert validated.config is not None


def test_the_sample_settings_are_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes((SAMPLES / "settings.toml").read_bytes())
    environ = {"INTEGRATION_CONFIG_DIR": str(tmp_path), "INTEGRATION_DATA_DIR": str(tmp_path)}

    written = load_settings(environ=environ)
    (tmp_path / "settings.toml").unlink()

    defaults = load_settings(environ=environ)
    assert written == structs.replace(defaults, sources=written.sources)
