"""What a command needs to reach the services: settings, and who is asking."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar

import msgspec

from integration_tui.cli.config_file_warnings import note_files
from integration_tui.cli.output import note
from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.errors import UnknownIntegrationError
from integration_tui.paths import PREFIX

if TYPE_CHECKING:
    from integration_tui.domain.demo_controls import DemoOptions
    from integration_tui.domain.diagnostics import CheckResult
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.services import Offline, Services
    from integration_tui.settings import Settings


_CLAIMS: Final = ("LOGNAME", "USER", "LNAME", "USERNAME")
"""Variables that name the user, as `getpass` reads them; anybody can set them."""


class OsUser(msgspec.Struct, frozen=True, kw_only=True):
    """The user of this process; see `Actor` for what the fields mean."""

    name: str
    uid: int | None = None
    claims: str = ""
    sudo: str = ""


def os_user(environ: Mapping[str, str]) -> OsUser:
    """Return the real user of this process, and which name the environment claims instead."""
    try:
        import pwd
    except ImportError:  # not on Windows, where nothing but the environment says a name
        return OsUser(name=_claimed(environ, but="") or "unknown")
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:  # no such user in the system's list, as in some containers
        name = f"uid-{uid}"
    claims = _claimed(environ, but=name)
    return OsUser(name=name, uid=uid, claims=claims, sudo=environ.get("SUDO_USER", ""))


def _claimed(environ: Mapping[str, str], *, but: str) -> str:
    """Return the first name of a user in the environment that is another one."""
    claims = (environ.get(name, "") for name in _CLAIMS)
    return next((claim for claim in claims if claim and claim != but), "")


T = TypeVar("T")
_OFF: Final = ("", "0", "false", "no", "off")
Opening = Callable[[], AbstractAsyncContextManager["Services"]]
LoadSnapshot = Callable[[], Sequence["Overview"]]
"""What there was to see last time; nothing where there is nothing yet."""


class ConsoleOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the console is opened on, for whom, and how it is shown.

    `home` is the folder with the person's own themes and keys, `state` the file that keeps how
    the screens were left; `None` where there is nothing of the kind. `integrations` is the folder
    that configuration files are read from, `staging` is what a demo has besides.
    """

    opening: Opening
    actor: Actor
    title: str = ""
    load_snapshot: LoadSnapshot = list
    home: Path | None = None
    state: Path | None = None
    integrations: Path | None = None
    mouse: bool = True
    is_ascii: bool = False
    staging: DemoOptions | None = None


Show = Callable[[ConsoleOptions], int]
"""Shows the console, and returns the exit code."""
CheckHome = Callable[[Path], Sequence["CheckResult"]]
"""Checks the console's own files in a folder: themes and keys."""


def no_files(_home: Path) -> Sequence[CheckResult]:
    """Check nothing: where there is no console."""
    return ()


class Console(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line knows of the console."""

    show: Show
    check_home: CheckHome = no_files


class Options(TypedDict):
    """What can be said before a command; see `Session`."""

    store: str | None
    config_dir: Path | None
    readonly: bool
    mouse: bool
    is_ascii: bool
    keeps_state: bool
    plain: bool | None


class CliContext(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the program."""

    show: Show
    store: str | None = None
    config_dir: Path | None = None
    readonly: bool = False
    mouse: bool = True
    is_ascii: bool = False
    keeps_state: bool = True
    plain: bool | None = None
    check_home: CheckHome = no_files

    @property
    def is_plain(self) -> bool:
        """Whether to speak in single lines: as the call says, or else the environment."""
        said = os.environ.get(f"{PREFIX}PLAIN", "").strip().lower()
        return self.plain if self.plain is not None else said not in _OFF

    def settings(self) -> Settings:
        """Return the settings active. Raises `ConfigError`."""
        from integration_tui.settings import load_settings

        return load_settings(environ=os.environ, store=self.store, config_dir=self.config_dir)

    def variables(self) -> dict[str, str]:
        """Return what has another process of ours use the same store and files."""
        named = {"STORE": self.store, "CONFIG_DIR": self.config_dir}
        return {f"{PREFIX}{name}": str(value) for name, value in named.items() if value}

    def actor(self, door: Interface = Interface.CLI) -> Actor:
        """Return who is asking: the operating system's user on this host."""
        import socket

        from integration_tui.cli.context import os_user

        user = os_user(os.environ)
        return Actor(
            name=user.name,
            door=door,
            host=socket.gethostname(),
            role=ActorRole.VIEWER if self.readonly else ActorRole.ADMIN,
            uid=user.uid,
            claims=user.claims,
            sudo=user.sudo,
        )

    def services(
        self, *, with_engine: bool = False, door: Interface = Interface.CLI
    ) -> AbstractAsyncContextManager[Services]:
        """Return the services over the user's own store, to be entered."""
        from integration_tui.bootstrap import open_services

        return open_services(
            self.settings(),
            actor=self.actor(door),
            with_engine=with_engine,
            own_files=lambda: self.check_home(self.home()),
        )

    def last_seen(self) -> Sequence[Overview]:
        """Return the user's own integrations as they were last stored, without opening it all."""
        from integration_tui.services.startup_snapshot import last_seen

        now = datetime.now(UTC)  # noqa: TID251 - long before what knows the clock is imported
        return last_seen(os.environ, store=self.store, config_dir=self.config_dir, now=now)

    def home(self) -> Path:
        """Return the folder with settings, documents, and the console's themes and keys."""
        from integration_tui.paths import config_folder

        return config_folder(os.environ, self.config_dir)

    def state(self) -> Path | None:
        """Return the file that keeps how the console was left, unless nothing is to be kept."""
        from integration_tui.paths import state_file

        return state_file(os.environ) if self.keeps_state else None

    def offline(self) -> Offline:
        """Return what needs no store."""
        from integration_tui.bootstrap import offline

        return offline(self.settings())

    def ask(self, question: Callable[[Services], Awaitable[T]]) -> T:
        """Open the services, ask one thing of them, and close them again."""
        return self._answer(question, self.services())

    def look(self, question: Callable[[Services], Awaitable[T]]) -> T:
        """Ask what only reads the store, as `ask` does: most of what that loads is not needed."""
        from integration_tui.bootstrap import open_briefly

        return self._answer(
            question,
            open_briefly(
                self.settings(),
                actor=self.actor(),
                own_files=lambda: self.check_home(self.home()),
            ),
        )

    def _answer(
        self,
        question: Callable[[Services], Awaitable[T]],
        opened: AbstractAsyncContextManager[Services],
    ) -> T:
        from integration_tui.cli import event_loop

        async def asking() -> T:
            async with opened as services:
                for remark in services.files.remarks:
                    note(remark)
                note_files(services.files.findings)
                try:
                    return await question(services)
                except UnknownIntegrationError as error:
                    raise services.files.explained(error) from error

        return event_loop.run(asking())
