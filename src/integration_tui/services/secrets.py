"""Stores secrets where references lead; nothing but the reference is shown and recorded."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.config.secret_backends import Keyring, KeyringBackend, keyring_trouble
from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.errors import ConfigError, ConflictError, StoreError, UsageError
from integration_tui.domain.secret import Secret, SecretRef, SecretScheme
from integration_tui.files.atomic import read_text, replacing, snapshot, write
from integration_tui.services.authorization import require_admin

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.store.database import Database

_MAX_BYTES: Final = 64 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class SecretTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where a secret can be kept. `trouble` says why not here; empty where it can."""

    scheme: SecretScheme
    title: str
    trouble: str = ""


class SecretService:
    """Knows the folder of secrets, which is its owner's alone, and the system's keyring."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        environ: Mapping[str, str],
        clock: Clock,
        keyring: KeyringBackend | None = None,
    ) -> None:
        self._database = database
        self._folder = folder
        self._environ = environ
        self._clock = clock
        self._keyring = keyring

    async def targets(self) -> tuple[SecretTarget, ...]:
        """Return where secrets can be kept, the safest first."""
        trouble = await asyncio.to_thread(keyring_trouble, self._keyring)
        return (
            SecretTarget(scheme=SecretScheme.KEYRING, title="system keyring", trouble=trouble),
            SecretTarget(scheme=SecretScheme.FILE, title=f"a private file in {self._folder}"),
            SecretTarget(
                scheme=SecretScheme.ENV, title="environment variable, set before the program starts"
            ),
        )

    def reference(self, scheme: SecretScheme, name: str) -> SecretRef:
        """Return the reference to a secret of this name. Raises `UsageError` for a bad name."""
        form = _VARIABLE if scheme is SecretScheme.ENV else _NAME
        if not form.fullmatch(name):
            advice = "letters, digits and _, not a digit first"
            if scheme is not SecretScheme.ENV:
                advice = "letters, digits, _, - and dots, not a dot first"
            raise UsageError("not a valid name for a secret", advice=advice)
        if scheme is SecretScheme.FILE:
            return SecretRef(scheme, str((self._folder / name).absolute()))
        return SecretRef(scheme, name)

    def is_set(self, reference: SecretRef) -> bool:
        """Return whether a variable is set in this process."""
        return bool(self._environ.get(reference.name))

    async def store(
        self, reference: SecretRef, value: Secret, *, actor: Actor, replaces: bool = False
    ) -> None:
        """Keep a secret where its reference leads. The audit entry tells the reference alone.

        Raises `ConflictError` where there is one already and `replaces` does not say that it may
        go, `SecretError` or `UsageError` where it cannot be kept. None of them repeats it.
        """
        require_admin(actor)
        _require_usable(value)
        await self._record(Action.BEGIN_STORE_SECRET, reference, actor)
        before = await asyncio.to_thread(self._keep, reference, value, replaces=replaces)
        try:
            detail = "a new secret" if before is None else "the previous secret"
            await self._record(Action.STORE_SECRET, reference, actor, detail)
        except (StoreError, asyncio.CancelledError):
            # What is not recorded did not happen.
            await asyncio.shield(asyncio.to_thread(self._put_back, reference, before))
            raise

    def _keep(self, reference: SecretRef, value: Secret, *, replaces: bool) -> Secret | None:
        """Return the secret that there was before."""
        match reference.scheme:
            case SecretScheme.FILE:
                return self._keep_in_file(reference, value, replaces=replaces)
            case SecretScheme.KEYRING:
                return self._keep_in_keyring(reference, value, replaces=replaces)
            case SecretScheme.ENV:
                raise UsageError(
                    f"{reference} cannot be stored: variables are set outside the program",
                    advice=f"export {reference.name}=… before starting",
                )

    def _keep_in_keyring(
        self, reference: SecretRef, value: Secret, *, replaces: bool
    ) -> Secret | None:
        keyring = Keyring(reference, self._keyring)
        before = keyring.read()
        if before and not replaces:
            raise _taken(reference)
        keyring.write(value)
        return Secret(before) if before else None

    def _keep_in_file(
        self, reference: SecretRef, value: Secret, *, replaces: bool
    ) -> Secret | None:
        path = Path(reference.name)
        self._require_own(path)
        seen = snapshot(path)
        if seen is not None and not replaces:
            raise _taken(reference)
        before = None if seen is None else Secret(_old_text(path))
        with replacing(path, replaces=replaces, seen=seen) as file:
            file.write(value.reveal())
        return before

    def _require_own(self, path: Path) -> None:
        if path.parent != self._folder.absolute():
            raise UsageError(
                f"secrets are kept in {self._folder} only", advice="use a name, not a path"
            )
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"{self._folder} cannot be created: {(error.strerror or '').lower()}",
                advice="create the folder with mode 700",
            ) from error

    def _put_back(self, reference: SecretRef, before: Secret | None) -> None:
        if reference.scheme is SecretScheme.FILE:
            path = Path(reference.name)
            if before is None:
                path.unlink(missing_ok=True)
            else:
                write(path, before.reveal())
            return
        entry = Keyring(reference, self._keyring)
        if before is None:
            entry.forget()
        else:
            entry.write(before)

    async def _record(
        self, action: Action, reference: SecretRef, actor: Actor, detail: str = ""
    ) -> None:
        act = AuditRecord(action=action, actor=actor, object=str(reference), detail=detail)
        async with self._database.transaction() as transaction:
            await transaction.audit.add([act], at=self._clock())


def _old_text(path: Path) -> str:
    """Return what a file holds that is to be replaced; nothing where that cannot be had."""
    try:
        return read_text(path)
    except ConfigError:
        return ""


def _require_usable(value: Secret) -> None:
    text = value.reveal()
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UsageError("the secret is not Unicode text", advice="paste the secret again")
    size = len(text.encode())
    if not size:
        raise UsageError("the secret is empty", advice="type or paste the secret")
    if size > _MAX_BYTES:
        raise UsageError("the secret is larger than 64 KiB", advice="check the pasted text")


def _taken(reference: SecretRef) -> ConflictError:
    return ConflictError(
        f"the secret {reference} already exists",
        advice="choose another name, or replace the secret everywhere it is used",
    )
