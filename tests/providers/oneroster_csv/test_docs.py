"""The page about CSV names every key, every file that is read, and every bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.providers.oneroster_csv.archive import MAX_FILES
from integration_tui.providers.oneroster_csv.config import OneRosterCsvConfig
from integration_tui.providers.oneroster_csv.findings import KEPT, KEPT_ALIKE
from integration_tui.providers.oneroster_csv.reader import MAX_LINE
from integration_tui.providers.oneroster_csv.safe_zip import MAX_BYTES, MAX_RATIO
from integration_tui.providers.oneroster_csv.tables import TABLES

PAGE = (Path(__file__).parents[3] / "docs/csv.md").read_text()
OWN = OneRosterCsvConfig.model_fields.keys() - ProviderConfig.model_fields.keys()


@pytest.mark.parametrize("key", sorted(OWN))
def test_every_key_is_on_the_page(key: str) -> None:
    assert f"| `{key}" in PAGE


@pytest.mark.parametrize("file", [table.file for table in TABLES["1.2"].values()])
def test_every_file_that_is_read_is_on_the_page(file: str) -> None:
    assert f"`{file}`" in PAGE


@pytest.mark.parametrize(
    "bound",
    [
        f"{MAX_FILES:,} files",
        f"{MAX_BYTES // 1024**3} GB",
        f"{MAX_LINE:,} characters",
        f"than {MAX_RATIO}\n",
        f"{KEPT_ALIKE} are kept, of all {KEPT}",
    ],
)
def test_every_bound_is_on_the_page(bound: str) -> None:
    assert bound in PAGE
