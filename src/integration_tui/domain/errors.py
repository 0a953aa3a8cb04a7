"""Every error of the application, grouped by what the caller should do next.

ConsoleError
├── UsageError                      say it, and exit with 2: it cannot be done as it was asked
│   ├── NotFoundError               no such integration, version, entry or provider type
│   │   └── UnknownIntegrationError no integration of this name; a broken file may have it
│   ├── FileThereError              ask whether the file may be replaced, or name another one
│   └── NotAllowedError             this actor may not do that
├── ConfigError                     show its problems at their lines; do not connect
│   └── SecretError                 a secret reference leads nowhere: fix it or what it names
├── StoreError                      the store cannot be opened or written; nothing was touched
│   └── StoreLostError              it is another one than was opened: stop, write nothing to it
├── ConflictError                   the stored state has moved on; read again
│   └── HeldError                   the plan waits for an approval: have it given
├── RolledBackError                 the new version did not start: the one before is active
└── ProviderError                   something is wrong on the other side
    ├── RetryableError              wait (`retry_after_s`), then try again
    │   └── ThrottledError          we asked too often; the provider says how long to wait
    ├── CredentialsError            stop the integration until an administrator acts
    │   ├── ClientRefusedError      the token endpoint does not take the client: try another way
    │   └── ForbiddenError          the credentials are good, but do not allow this
    ├── IncompatibleError           the answer is not what the protocol says: check the address
    ├── RemoteNotFoundError         the provider has no such record or path
    └── RecordError                 skip this record, count it, go on

An exception that is none of these stays on its floor, and is private where it stays in its module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration_tui.domain.config.validation import ConfigProblem


class ConsoleError(Exception):
    """Base of all errors that are shown to an administrator as they are.

    `message` says what happened and where; `advice` says what to do about it. `accounts` are the
    addresses in them that come from the configuration: to change one, it has to be seen.
    """

    accounts: tuple[str, ...] = ()

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}; {self.advice}" if self.advice else self.message


class UsageError(ConsoleError):
    """The request itself cannot be carried out as it was asked."""


class NotFoundError(UsageError):
    """The request names something that does not exist."""


class UnknownIntegrationError(NotFoundError):
    """There is no integration of this name; there may be a file of it that is not valid."""

    def __init__(self, name: str, *, advice: str) -> None:
        super().__init__(f"unknown integration {name}", advice=advice)
        self.name = name


class FileThereError(UsageError):
    """There is a file of this name, and nobody said that it may go."""


class NotAllowedError(UsageError):
    """This actor may look, but not change."""


class ConfigError(ConsoleError):
    """A config that cannot be used; `problems` says where, line by line."""

    def __init__(
        self, message: str, *, advice: str = "", problems: Sequence[ConfigProblem] = ()
    ) -> None:
        super().__init__(message, advice=advice)
        self.problems = tuple(problems)


class SecretError(ConfigError):
    """A secret reference cannot be resolved. Names the reference, never the secret."""


class StoreError(ConsoleError):
    """The store cannot be opened, read or written; nothing was changed."""


class StoreLostError(StoreError):
    """The open store was moved, removed, emptied or replaced: what is there now is not ours."""


class ConflictError(ConsoleError):
    """Somebody else changed the same thing first."""


class HeldError(ConflictError):
    """A plan waits for an approval that nobody gave; who tried it all the same is recorded."""


class RolledBackError(ConsoleError):
    """A version was stored, did not come up, and was taken back by one more version."""


class ProviderError(ConsoleError):
    """A provider failed or refused. `status` is HTTP's, where a connector has use for it.

    `names` are words of a closed list that the refusal holds, and numbers: what a connector
    decides by. They are not shown.
    """

    status: int | None = None
    names: frozenset[str] = frozenset()


class RetryableError(ProviderError):
    """A failure that may pass: timeout, 5xx, connection refused.

    `unprocessed`: the other side certainly did nothing, so that even a write may be repeated.
    """

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        retry_after_s: float | None = None,
        unprocessed: bool = False,
    ) -> None:
        super().__init__(message, advice=advice)
        self.retry_after_s = retry_after_s
        self.unprocessed = unprocessed


class ThrottledError(RetryableError):
    """The provider asks for fewer requests (HTTP 429)."""


class CredentialsError(ProviderError):
    """The provider refused our credentials."""


class ForbiddenError(CredentialsError):
    """The credentials are accepted but do not allow this (scope, role, school)."""


class IncompatibleError(ProviderError):
    """The answer is not what the protocol says: wrong address, wrong type, login page."""


class RemoteNotFoundError(ProviderError):
    """The provider does not know this path or record."""


class RecordError(ProviderError):
    """One record that does not fit; the page around it is fine."""
