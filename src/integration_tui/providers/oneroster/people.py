"""OneRoster JSON of people: users of 1.1 and of 1.2 become the same, and demographics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from integration_tui.domain.roster import Demographics, Role, User, UserId
from integration_tui.providers.oneroster.fields import (
    Flag,
    Ref,
    Text,
    Wire,
    Words,
    day,
    flag,
    id_of,
    ids,
    moment,
    status,
    text,
    word,
    words,
)

ROLES: Final[Mapping[str, str]] = {
    one.lower(): one
    for one in (
        "administrator", "aide", "counselor", "districtAdministrator", "guardian", "parent",
        "principal", "proctor", "relative", "siteAdministrator", "student",
        "systemAdministrator", "teacher",
    )
}  # fmt: skip
"""Both versions' words by their small letters. Which of 1.2's kinds an `administrator` of 1.1
is cannot be known, so that the word is kept."""


class _Role(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    role: str
    org: Ref
    role_type: str | None = None
    begin_date: str | None = None
    end_date: str | None = None

    def ours(self) -> Role:
        return Role(
            role=word(self.role, ROLES),
            org=self.org.sourced_id,
            type=self.role_type or "primary",
            begins_on=day(self.begin_date),
            ends_on=day(self.end_date),
        )


class _Agent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """Who cannot be told is left out: a child is not put aside for it."""

    sourced_id: str | None = None


class _UserId(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    type: Text = None
    identifier: Text = None


class UserJson(Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    given_name: str
    family_name: str
    username: Text = None
    email: str | None = None
    identifier: Text = None
    enabled_user: Flag = None
    roles: Sequence[_Role] | None = None
    role: str | None = None
    orgs: Sequence[Ref] | None = None
    grades: Words = None
    primary_org: Ref | None = None
    middle_name: str | None = None
    preferred_first_name: str | None = None
    preferred_middle_name: str | None = None
    preferred_last_name: str | None = None
    pronouns: str | None = None
    sms: Text = None
    phone: Text = None
    agents: Sequence[_Agent] | None = None
    user_ids: Sequence[_UserId] | None = None
    user_master_identifier: Text = None

    def record(self) -> User:
        return User(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
            given_name=self.given_name,
            family_name=self.family_name,
            username=text(self.username),
            email=text(self.email),
            identifier=text(self.identifier),
            enabled=flag(self.enabled_user) is not False,
            roles=self._roles(),
            grades=words(self.grades),
            primary_org=id_of(self.primary_org),
            middle_name=text(self.middle_name),
            preferred_given_name=text(self.preferred_first_name),
            preferred_middle_name=text(self.preferred_middle_name),
            preferred_family_name=text(self.preferred_last_name),
            pronouns=text(self.pronouns),
            sms=text(self.sms),
            phone=text(self.phone),
            agents=self._agents(),
            user_ids=self._user_ids(),
            master_identifier=text(self.user_master_identifier),
        )

    def _roles(self) -> tuple[Role, ...]:
        if self.roles:
            return tuple([one.ours() for one in self.roles])
        # OneRoster 1.1 has one role at several orgs.
        return tuple(
            Role(role=word(self.role, ROLES), org=org, type="secondary" if number else "primary")
            for number, org in enumerate(ids(self.orgs))
            if self.role
        )

    def _agents(self) -> tuple[str, ...]:
        return tuple(one.sourced_id for one in self.agents or () if one.sourced_id)

    def _user_ids(self) -> tuple[UserId, ...]:
        if not self.user_ids:
            return ()
        found = ((text(one.type), text(one.identifier)) for one in self.user_ids)
        return tuple(UserId(type=kind or "", identifier=one) for kind, one in found if one)


class DemographicsJson(Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    birth_date: str | None = None
    sex: str | None = None
    american_indian_or_alaska_native: Flag = None
    asian: Flag = None
    black_or_african_american: Flag = None
    native_hawaiian_or_other_pacific_islander: Flag = None
    white: Flag = None
    demographic_race_two_or_more_races: Flag = None
    hispanic_or_latino_ethnicity: Flag = None
    country_of_birth_code: str | None = None
    state_of_birth_abbreviation: str | None = None
    city_of_birth: str | None = None
    public_school_residence_status: str | None = None

    def record(self) -> Demographics:
        return Demographics(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
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
