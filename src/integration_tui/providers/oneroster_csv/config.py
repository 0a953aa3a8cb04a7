"""What an integration with a folder or zip of CSV files is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.sync_policy import ReadingPolicy
from integration_tui.domain.roster import ROSTER, Collection

_PAGE_SIZE = 1000


class OneRosterCsvConfig(ProviderConfig):
    """A folder or a zip of OneRoster CSV files."""

    RETIRED: ClassVar[Mapping[str, str]] = {
        "sync.ahead": "files are read page after page",
        "sync.overlap_s": "files are compared with the run before, not with a time",
    }

    type: Literal["oneroster_csv"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="OneRoster CSV files."
    )
    path: Path = Field(description="Absolute path of the folder or .zip with manifest.csv.")
    version: Literal["auto", "1.1", "1.2"] = Field(
        default="auto", description="OneRoster version of the files; auto: from the manifest."
    )
    sync: ReadingPolicy = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        default_factory=ReadingPolicy
    )

    @field_validator("path")
    @classmethod
    def _is_full(cls, path: Path) -> Path:
        # What a path is relative to differs between the console and a service.
        if not path.is_absolute() or "\0" in str(path):
            raise PydanticCustomError("path", "must be a full path, such as /srv/roster/today.zip")
        return path

    @property
    def collections(self) -> tuple[Collection, ...]:
        return (*ROSTER, Collection.DEMOGRAPHICS) if self.sync.demographics else ROSTER

    @property
    def page_size(self) -> int:
        """How many rows make a page."""
        return self.sync.page_size or _PAGE_SIZE
