"""Who the operating system says is asking. The environment may claim otherwise; that is noted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_CLAIMS: Final = ("LOGNAME", "USER", "LNAME", "USERNAME")
"""Variables that name the user, as `getpass` reads them; anybody can set them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OsUser:
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
