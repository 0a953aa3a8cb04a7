"""The Directory: users, org units, customer and domains. Only administrators may list them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from zlib import crc32

from integration_tui.domain.roster import Collection, Org
from integration_tui.sandbox.google_classroom import scopes
from integration_tui.sandbox.google_classroom.api import GoogleCall, GoogleMethod
from integration_tui.sandbox.google_classroom.course_rows import moment
from integration_tui.sandbox.google_classroom.domain import ClassroomDomain
from integration_tui.sandbox.google_classroom.masks import shape
from integration_tui.sandbox.google_classroom.page_tokens import page
from integration_tui.sandbox.google_classroom.people import (
    CUSTOMER_ID,
    DISTRICT_OFFICE,
    PRIMARY_DOMAIN,
    SCHOOLS,
    UNITS_OF_A_SCHOOL,
    GoogleAccount,
)
from integration_tui.sandbox.google_classroom.refusals import (
    denied,
    invalid,
    not_found,
)

Keep = Callable[[GoogleAccount], bool]
_BY_DEFAULT: Final = 100
_SORTS: Final[Mapping[str, Callable[[GoogleAccount], str]]] = {
    "email": lambda account: account.email.lower(),
    "familyName": lambda account: account.user.family_name.lower(),
    "givenName": lambda account: account.user.given_name.lower(),
}
_CLAUSE: Final = re.compile(r"(\w+)([=:])('[^']*'|\S+)")
_DOMAINS: Final = (PRIMARY_DOMAIN, f"staff.{PRIMARY_DOMAIN}", f"students.{PRIMARY_DOMAIN}")
_FOUNDED: Final = datetime(2019, 7, 1, 15, tzinfo=UTC)
_CUSTOMER: Final = shape(
    "kind id etag customerDomain alternateEmail customerCreationTime language phoneNumber",
    postalAddress=shape("organizationName countryCode"),
)
_DOMAIN: Final = shape("kind domainName isPrimary verified creationTime etag domainAliases")
_UNIT: Final = shape(
    "kind name description etag blockInheritance orgUnitId orgUnitPath parentOrgUnitId"
    " parentOrgUnitPath"
)
_USER: Final = shape(
    "kind id etag primaryEmail isAdmin isDelegatedAdmin lastLoginTime creationTime deletionTime"
    " agreedToTerms suspended suspensionReason archived changePasswordAtNextLogin ipWhitelisted"
    " customerId orgUnitPath isMailboxSetup includeInGlobalAddressList",
    name=shape("givenName familyName fullName displayName"),
    emails=shape("address primary type customType"),
    externalIds=shape("value type customType"),
)


class DirectoryMethods:
    """The methods of `users`, `orgunits`, `customers` and `domains` that read."""

    def __init__(self, domain: ClassroomDomain) -> None:
        self._domain = domain

    def methods(self) -> Sequence[GoogleMethod]:
        """Return them with their paths, scopes and parameters."""
        one, units = "projection customFieldMask viewType", "customer/{customerId}/orgunits"
        method, users = GoogleMethod.directory, shape("kind etag nextPageToken", users=_USER)
        return [
            method("users", "users.list", scopes.USERS, self._users, known=users,
                   params=f"{one} customer domain maxResults pageToken orderBy sortOrder"
                   " showDeleted query"),
            method("users/{userKey}", "users.get", scopes.USERS, self._user, params=one,
                   known=_USER),
            method(units, "orgunits.list", scopes.ORG_UNITS, self._units,
                   params="orgUnitPath type", known=shape("kind etag", organizationUnits=_UNIT)),
            method(f"{units}/{{+orgUnitPath}}", "orgunits.get", scopes.ORG_UNITS, self._unit,
                   known=_UNIT),
            method("customers/{customerKey}", "customers.get", scopes.CUSTOMERS, self._customer,
                   known=_CUSTOMER),
            method("customer/{customer}/domains", "domains.list", scopes.DOMAINS, self._domains,
                   known=shape("kind etag", domains=_DOMAIN)),
        ]  # fmt: skip

    def _users(self, call: GoogleCall) -> Mapping[str, object]:
        self._check_rights(call)
        keep, deleted = self._kept(call), call.text("showDeleted") == "true"
        is_full = call.text("projection") in {"full", "custom"}

        def rows(after: int) -> Iterator[tuple[int, GoogleAccount]]:
            found = self._sorted(call, deleted=deleted, after=after)
            return ((number, account) for number, account in found if keep(account))

        conditions = self._domain.conditions
        size = min(_results(call), conditions.users_page)
        asked = call.page(self._domain, size=size, life_s=conditions.page_token_life_s)
        accounts, following = page(asked, rows)
        found = [self._row(account, is_full=is_full) for account in accounts]
        answer = {"kind": "admin#directory#users", "etag": _etag(found)}
        return {**answer, **({"users": found} if found else {}), **following}

    def _sorted(
        self, call: GoogleCall, *, deleted: bool, after: int
    ) -> Iterator[tuple[int, GoogleAccount]]:
        order = call.text("orderBy")
        if not order:
            return self._domain.accounts.all(after=after, deleted=deleted)
        if order not in _SORTS:
            raise invalid("Invalid Input: orderBy")
        accounts = [account for _, account in self._domain.accounts.all(deleted=deleted)]
        accounts.sort(key=_SORTS[order], reverse=call.text("sortOrder") == "DESCENDING")
        return iter([*enumerate(accounts, 1)][after:])

    def _kept(self, call: GoogleCall) -> Keep:
        """Return which accounts a list is about. Raises `GoogleRefusedError`."""
        customer, domain = call.text("customer"), call.text("domain")
        if not customer and not domain:
            raise invalid("Bad Request")
        if customer:
            _check_customer(customer)
        if domain and domain not in _DOMAINS:
            raise not_found("Resource Not Found: domain")
        clauses = self._clauses(call.text("query"))
        ending = f"@{domain}" if domain else ""
        return lambda account: (
            account.email.endswith(ending) and all(clause(account) for clause in clauses)
        )

    def _clauses(self, query: str) -> Sequence[Keep]:
        if _CLAUSE.sub("", query).strip():
            raise invalid("Invalid Input: query")
        return [
            self._clause(name, sign, value.strip("'"))
            for name, sign, value in _CLAUSE.findall(query)
        ]

    def _clause(self, name: str, sign: str, value: str) -> Keep:
        readers: Mapping[str, Callable[[GoogleAccount], str]] = {
            "orgUnitPath": self._domain.accounts.org_unit,
            "isSuspended": lambda account: str(self._domain.accounts.is_suspended(account)).lower(),
            "externalId": lambda account: account.user.identifier or "",
            **_SORTS,
        }
        if name not in readers:
            raise invalid("Invalid Input: query")
        read, wanted = readers[name], value.lower().removesuffix("*")
        if sign == ":" or value.endswith("*") or name == "orgUnitPath":
            return lambda account: read(account).lower().startswith(wanted)
        return lambda account: read(account).lower() == wanted

    def _user(self, call: GoogleCall) -> Mapping[str, object]:
        self._check_rights(call)
        account = self._domain.accounts.find(call.path["userKey"])
        if account is None:
            raise not_found("Resource Not Found: userKey")
        return self._row(account, is_full=call.text("projection") in {"full", "custom"})

    def _row(self, account: GoogleAccount, *, is_full: bool) -> Mapping[str, object]:
        accounts, user = self._domain.accounts, account.user
        is_suspended = accounts.is_suspended(account)
        row: dict[str, object] = {
            "kind": "admin#directory#user",
            "id": account.id,
            "etag": _etag(user),
            "primaryEmail": account.email,
            "name": account.name,
            "isAdmin": account.is_admin,
            "isDelegatedAdmin": False,
            "creationTime": moment(_FOUNDED),
            "agreedToTerms": True,
            "suspended": is_suspended,
            "archived": accounts.is_archived(account),
            "changePasswordAtNextLogin": False,
            "ipWhitelisted": False,
            "emails": [{"address": account.email, "primary": True}],
            "customerId": CUSTOMER_ID,
            "orgUnitPath": accounts.org_unit(account),
            "isMailboxSetup": True,
            "includeInGlobalAddressList": True,
        }
        if is_suspended:
            row["suspensionReason"] = "ADMIN"
        if account.is_deleted and user.modified_at is not None:
            row["deletionTime"] = moment(user.modified_at)
        if is_full:
            row["externalIds"] = [
                {"value": user.identifier, "type": "organization"},
                {"value": user.sourced_id, "type": "custom", "customType": "sourcedId"},
            ]
        return row

    def _units(self, call: GoogleCall) -> Mapping[str, object]:
        self._check_rights(call)
        _check_customer(call.path["customerId"])
        kind, parent = call.text("type") or "children", call.text("orgUnitPath").rstrip("/") or "/"
        if kind not in {"all", "children", "allIncludingParent"}:
            raise invalid("Invalid Input: type")
        inside = "/" if parent == "/" else f"{parent}/"
        found = [
            unit
            for path, unit in self._tree().items()
            if (
                path.startswith(inside)
                and path != "/"
                and (kind != "children" or "/" not in path.removeprefix(inside))
            )
            or (kind == "allIncludingParent" and path == parent)
        ]
        answer = {"kind": "admin#directory#orgUnits", "etag": _etag(found)}
        return {**answer, **({"organizationUnits": found} if found else {})}

    def _unit(self, call: GoogleCall) -> Mapping[str, object]:
        self._check_rights(call)
        _check_customer(call.path["customerId"])
        asked = call.path["orgUnitPath"]
        by_id = {unit["orgUnitId"]: unit for unit in self._tree().values()}
        found = by_id.get(asked) or self._tree().get(f"/{asked.strip('/')}")
        if found is None:
            raise not_found("Resource Not Found: orgUnitPath")
        return found

    def _tree(self) -> Mapping[str, Mapping[str, object]]:
        """Return the org units by their path."""
        paths = ["/", DISTRICT_OFFICE, SCHOOLS]
        for school in self._domain.accounts.schools():
            paths += [school, *(f"{school}/{unit}" for unit in UNITS_OF_A_SCHOOL)]
        return {path: _unit_row(path) for path in paths}

    def _customer(self, call: GoogleCall) -> Mapping[str, object]:
        self._check_rights(call)
        _check_customer(call.path["customerKey"])
        district = self._domain.source.snapshot().at(Collection.ORGS, 0)
        name = district.name if isinstance(district, Org) else "District"
        return {
            "kind": "admin#directory#customer",
            "id": CUSTOMER_ID,
            "etag": _etag(name),
            "customerDomain": PRIMARY_DOMAIN,
            "alternateEmail": "office@alternate.example",
            "customerCreationTime": moment(_FOUNDED),
            "language": "en",
            "postalAddress": {"organizationName": name, "countryCode": "US"},
        }

    def _domains(self, call: GoogleCall) -> Mapping[str, object]:
        self._check_rights(call)
        _check_customer(call.path["customer"])
        rows = [
            {
                "kind": "admin#directory#domain",
                "domainName": name,
                "isPrimary": name == PRIMARY_DOMAIN,
                "verified": True,
                # An int64 is a text in JSON.
                "creationTime": str(int(_FOUNDED.timestamp() * 1000)),
                "etag": _etag(name),
            }
            for name in _DOMAINS
        ]
        return {"kind": "admin#directory#domains", "etag": _etag(rows), "domains": rows}

    def _check_rights(self, call: GoogleCall) -> None:
        if self._domain.conditions.directory_denied or not call.is_admin:
            raise denied("Not Authorized to access this resource/api")


def _unit_row(path: str) -> Mapping[str, object]:
    above, _, name = path.rpartition("/")
    row: dict[str, object] = {
        "kind": "admin#directory#orgUnit",
        "name": name or "/",
        "etag": _etag(path),
        "blockInheritance": False,
        "orgUnitId": _unit_id(path),
        "orgUnitPath": path,
    }
    if path != "/":
        row |= {"parentOrgUnitPath": above or "/", "parentOrgUnitId": _unit_id(above or "/")}
    return row


def _unit_id(path: str) -> str:
    return f"id:03ph8a2z{crc32(path.encode()):08x}"


def _results(call: GoogleCall) -> int:
    """Return `maxResults`. Raises `GoogleRefusedError`."""
    size = call.number("maxResults")
    if not call.text("maxResults"):
        return _BY_DEFAULT
    if not 1 <= size <= 500:
        raise invalid(f"Invalid value '{size}'. Values must be within the range: [1, 500]")
    return size


def _check_customer(key: str) -> None:
    if key not in {"my_customer", CUSTOMER_ID}:
        raise not_found("Resource Not Found: customer")


def _etag(value: object) -> str:
    return f'"{crc32(repr(value).encode()):08x}"'
