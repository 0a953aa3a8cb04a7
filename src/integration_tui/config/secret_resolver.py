"""From a reference to the secret itself, at the last moment; never kept, never told."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from integration_tui.config.secret_backends import Keyring, KeyringBackend, unavailable
from integration_tui.domain.errors import SecretError
from integration_tui.domain.secret import Secret, SecretRef, SecretScheme

_MAX_BYTES: Final = 64 * 1024


class SecretResolver:
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
            raise unavailable(ref, "the variable is not set", f"export {ref.name} before starting")
        if not value:
            raise unavailable(
                ref, "the variable is empty", f"give {ref.name} a value before starting"
            )
        return value

    def _from_keyring(self, ref: SecretRef) -> str:
        keyring = Keyring(ref, self._keyring)
        value = keyring.read()
        if not value:
            service, user = keyring.entry
            advice = f"keyring set {service} {user}"
            raise unavailable(ref, "the keyring has no such entry", advice)
        return value


def _from_file(ref: SecretRef) -> str:
    path = Path(ref.name)
    if not path.is_absolute():
        raise unavailable(ref, "the path is not absolute", "write the whole path, from /")
    try:
        content = _content(ref, path)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise unavailable(
            ref, f"the file cannot be read: {reason}", "fix its path or rights"
        ) from None
    try:
        value = content.decode()
    except UnicodeDecodeError:
        raise unavailable(ref, "the file is not a text file", "write the secret as text") from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise unavailable(ref, "the file is empty", "write the secret into it")
    return value


def _content(ref: SecretRef, path: Path) -> bytes:
    if path.is_symlink():
        raise unavailable(ref, "the file is a symbolic link", "name the file itself")
    # O_NOFOLLOW: it may have become a link just now. O_NONBLOCK: a pipe must not stop us.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        _require_private(ref, found)
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise unavailable(
            ref, "the file is larger than 64 KiB", "name the file that holds the secret"
        )
    return content


def _require_private(ref: SecretRef, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise unavailable(ref, "that is not a file", "name a file that holds only the secret")
    if found.st_uid not in {0, os.geteuid()}:
        raise unavailable(ref, "the file belongs to another user", "become the owner of the file")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretError(
            f"secret {ref} refused: its file is readable by others", advice=f"chmod 600 {ref.name}"
        )
