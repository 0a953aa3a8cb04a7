"""A new file for one secret: made before the secret is asked for, its owner's alone."""

from __future__ import annotations

import os
from pathlib import Path

from integration_tui.domain.errors import UsageError
from integration_tui.domain.secret import Secret

# Neither over a file nor through a link.
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class SecretFile:
    """A file that was not there before, open until the secret is in it."""

    def __init__(self, path: Path) -> None:
        """Make the file, mode 0600. Raises `UsageError` where it is there or cannot be made."""
        self.path = path
        try:
            self._open: int | None = os.open(path, _NEW, 0o600)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be made: {(error.strerror or '').lower()}",
                advice="name a file that is not there yet, in a folder that is yours",
            ) from error

    def keep(self, secret: Secret) -> None:
        """Write the secret, and be sure of it; once. Raises `OSError`."""
        number, self._open = self._open, None
        if number is None:
            raise OSError("the file is closed")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(secret.reveal())
            file.flush()
            os.fsync(file.fileno())

    def discard(self) -> None:
        """Take the file away again."""
        number, self._open = self._open, None
        if number is not None:
            os.close(number)
        self.path.unlink(missing_ok=True)
