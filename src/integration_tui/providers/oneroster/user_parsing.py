"""OneRoster JSON of people: users of 1.1 and of 1.2 become the same, and demographics."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from integration_tui.domain.roster import Demographics, Role, User, UserId
from integration_tui.providers.oneroster.field_parsing import (
    NOTHING,
    DoubtError,
    Flag,
    JsonModel,
    MaybeRef,
    MaybeRefs,
    MaybeText,
    MaybeWord,
    Ref,
    Required,
    String,
    Text,
    Words,
    day,
    flag,
    id_of,
    ids,
    modified,
    sourced_id,
    status,
    text,
    word,
    words,
)

ROLES: Final[Mapping[str, str]] = {
    literal.lower(): literal
    for literal in (
        "administrator", "aide", "counselor", "districtAdministrator", "guardian", "parent",
        "principal", "proctor", "relative", "siteAdministrator", "student",
        "systemAdministrator", "teacher",
    )
}  # fmt: skip
"""Both versions' words by their small letters. Which of 1.2's kinds an `administrator` of 1.1
is cannot be known, so that the word is kept."""


class _Role(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    role: Required
    org: Ref
    role_type: MaybeText = UNSET
    begin_date: MaybeWord = UNSET
    end_date: MaybeWord = UNSET


@lru_cache(maxsize=4096)
def _role(role: str, org: str, kind: MaybeText, begins_on: MaybeWord, ends_on: MaybeWord) -> Role:
    """Return a role, of which a school has few different ones."""
    return Role(
        role=word(role, ROLES),
        org=sourced_id(org),
        type=text(kind) or "primary",
        begins_on=day(begins_on),
        ends_on=day(ends_on),
    )


class _UserId(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    type: Text = UNSET
    identifier: Text = UNSET


class UserJson(JsonModel, frozen=True, kw_only=True, rename="camel", gc=False):
    """A user of either version."""

    given_name: String
    family_name: String
    username: MaybeText = UNSET
    email: MaybeText = UNSET
    identifier: MaybeText = UNSET
    enabled_user: Flag = UNSET
    roles: list[_Role] | UnsetType | None = UNSET
    role: MaybeText = UNSET
    orgs: MaybeRefs = UNSET
    grades: Words = UNSET
    primary_org: MaybeRef = UNSET
    middle_name: MaybeText = UNSET
    preferred_first_name: MaybeText = UNSET
    preferred_middle_name: MaybeText = UNSET
    preferred_last_name: MaybeText = UNSET
    pronouns: MaybeText = UNSET
    sms: MaybeText = UNSET
    phone: MaybeText = UNSET
    agents: MaybeRefs = UNSET
    user_ids: list[_UserId] | UnsetType | None = UNSET
    user_master_identifier: MaybeText = UNSET

    def record(self) -> User:
        sid, given, family = self.sourced_id, self.given_name, self.family_name
        if sid.strip() is not sid or sid in NOTHING or given in NOTHING or family in NOTHING:
            raise DoubtError
        # Most of these are missing, and asking here instead of in `text` is once a person.
        username, email, phone = self.username, self.email, self.phone
        identifier, middle, master = self.identifier, self.middle_name, self.user_master_identifier
        first, second, last = (
            self.preferred_first_name, self.preferred_middle_name, self.preferred_last_name,
        )  # fmt: skip
        pronouns, sms = self.pronouns, self.sms
        return User(
            sourced_id=sid,
            status=status(self.status),
            modified_at=modified(self.date_last_modified),
            given_name=given,
            family_name=family,
            username=text(username) if username else None,
            email=text(email) if email else None,
            identifier=text(identifier) if identifier else None,
            enabled=flag(self.enabled_user) is not False,
            roles=self._roles(),
            grades=words(self.grades) if self.grades else (),
            primary_org=id_of(self.primary_org) if self.primary_org else None,
            middle_name=text(middle) if middle else None,
            preferred_given_name=text(first) if first else None,
            preferred_middle_name=text(second) if second else None,
            preferred_family_name=text(last) if last else None,
            pronouns=text(pronouns) if pronouns else None,
            sms=text(sms) if sms else None,
            phone=text(phone) if phone else None,
            agents=ids(self.agents) if self.agents else (),
            user_ids=self._user_ids() if self.user_ids else (),
            master_identifier=text(master) if master else None,
        )

    def parts(self) -> int:
        found = len(self.roles) if self.roles else 0
        if self.agents:
            found += len(self.agents)
        if self.user_ids:
            found += len(self.user_ids)
        return found + len(self.orgs) if self.orgs else found

    def _roles(self) -> tuple[Role, ...]:
        if self.roles:
            return tuple(
                [
                    _role(
                        role.role,
                        role.org.sourced_id,
                        role.role_type,
                        role.begin_date,
                        role.end_date,
                    )
                    for role in self.roles
                ]
            )
        if not self.role:
            return ()
        role = word(self.role, ROLES)
        if not self.orgs:
            raise DoubtError
        # OneRoster 1.1 has one role at several orgs.
        return tuple(
            Role(role=role, org=org, type="secondary" if number else "primary")
            for number, org in enumerate(ids(self.orgs))
        )

    def _user_ids(self) -> tuple[UserId, ...]:
        found: list[UserId] = []
        for record_id in self.user_ids or ():
            kind = text(record_id.type) or ""
            if identifier := text(record_id.identifier):
                found.append(UserId(type=kind, identifier=identifier))
        return tuple(found)


class DemographicsJson(JsonModel, frozen=True, kw_only=True, rename="camel", gc=False):
    """What a state asks about a person."""

    birth_date: MaybeWord = UNSET
    sex: MaybeText = UNSET
    american_indian_or_alaska_native: Flag = UNSET
    asian: Flag = UNSET
    black_or_african_american: Flag = UNSET
    native_hawaiian_or_other_pacific_islander: Flag = UNSET
    white: Flag = UNSET
    demographic_race_two_or_more_races: Flag = UNSET
    hispanic_or_latino_ethnicity: Flag = UNSET
    country_of_birth_code: MaybeText = UNSET
    state_of_birth_abbreviation: MaybeText = UNSET
    city_of_birth: MaybeText = UNSET
    public_school_residence_status: MaybeText = UNSET

    def record(self) -> Demographics:
        return Demographics(
            sourced_id=sourced_id(self.sourced_id),
            status=status(self.status),
            modified_at=modified(self.date_last_modified),
            birth_date=day(self.birth_date),
            sex=text(self.sex),
            american_indian_or_alaska_native=flag(self.american_indian_or_alaska_native),
            asian=flag(self.asian),
            black_or_african_american=flag(self.black_or_african_american),
            native_hawaiian_or_other_pacific_islander=flag(
                self.native_hawaiian_or_other_pacific_islander
            ),
            white=flag(self.white),
            demographic_race_two_or_more_races=flag(self.demographic_race_two_or_more_races),
            hispanic_or_latino_ethnicity=flag(self.hispanic_or_latino_ethnicity),
            country_of_birth_code=text(self.country_of_birth_code),
            state_of_birth_abbreviation=text(self.state_of_birth_abbreviation),
            city_of_birth=text(self.city_of_birth),
            public_school_residence_status=text(self.public_school_residence_status),
        )
