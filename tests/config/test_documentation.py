"""What can be configured is in docs/configuration.md, to the last key."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from msgspec import structs

from integration_tui.config.document import parse
from integration_tui.config.validation import validate
from integration_tui.domain.auth import Auth
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.settings import SETTINGS, Settings
from tests.config.sample_models import TYPES, RosterConfig, model_of

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_its_line_with_its_variable(name: str) -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]

    assert len(lines) == 1
    assert f"`INTEGRATION_{name.upper()}`" in lines[0]
    default = {field.name: field.default for field in structs.fields(Settings)}[name]
    if isinstance(default, int) and not isinstance(default, bool):
        assert f"`{default}`" in lines[0]


def test_every_kind_of_authentication_and_each_of_its_keys_is_named() -> None:
    kinds = get_args(get_args(Auth)[0])

    assert len(kinds) == 8
    for kind in kinds:
        (tag,) = get_args(kind.model_fields["type"].annotation)
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{tag}` |")]
        assert [key for key in kind.model_fields if key != "type" and f"`{key}`" not in line] == []


def test_every_section_and_each_of_its_keys_is_named() -> None:
    for name, field in RosterConfig.model_fields.items():
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
        section = getattr(field.annotation, "model_fields", {})
        assert [key for key in section if f"`{key}`" not in line] == []


def test_the_minimal_document_on_the_page_is_valid() -> None:
    text = PAGE.split("```yaml\n")[1].split("```")[0]

    validated = validate(
        parse(text, DocumentFormat.YAML),
        environment=Environment.PRODUCTION,
        model_of=model_of,
        types=TYPES,
    )

    assert validated.problems == ()
