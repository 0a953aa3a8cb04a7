"""The page about TimeBack: its file is valid, its addresses and keys are those of the program."""

import re
from pathlib import Path

import pytest

from integration_tui.config.document import parse
from integration_tui.config.validation import validate
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.providers.catalog import Catalog
from integration_tui.providers.oneroster.config import RosterServerConfig
from integration_tui.providers.timeback.config import ADDRESSES, TimeBackConfig
from tests.providers.timeback.fixtures import config

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/timeback.md").read_text()
FILES = [
    *re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL),
    (ROOT / "sample_configs/timeback.yaml").read_text(),
]


@pytest.mark.parametrize("text", FILES, ids=["page", "sample"])
def test_every_file_is_valid(text: str) -> None:
    validated = validate(
        parse(text, DocumentFormat.YAML, file="timeback.yaml"),
        environment=Environment.PRODUCTION,
        model_of=Catalog().model_of,
        types=("timeback",),
    )

    assert [str(problem) for problem in validated.problems] == []


@pytest.mark.parametrize(
    "key", sorted(TimeBackConfig.model_fields.keys() - RosterServerConfig.model_fields.keys())
)
def test_every_key_of_its_own_is_on_the_page(key: str) -> None:
    assert f"| `{key}` |" in PAGE


@pytest.mark.parametrize(("platform", "stage"), ADDRESSES)
def test_every_address_is_on_the_page(platform: str, stage: str) -> None:
    found = config(platform=platform, stage=stage)
    webhooks = f"`{found.webhooks_address}`"
    told = webhooks if found.webhooks_address != found.base_url else "the same"

    assert f"| `{platform}` | `{stage}` | `{found.base_url}` | {told} |" in PAGE
