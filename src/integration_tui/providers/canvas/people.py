"""What people are: by their enrollments and by the accounts that they administer.

Canvas' users have no role of their own. So enrollments are read before users, and what they say
of people is kept here: 30 bytes a person and not their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from integration_tui.domain.paging import Cursor
from integration_tui.domain.roster import Role

TEST_STUDENT: Final = "studentview"
OBSERVER: Final = "observer"
_ROLES: Final[Mapping[str, str]] = {"student": "student", "teacher": "teacher", "ta": "aide"}
_RANKS: Final = {
    role: rank
    for rank, role in enumerate(
        (
            "districtAdministrator",
            "siteAdministrator",
            "administrator",
            "teacher",
            "aide",
            "proctor",
            "student",
            "guardian",
        )
    )
}
GUARDIAN: Final = "guardian"


class RoleNames:
    """OneRoster's roles by the names of Canvas', with what a configuration maps."""

    def __init__(self, mapped: Mapping[str, str]) -> None:
        self._mapped = {role_key(name): role for name, role in mapped.items()}

    def of(self, kind: str, role: str) -> str | None:
        """Return the role of an enrollment by its type and its role's name; `None` for no member.

        The type decides, since schools name roles as they like; unless the name itself is mapped.
        """
        named = self._mapped.get(role_key(role)) if role else None
        return named or self._mapped.get(kind) or _ROLES.get(kind)


def administration(*, is_root: bool) -> str:
    """Return the role of somebody who administers an account."""
    return "districtAdministrator" if is_root else "siteAdministrator"


def role_key(name: str) -> str:
    """Return a role's name for comparison: `StudentEnrollment` and `student` are one."""
    return name.strip().lower().removesuffix("enrollment")


class People:
    """What is known of each person, by id."""

    def __init__(self) -> None:
        self._standings: list[tuple[str, str]] = []
        self._places: dict[tuple[str, str], int] = {}
        self._held: dict[str, int] = {}
        self._agents: dict[str, tuple[str, ...]] = {}

    def add(self, user: str, role: str, org: str) -> None:
        """Take in that somebody has a role at an account."""
        standing = (role, org)
        place = self._places.get(standing)
        if place is None:
            place = self._places[standing] = len(self._standings)
            self._standings.append(standing)
        self._held[user] = self._held.get(user, 0) | 1 << place

    def observe(self, observer: str, observed: str, org: str) -> None:
        """Take in that somebody observes a student in a course of an account."""
        self.add(observer, GUARDIAN, org)
        self.link(observer, observed)

    def link(self, observer: str, observed: str) -> None:
        """Take in that somebody observes a student, and so may act for this one."""
        known = self._agents.get(observed, ())
        if observer not in known:
            self._agents[observed] = tuple(sorted((*known, observer)))

    def hear(self, lesson: Lesson) -> None:
        """Take in what a class tells."""
        for role, org, users in lesson.standings:
            for user in users:
                self.add(user, role, org)
        for observer, observed in lesson.observers:
            self.link(observer, observed)

    def lesson(self) -> Lesson:
        """Return all that is known, for others to hear."""
        users: dict[tuple[str, str], list[str]] = {}
        for user in self._held:
            for standing in self._of(user):
                users.setdefault(standing, []).append(user)
        return Lesson(
            standings=[(role, org, ids) for (role, org), ids in users.items()],
            observers=[
                (one, seen) for seen, observers in self._agents.items() for one in observers
            ],
        )

    def has(self, user: str, role: str) -> bool:
        """Return whether somebody has a role anywhere."""
        return any(held == role for held, _ in self._of(user))

    def roles(self, user: str) -> tuple[Role, ...]:
        """Return somebody's roles, those that may see most first."""
        found = sorted(self._of(user), key=lambda standing: (_rank(standing[0]), *standing))
        return tuple(
            Role(role=role, org=org, type="secondary" if place else "primary")
            for place, (role, org) in enumerate(found)
        )

    def agents(self, user: str) -> tuple[str, ...]:
        """Return who may act for somebody."""
        return self._agents.get(user, ())

    def _of(self, user: str) -> Iterator[tuple[str, str]]:
        held = self._held.get(user, 0)
        while held:
            lowest = held & -held
            yield self._standings[lowest.bit_length() - 1]
            held ^= lowest


class Lesson(msgspec.Struct, array_like=True, gc=False):
    """What one class, or a course that is refused, tells of people: by ids, as a page keeps it.

    `standings` are a role, its account and who has it; `observers` who observes whom; `unread` is
    the account of a course whose enrollments are refused.
    """

    standings: list[tuple[str, str, list[str]]] = []
    observers: list[tuple[str, str]] = []
    unread: str = ""

    def written(self) -> str:
        """Return it as text."""
        return msgspec.json.encode(self).decode()


_read: Final = msgspec.json.Decoder(Lesson).decode


class Knowledge:
    """What is known of people, and whether all enrollments have said it.

    `unread` are the accounts of courses whose enrollments are refused.
    """

    def __init__(self) -> None:
        self.people = People()
        self.unread: set[str] = set()
        self.knows_accounts = False
        self._reached: Cursor | None = None
        self._whole_at: float | None = None

    def begin(self, after: Cursor | None) -> People:
        """Begin to learn; anew, unless it goes on just where it stopped."""
        if after is None or after != self._reached:
            self.people = People()
            self.unread = set()
            self.knows_accounts = False
            # Nobody says what came before, unless it was heard again.
            self._reached = Cursor("") if after is not None else None
        self._whole_at = None
        return self.people

    def learn(self, lesson: Lesson) -> None:
        """Take in what a class tells."""
        self.people.hear(lesson)
        if lesson.unread:
            self.unread.add(lesson.unread)

    def relearn(self, lessons: Iterable[str], after: Cursor | None, now: float) -> None:
        """Know what was learned before a rest, up to a cursor; `None` is the end."""
        try:
            known = [_read(lesson) for lesson in lessons]
        except msgspec.DecodeError:
            return  # of another version: the enrollments are read again
        self.begin(None)
        for lesson in known:
            self.learn(lesson)
        self.reach(after, now)

    def reach(self, cursor: Cursor | None, now: float) -> None:
        """Take note that all is known up to a cursor; `None` is the end."""
        is_partial = self._reached == ""
        if cursor is None:
            self._whole_at = None if is_partial else now
        elif not is_partial:
            self._reached = cursor

    def is_whole(self, now: float, *, kept_s: float) -> bool:
        """Return whether all is known, and not too old."""
        return self._whole_at is not None and now - self._whole_at <= kept_s


def _rank(role: str) -> int:
    return _RANKS.get(role, len(_RANKS))
