"""From a reference to the secret itself, at the last moment; never kept, never told."""

from __future__ import annotations

import importlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from integration_tui.domain.errors import SecretError
from integration_tui.domain.secret import Secret, SecretRef, SecretScheme

_MAX_BYTES: Final = 64 * 1024
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


class Secrets:
    """Looks secrets up, each time anew: a rotated one is seen at the next look."""

    def __init__(
        self, *, environ: Mapping[str, str], keyring: KeyringBackend | None = None
    ) -> None:
        self._environ = environ
        self._keyring = keyring

    def resolve(self, ref: SecretRef) -> Secret:
        """Return the secret. Raises `SecretError`, which names the reference and the way out."""
        match ref.scheme:
            case SecretScheme.ENV:
                return Secret(self._from_environment(ref))
            case SecretScheme.FILE:
                return Secret(_from_file(ref))
            case SecretScheme.KEYRING:
                return Secret(self._from_keyring(ref))

    def _from_environment(self, ref: SecretRef) -> str:
        value = self._environ.get(ref.name)
        if value is None:
            raise _error(ref, "the variable is not set", f"export {ref.name} before starting")
        if not value:
            raise _error(ref, "the variable is empty", f"give {ref.name} a value before starting")
        return value

    def _from_keyring(self, ref: SecretRef) -> str:
        backend = self._keyring or _system_keyring(ref)
        _require_safe(ref, backend)
        service, slash, user = ref.name.partition("/")
        if not slash:
            service, user = _SERVICE, ref.name
        trouble = _keyring_errors()
        try:
            value = backend.get_password(service, user)
        except trouble:
            raise _error(ref, "the keyring is locked or does not answer", "unlock it") from None
        if not value:
            raise _error(ref, "the keyring has no such entry", f"keyring set {service} {user}")
        return value


def _system_keyring(ref: SecretRef) -> KeyringBackend:
    try:
        library = importlib.import_module("keyring")
    except ImportError:
        advice = "pip install 'integration-tui[keyring]', or use env: or file:"
        raise _error(ref, "keyrings need the extra [keyring]", advice) from None
    backend: KeyringBackend = library.get_keyring()
    return backend


def _require_safe(ref: SecretRef, backend: KeyringBackend) -> None:
    kind = type(backend)
    if (kind.__module__, kind.__qualname__) not in _KEYRINGS:
        raise _error(
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


def _from_file(ref: SecretRef) -> str:
    path = Path(ref.name)
    if not path.is_absolute():
        raise _error(ref, "the path is not absolute", "write it from / on")
    try:
        content = _content(ref, path)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise _error(ref, f"the file cannot be read: {reason}", "mend its path or rights") from None
    try:
        value = content.decode()
    except UnicodeDecodeError:
        raise _error(ref, "the file is not a text file", "write the secret as text") from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise _error(ref, "the file is empty", "write the secret into it")
    return value


def _content(ref: SecretRef, path: Path) -> bytes:
    if path.is_symlink():
        raise _error(ref, "the file is a symbolic link", "name the file itself")
    # O_NOFOLLOW: it may have become a link just now. O_NONBLOCK: a pipe must not stop us.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        _require_private(ref, found)
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise _error(ref, "the file is larger than 64 KiB", "name the file that holds the secret")
    return content


def _require_private(ref: SecretRef, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _error(ref, "that is not a file", "name a file that holds only the secret")
    if found.st_uid not in {0, os.geteuid()}:
        raise _error(ref, "the file belongs to somebody else", "make it your own")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _error(ref, "others can read or write the file", f"chmod 600 {ref.name}")


def _error(ref: SecretRef, reason: str, advice: str) -> SecretError:
    return SecretError(f"the secret {ref} cannot be had: {reason}", advice=advice)
