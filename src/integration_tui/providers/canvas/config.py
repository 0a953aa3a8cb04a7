"""What a Canvas integration is told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from integration_tui.providers.http.config import HttpConfig


class CanvasConfig(HttpConfig):
    """Canvas LMS, in the cloud or on a server of one's own."""

    type: Literal["canvas"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="The provider: Canvas LMS."
    )
