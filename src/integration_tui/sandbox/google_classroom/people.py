"""The accounts of the domain: the district's users under Google's ids and addresses.

An id has 21 digits; an account whose person has no address in the district has one of its id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from integration_tui.domain.roster import Collection, Org, RecordStatus, User
from integration_tui.sandbox.google_classroom.conditions import DomainConditions
from integration_tui.sandbox.source import RosterSource

PRIMARY_DOMAIN: Final = "prairieview.example"
CUSTOMER_ID: Final = "C0sandbox"
SCHOOLS: Final = "/Schools"
DISTRICT_OFFICE: Final = "/District Office"
_STAFF: Final = "Staff"
_UNITS: Final = {"principal": "Office", "student": "Students"}
"""By role: the unit below that of the school; all others are staff."""
UNITS_OF_A_SCHOOL: Final = (*_UNITS.values(), _STAFF)
PEOPLE: Final = {"Office": "principal", _STAFF: "teacher"}
"""What the people of a unit are, for a configuration."""
_FIRST_ID: Final = 10**20
_OUTSIDE: Final = 2 * 10**20
_TRAILING_NUMBER: Final = re.compile(r"(\d+)@")
_ADMINISTRATORS: Final = frozenset({"districtAdministrator", "principal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleAccount:
    """A person's account. `place` is that of the user in the district."""

    id: str
    place: int
    email: str
    user: User

    @property
    def is_deleted(self) -> bool:
        return self.user.status is RecordStatus.TO_BE_DELETED

    @property
    def is_admin(self) -> bool:
        return any(role.role in _ADMINISTRATORS for role in self.user.roles)

    @property
    def name(self) -> Mapping[str, str]:
        given, family = self.user.given_name, self.user.family_name
        return {"givenName": given, "familyName": family, "fullName": f"{given} {family}"}


class GoogleAccounts:
    """Finds accounts by id, address or place."""

    def __init__(self, source: RosterSource, conditions: Callable[[], DomainConditions]) -> None:
        self._source = source
        self._conditions = conditions

    def at(self, place: int) -> GoogleAccount | None:
        """Return the account of a place, also a deleted one; `None` where none has been yet."""
        user = self._source.snapshot().at(Collection.USERS, place)
        if not isinstance(user, User):
            return None
        account_id = id_of_place(place)
        email = user.email or f"{account_id}@{PRIMARY_DOMAIN}"
        return GoogleAccount(id=account_id, place=place, email=email, user=user)

    def find(self, key: str) -> GoogleAccount | None:
        """Return the account of an id or address that is not deleted; `None` without one."""
        place = self._place_of(key)
        account = None if place is None else self.at(place)
        if account is None or account.is_deleted:
            return None
        return account if key.lower() in {account.id, account.email.lower()} else None

    def of_user(self, sourced_id: str) -> GoogleAccount | None:
        """Return the account of a user of the district."""
        place = self._source.snapshot().index_of(Collection.USERS, sourced_id)
        return None if place is None else self.at(place)

    def all(self, *, after: int = 0, deleted: bool = False) -> Iterator[tuple[int, GoogleAccount]]:
        """Yield accounts with their number (from 1), those behind a number."""
        for place in range(after, self._source.snapshot().size(Collection.USERS)):
            account = self.at(place)
            if account is not None and account.is_deleted is deleted:
                yield place + 1, account

    def administrator(self) -> GoogleAccount:
        """Return somebody who may do everything."""
        return next(account for _, account in self.all() if account.is_admin)

    def is_suspended(self, account: GoogleAccount) -> bool:
        return bool({account.id, account.user.sourced_id} & {*self._conditions().suspended})

    def is_archived(self, account: GoogleAccount) -> bool:
        return bool({account.id, account.user.sourced_id} & {*self._conditions().archived})

    def may_be_acted_for(self, key: str) -> bool:
        """Return whether a token can be had for an account."""
        account = self.find(key)
        return account is not None and not self.is_suspended(account)

    def org_unit(self, account: GoogleAccount) -> str:
        """Return the path of the org unit: the school's office, staff or students."""
        snapshot = self._source.snapshot()
        place = snapshot.index_of(Collection.ORGS, account.user.primary_org or "")
        org = None if place is None else snapshot.at(Collection.ORGS, place)
        if not isinstance(org, Org) or org.type == "district":
            return DISTRICT_OFFICE
        roles = {role.role for role in account.user.roles}
        unit = next((unit for role, unit in _UNITS.items() if role in roles), _STAFF)
        return f"{SCHOOLS}/{org.name}/{unit}"

    def schools(self) -> Iterator[str]:
        """Yield the paths of the schools."""
        snapshot = self._source.snapshot()
        for place in range(snapshot.size(Collection.ORGS)):
            org = snapshot.at(Collection.ORGS, place)
            if isinstance(org, Org) and org.type == "school":
                yield f"{SCHOOLS}/{org.name}"

    def _place_of(self, key: str) -> int | None:
        if key.isascii() and key.isdigit():
            return place_of_id(key)
        match = _TRAILING_NUMBER.search(key)
        if match is None or len(match[1]) > len(str(_FIRST_ID)):
            return None
        number = match[1]
        return place_of_id(number) if len(number) == len(str(_FIRST_ID)) else int(number) - 1


def id_of_place(place: int) -> str:
    return str(_FIRST_ID + place + 1)


def place_of_id(account_id: str) -> int | None:
    """Return the place behind an id; `None` for one of another domain or of none."""
    if not (account_id.isascii() and account_id.isdigit() and len(account_id) == 21):
        return None
    place = int(account_id) - _FIRST_ID - 1
    return place if 0 <= place < _FIRST_ID else None


def outsider(course: str, number: int) -> str:
    """Return the id of somebody of another domain: nothing else is known of such a person."""
    return str(_OUTSIDE + int(course) * 1_000 + number)


def deleted_owner(course: str) -> str:
    """Return the id of an owner whose account is not there any more."""
    return str(_OUTSIDE + int(course) * 1_000 + 999)
