"""Secrets: a reference is written down, a value is only ever held in memory."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Never

import msgspec

from integration_tui.domain.redaction import known_secrets

_MASK = "•••"


class SecretScheme(StrEnum):
    """Where a secret is kept."""

    ENV = "env"
    FILE = "file"
    KEYRING = "keyring"


class Secret:
    """A value that shows itself to nobody but the caller of `reveal`; logs and errors mask it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        known_secrets.remember(value)

    def reveal(self) -> str:
        """Return the value. Hand it to the wire only."""
        return self._value

    def __repr__(self) -> str:
        return _MASK

    def __reduce__(self) -> Never:
        raise TypeError("secrets are never serialized")


class SecretRef(msgspec.Struct, frozen=True):
    """A reference such as `env:SIS_SECRET`; safe to store, show and compare."""

    scheme: SecretScheme
    name: str

    @classmethod
    def parse(cls, text: str) -> SecretRef:
        """Read `scheme:name`. Raises `ValueError`, which never repeats `text`."""
        scheme, colon, name = text.partition(":")
        if not colon or not name or scheme not in set(SecretScheme):
            raise ValueError("secrets are stored as references, not values")
        return cls(SecretScheme(scheme), name)

    @classmethod
    def is_valid(cls, text: str) -> bool:
        """Return whether `parse` takes a text."""
        try:
            cls.parse(text)
        except ValueError:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.scheme}:{self.name}"


SecretResolver = Callable[[SecretRef], Secret]
"""Turns a reference into its value at the last moment. Raises `SecretError`."""
