"""The system's keyring: only one that encrypts is read from and written to."""

from __future__ import annotations

import importlib
from typing import Final, Protocol

from integration_tui.domain.errors import SecretError
from integration_tui.domain.extras import how_to_install
from integration_tui.domain.secret import Secret, SecretRef, SecretScheme

_SERVICE: Final = "integration-tui"
_KEYRINGS: Final = frozenset(
    {
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
        ("keyring.backends.kwallet", "DBusKeyringKWallet4"),
        ("keyring.backends.macOS", "Keyring"),
        ("keyring.backends.Windows", "WinVaultKeyring"),
    }
)
"""Those that encrypt. Others write plain files, or nothing at all, without saying so."""


class KeyringBackend(Protocol):
    """What is needed of a backend of the library `keyring`."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class Keyring:
    """The entry that a reference names, in the backend given or else the system's.

    Raises `SecretError`, which never repeats what is in the entry.
    """

    def __init__(self, ref: SecretRef, backend: KeyringBackend | None = None) -> None:
        self._ref = ref
        self._backend = backend or _system_keyring(ref)
        _require_safe(ref, self._backend)

    @property
    def entry(self) -> tuple[str, str]:
        """The service and the user of the entry."""
        service, slash, user = self._ref.name.partition("/")
        return (service, user) if slash else (_SERVICE, self._ref.name)

    def read(self) -> str | None:
        """Return what is in the entry; `None` where there is none."""
        trouble = _keyring_errors()
        try:
            return self._backend.get_password(*self.entry)
        except trouble:
            raise self._locked() from None

    def write(self, secret: Secret) -> None:
        """Make or replace the entry."""
        trouble = _keyring_errors()
        try:
            self._backend.set_password(*self.entry, secret.reveal())
        except trouble:
            raise self._locked() from None

    def forget(self) -> None:
        """Take the entry away."""
        trouble = _keyring_errors()
        try:
            self._backend.delete_password(*self.entry)
        except trouble:
            raise self._locked() from None

    def _locked(self) -> SecretError:
        return unavailable(self._ref, "the keyring is locked or does not answer", "unlock it")


def keyring_trouble(backend: KeyringBackend | None = None) -> str:
    """Return why secrets cannot be kept in the keyring here; empty where they can."""
    try:
        Keyring(SecretRef(SecretScheme.KEYRING, "any"), backend)
    except SecretError as error:
        reason = error.message.partition(": ")[2]
        return f"{reason}; {error.advice}"
    return ""


def unavailable(ref: SecretRef, reason: str, advice: str) -> SecretError:
    """Return the error of a reference that leads nowhere."""
    return SecretError(f"secret {ref} unavailable: {reason}", advice=advice)


def _system_keyring(ref: SecretRef) -> KeyringBackend:
    try:
        library = importlib.import_module("keyring")
    except ImportError:
        advice = f"{how_to_install('keyring')}; or use env: or file:"
        raise unavailable(ref, "keyrings need the library keyring", advice) from None
    backend: KeyringBackend = library.get_keyring()
    return backend


def _require_safe(ref: SecretRef, backend: KeyringBackend) -> None:
    kind = type(backend)
    if (kind.__module__, kind.__qualname__) not in _KEYRINGS:
        raise unavailable(
            ref,
            f"the keyring here ({kind.__module__}) is not known to encrypt",
            "use the system's own (Secret Service, KWallet, macOS, Windows), or env: or file:",
        )


def _keyring_errors() -> tuple[type[Exception], ...]:
    try:
        errors = importlib.import_module("keyring.errors")
    except ImportError:
        return (OSError, RuntimeError)
    error: type[Exception] = errors.KeyringError
    return (OSError, RuntimeError, error)
