"""Who does something: a person at a door, or the engine itself."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an actor may do. Whoever owns the store's file can always do more: see docs."""

    VIEWER = "viewer"
    ADMIN = "admin"


class Door(StrEnum):
    """Through which interface an act came in."""

    CLI = "cli"
    CONSOLE = "console"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """`name` is the operating system's user (unverified); `host` is where the act was asked for."""

    name: str
    door: Door
    host: str = ""
    role: Role = Role.ADMIN


ENGINE = Actor(name="engine", door=Door.ENGINE)
