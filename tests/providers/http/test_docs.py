"""The page about providers: every file on it is valid, and every choice is named."""

import re
from pathlib import Path
from typing import get_args

import pytest

from integration_tui.config.document import parse
from integration_tui.config.validation import validate
from integration_tui.domain.auth import Auth
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.providers.catalog import BUILT_IN, Catalog
from integration_tui.providers.oneroster.config import RosterServerConfig
from integration_tui.providers.timeback.config import ADDRESSES, TimeBackConfig

PAGE = (Path(__file__).parents[3] / "docs/providers.md").read_text()
FILES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
KINDS = [kind.model_fields["type"].annotation for kind in get_args(get_args(Auth)[0])]
OF_ALL = ProviderConfig.model_fields.keys() | {"rate_limit", "retry", "webhook"}
CATALOG = Catalog()


@pytest.mark.parametrize("text", FILES, ids=lambda text: text.split()[3])
def test_every_file_on_the_page_is_valid(text: str) -> None:
    document = parse(text, DocumentFormat.YAML, file="example.yaml")

    validated = validate(
        document,
        environment=Environment.PRODUCTION,
        model_of=CATALOG.model_of,
        types=tuple(BUILT_IN),
    )

    assert [str(problem) for problem in validated.problems] == []


def test_every_type_but_the_mock_has_a_file_on_the_page() -> None:
    assert {text.split()[3] for text in FILES} == BUILT_IN.keys() - {"mock"}


@pytest.mark.parametrize("kind", [get_args(kind)[0] for kind in KINDS])
def test_every_kind_of_authentication_is_on_the_page(kind: str) -> None:
    assert f"| `{kind}` |" in PAGE


@pytest.mark.parametrize(
    "key",
    sorted({*RosterServerConfig.model_fields, *TimeBackConfig.model_fields} - OF_ALL),
)
def test_every_key_of_a_roster_server_is_on_the_page(key: str) -> None:
    assert f"`{key}" in PAGE or f"{key}:" in PAGE


@pytest.mark.parametrize("address", [url for urls in ADDRESSES.values() for url in urls])
def test_every_address_that_is_filled_in_is_on_the_page(address: str) -> None:
    assert f"`{address}`" in PAGE
