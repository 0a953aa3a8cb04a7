"""The configuration of an Abacus integration."""

from typing import Literal

from pydantic import Field

from integration_tui.domain.roster import Collection
from integration_tui.providers.http import HttpConfig


class AbacusConfig(HttpConfig):
    """Abacus, by its address and a token."""

    type: Literal["abacus"] = Field(description="The provider: Abacus.")

    @property
    def collections(self) -> tuple[Collection, ...]:
        """What Abacus lists."""
        return (Collection.ORGS, Collection.USERS)
