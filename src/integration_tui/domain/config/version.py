"""A stored version of an integration's document, and a text that may become one.

Nothing here knows what a document says: who lists versions need not load what checks them.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec

from integration_tui.domain.ids import IntegrationId


class Environment(StrEnum):
    """Which overlay of a document applies."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class DocumentFormat(StrEnum):
    """How a document is written."""

    YAML = "yaml"
    TOML = "toml"
    JSON = "json"


class ConfigVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One stored version of an integration's document, with its comments.

    `checksum` is the SHA-256 of `text`, in hexadecimal. Exactly one version an integration is
    active. The text holds references to secrets, never secrets.
    """

    integration_id: IntegrationId
    number: int
    environment: Environment
    format: DocumentFormat
    text: str
    checksum: str
    active: bool
    created_at: datetime
    created_by: str
    reason: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A text, and how it is written. `file` only names it in messages."""

    text: str
    format: DocumentFormat
    file: str = ""

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return checksum(self.text)


def checksum(text: str) -> str:
    """Return the SHA-256 of `text`, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
