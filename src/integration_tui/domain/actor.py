"""Who does something: a person at a door, or the engine itself."""

from enum import StrEnum

import msgspec


class ActorRole(StrEnum):
    """What an actor may do. Whoever owns the store's file can always do more: see docs."""

    VIEWER = "viewer"
    ADMIN = "admin"


class Interface(StrEnum):
    """Through which interface an act came in."""

    CLI = "cli"
    CONSOLE = "console"
    ENGINE = "engine"


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `host` is where the act was asked for.

    `name` is the login that belongs to `uid`, the operating system's number of the user; without
    one (Windows, entries from before) nobody vouches for the name. `claims` is what the
    environment calls the user where that is another name: the actor is unverified then. `sudo` is
    who the environment says became this user.
    """

    name: str
    door: Interface
    host: str = ""
    role: ActorRole = ActorRole.ADMIN
    uid: int | None = None
    claims: str = ""
    sudo: str = ""

    @property
    def label(self) -> str:
        """The name, and whether something else was claimed: for lists."""
        return f"{self.name} (unverified)" if self.claims else self.name

    @property
    def identity(self) -> str:
        """What is known of the user besides the name; empty where that is nothing."""
        parts = (
            "" if self.uid is None else f"uid {self.uid}",
            f"unverified: the environment says {self.claims}" if self.claims else "",
            f"sudo by {self.sudo}" if self.sudo else "",
        )
        return ", ".join(filter(None, parts))


ENGINE = Actor(name="engine", door=Interface.ENGINE)
