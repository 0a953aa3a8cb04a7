"""The providers' models where they are there, and stand-ins of the same shape where not yet."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Literal, get_args

from pydantic import Field

from integration_tui.config.document import Document, parse
from integration_tui.config.validation import Validated, validate
from integration_tui.domain.auth import Auth
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.policies import RateLimitPolicy, RetryPolicy
from integration_tui.domain.config.sync_policy import ServerReadingPolicy
from integration_tui.domain.config.types import Url
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.providers.oneroster.config import migrate_1_to_2

TYPES = ("oneroster", "oneroster_csv", "timeback", "google_classroom", "canvas", "mock")


class RemoteConfig(ProviderConfig):
    """A system behind an address."""

    base_url: Url
    auth: Auth
    rate_limit: RateLimitPolicy = Field(default_factory=RateLimitPolicy)
    retry: RetryPolicy = Field(default_factory=RetryPolicy)
    sync: ServerReadingPolicy = Field(default_factory=ServerReadingPolicy)


class RosterConfig(RemoteConfig):
    """Shaped as the OneRoster provider's."""

    SCHEMA_VERSION = 2
    MIGRATIONS = {1: migrate_1_to_2}  # noqa: RUF012 - declared ClassVar by the base

    type: Literal["oneroster"]


@lru_cache
def model_of(key: str) -> type[ProviderConfig] | None:
    """Return the real model of a type, or a stand-in while its provider is not there."""
    if key not in TYPES:
        return None
    try:
        module = importlib.import_module(f"integration_tui.providers.{key}.config")
    except ModuleNotFoundError:
        return RosterConfig if key == "oneroster" else RemoteConfig
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, ProviderConfig)
        and get_args(value.model_fields["type"].annotation) == (key,)
    )


def local_model_of(key: str) -> type[ProviderConfig] | None:
    """Return the stand-in, whose fields the tests of validation know."""
    return RosterConfig if key == "oneroster" else None


def yaml(text: str) -> Document:
    """Read YAML as if it were the file roster.yaml."""
    return parse(text, DocumentFormat.YAML, file="roster.yaml")


def checked(text: str, environment: Environment = Environment.PRODUCTION) -> Validated:
    """Validate a YAML document against the stand-in."""
    return validate(
        yaml(text), environment=environment, model_of=local_model_of, types=("oneroster", "canvas")
    )


MINIMAL = """\
name: lincoln
type: oneroster
base_url: https://sis.example.org/ims/oneroster
auth:
  type: oauth2_client_credentials
  token_url: https://sis.example.org/token
  client_id: console
  client_secret: env:SIS_SECRET
"""
