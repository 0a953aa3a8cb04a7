"""A test: step by step, over a line of its own, leaving nothing behind."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import CredentialsError, ForbiddenError, SecretError
from integration_tui.domain.health.status import HealthFinding, StepResult, StepStatus
from integration_tui.domain.paging import Cursor, Duplicate, Page, Rejected
from integration_tui.domain.provider import Capability, ConnectionStep, Connector, ProviderContext
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.secret import SecretRef
from integration_tui.domain.value import replace
from integration_tui.engine.connection_test import ConnectionTest, secrets_in
from integration_tui.engine.connectors.factory import ConnectorFactory
from integration_tui.engine.connectors.pool import ConnectionPool
from integration_tui.providers.catalog import Catalog
from integration_tui.providers.mock.presets import mock, quick
from integration_tui.settings import load_settings
from tests.engine.export.test_reader import LISTS, Lister, Listing, last, listing, org
from tests.engine.fake_connectors import Puppet, PuppetConnector, host, spec

PASSED, FAILED, SKIPPED = StepStatus.PASSED, StepStatus.FAILED, StepStatus.SKIPPED


class Stepped(Lister):
    """Goes step by step; `bad` is refused, and `number` is none."""

    def __init__(self, listings: Mapping[Collection, Listing], names: Sequence[str]) -> None:
        super().__init__(listings)
        self._names = names

    def steps(self) -> Sequence[ConnectionStep]:
        return [ConnectionStep(name=name, run=self._run(name)) for name in self._names]

    def _run(self, name: str) -> Callable[[], Awaitable[str]]:
        async def run() -> str:
            if name == "bad":
                raise CredentialsError("refused")
            return 5 if name == "number" else f"{name} is fine"  # type: ignore[return-value]  # on purpose

        return run


def short(rows: int, total: int | None = None) -> Page[Record]:
    """A page with more behind it."""
    return Page(rows=tuple(map(org, range(rows))), next=Cursor("on"), total=total)


async def tried(
    config: ProviderConfig,
    folder: Path,
    puppet: Puppet | None = None,
    *,
    listings: Mapping[Collection, Listing] | None = None,
    steps: Sequence[str] = (),
    tell: list[str] | None = None,
    slept: list[float] | None = None,
) -> list[StepResult]:
    def build(_config: ProviderConfig, _context: ProviderContext) -> Connector:
        if listings is None:
            return PuppetConnector(puppet or Puppet())
        lister = Stepped(listings, steps) if steps else Lister(listings)
        lister._puppet = puppet or Puppet()
        return lister

    def no_secret(ref: SecretRef) -> None:
        raise SecretError(f"the secret {ref} cannot be had", advice="export it")

    environ = {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder)}

    async def sleep(seconds: float) -> None:
        (slept if slept is not None else []).append(seconds)

    machine = replace(host(), secret=no_secret, sleep=sleep)  # type: ignore[arg-type]  # it never returns
    able = frozenset({Capability.EXTERNAL_SYSTEM}) if listings is None else LISTS
    catalog = Catalog(extra=[spec("puppet", build, able)])
    factory = ConnectorFactory(catalog, load_settings(environ=environ), machine)
    pool = ConnectionPool(factory, close_s=0.2)
    heard: list[str] = [] if tell is None else tell
    results = await ConnectionTest(pool, machine).run(config, lambda step: heard.append(step.name))
    await pool.settled()
    assert len(pool) == 0
    return results


def puppet_config(**more: object) -> ProviderConfig:
    return ProviderConfig.model_validate({"name": "lincoln", "type": "puppet", **more})


def results(steps: list[StepResult]) -> list[tuple[str, StepStatus]]:
    return [(step.name, step.status) for step in steps]


async def test_all_legs_of_a_roster_pass(tmp_path: Path) -> None:
    steps = await tried(quick(), tmp_path)

    names = ["configuration", "connect", "authenticate", "check", "metadata"]
    names += ["orgs", "academic sessions", "courses", "classes", "users", "enrollments"]
    assert results(steps) == [(name, PASSED) for name in names]
    assert all(step.latency_ms is not None for step in steps[1:])
    assert re.fullmatch(r"100 of 300; [\d,]+ records/s", steps[-2].detail)


async def test_what_a_type_does_not_declare_is_no_leg(tmp_path: Path) -> None:
    steps = await tried(puppet_config(), tmp_path)

    assert [step.name for step in steps] == ["configuration", "connect", "check", "metadata"]


async def test_an_account_of_the_config_is_named_and_no_other_address(tmp_path: Path) -> None:
    puppet, error = Puppet(), CredentialsError("no active account admin@school.test")
    error.advice = "set auth.subject to another one than ana@school.test, not admin@school.test"
    error.accounts = ("admin@school.test",)
    puppet.fails_with(error)

    steps = await tried(puppet_config(), tmp_path, puppet)

    failed = next(step for step in steps if step.status is StepStatus.FAILED)
    assert failed.detail == "no active account admin@school.test"
    assert failed.advice == "set auth.subject to another one than •••, not admin@school.test"


async def test_what_follows_a_failed_leg_is_skipped(tmp_path: Path) -> None:
    puppet = Puppet()
    puppet.fails_with(CredentialsError("refused", advice="renew them"))

    steps = await tried(puppet_config(), tmp_path, puppet)

    assert results(steps)[1:] == [("connect", FAILED), ("check", SKIPPED), ("metadata", SKIPPED)]
    assert (steps[1].detail, steps[1].advice) == ("refused", "renew them")
    assert puppet.disconnects == 1


async def test_a_secret_that_is_not_there_fails_before_anything_is_asked(tmp_path: Path) -> None:
    steps = await tried(mock(auth={"secret": "env:NOT_THERE"}), tmp_path)

    assert steps[0].status is FAILED
    assert steps[0].detail == "the secret env:NOT_THERE cannot be had"
    assert {step.status for step in steps[1:]} == {SKIPPED}


async def test_a_type_that_is_not_there_fails_the_first_leg(tmp_path: Path) -> None:
    config = ProviderConfig.model_validate({"name": "lincoln", "type": "abacus"})

    steps = await tried(config, tmp_path)

    assert steps[0].status is FAILED
    assert "unknown provider type abacus" in steps[0].detail


async def test_a_leg_that_hangs_ends(tmp_path: Path) -> None:
    puppet = Puppet(connect=lambda: asyncio.sleep(3600))

    steps = await tried(puppet_config(health={"timeout_ms": 100}), tmp_path, puppet)

    assert steps[1].detail == "no answer within 0.1 s"


async def test_a_connectors_own_steps_come_first_and_take_the_place_of_authenticate(
    tmp_path: Path,
) -> None:
    steps = await tried(puppet_config(), tmp_path, listings={}, steps=("name", "TLS", "token"))

    names = ["configuration", "name", "TLS", "token", "connect", "check", "metadata"]
    assert [step.name for step in steps][: len(names)] == names
    assert steps[2].detail == "TLS is fine"


async def test_a_step_that_fails_skips_the_connection_and_all_behind_it(tmp_path: Path) -> None:
    steps = await tried(puppet_config(), tmp_path, listings={}, steps=("name", "bad", "token"))

    assert results(steps)[1:5] == [
        ("name", PASSED),
        ("bad", FAILED),
        ("token", SKIPPED),
        ("connect", SKIPPED),
    ]
    assert {step.status for step in steps[3:]} == {SKIPPED}


async def test_a_step_that_is_none_is_the_connectors_bug(tmp_path: Path) -> None:
    steps = await tried(puppet_config(), tmp_path, listings={}, steps=("name", "number"))

    assert steps[2].status is FAILED
    assert steps[2].detail == "its connector failed: a step returned int"


async def test_a_collection_that_fails_leaves_the_others_their_turn(tmp_path: Path) -> None:
    refused = ForbiddenError("the scope does not allow this", advice="ask for another scope")

    steps = await tried(puppet_config(), tmp_path, listings={Collection.USERS: listing(refused)})

    by_name = {step.name: step for step in steps}
    assert (by_name["users"].status, by_name["users"].advice) == (FAILED, "ask for another scope")
    assert by_name["enrollments"].status is PASSED


async def test_a_check_that_fails_is_no_reason_not_to_look_at_the_collections(
    tmp_path: Path,
) -> None:
    async def fail() -> HealthFinding:
        raise ForbiddenError("no")

    steps = await tried(puppet_config(), tmp_path, Puppet(check=fail), listings={})

    by_name = {step.name: step.status for step in steps}
    assert (by_name["check"], by_name["metadata"], by_name["orgs"]) == (FAILED, PASSED, PASSED)


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ((last(org(1), total=1),), "1 of 1"),
        ((last(org(1)),), "1, total unknown"),
        ((short(20, total=50),), "20 of 50; pages of 20, requested 100"),
        ((short(20), last(org(99))), "20, total unknown; pages of 20, requested 100"),
        ((short(20), last()), "20, total unknown"),
        (
            (replace(short(99, total=150), duplicates=(Duplicate(sourced_id="o1"),)),),
            "100 of 150; 1 duplicates, such as o1",  # which are on the page, too
        ),
        (
            (last(org(1), rejected=(Rejected(sourced_id="x", reason="name is missing"),)),),
            "2, total unknown; 1 quarantined: name is missing",
        ),
        (
            (Page(rows=(), reason="the file is not there"),),
            "0, total unknown; the file is not there",
        ),
    ],
    ids=["all", "no total", "clamped", "silent", "short", "doubles", "quarantined", "incomplete"],
)
async def test_a_collections_first_page_says_what_there_is(
    tmp_path: Path, pages: Sequence[Page[Record]], told: str
) -> None:
    steps = await tried(puppet_config(), tmp_path, listings={Collection.ORGS: listing(*pages)})

    step = next(step for step in steps if step.name == "orgs")
    assert re.sub(r"; [\d,]+ records/s", "", step.detail) == told


async def test_a_listing_without_any_page_is_the_connectors_bug(tmp_path: Path) -> None:
    steps = await tried(puppet_config(), tmp_path, listings={Collection.ORGS: listing()})

    step = next(step for step in steps if step.name == "orgs")
    assert (step.status, step.detail) == (FAILED, "no pages")
    assert "bug in the connector" in step.advice


async def test_each_leg_is_told_as_soon_as_it_is_over(tmp_path: Path) -> None:
    heard: list[str] = []

    async def slow() -> None:
        assert heard == ["configuration"]

    steps = await tried(puppet_config(), tmp_path, Puppet(connect=slow), tell=heard)

    assert heard == [step.name for step in steps]
    assert {step.status for step in steps} == {PASSED}


def test_secrets_are_found_however_deep_they_are() -> None:
    config = mock(auth={"secret": "env:DEEP"})

    assert [str(ref) for ref in secrets_in(config)] == ["env:DEEP"]
    assert [str(ref) for ref in secrets_in({"a": (SecretRef.parse("file:/x"),)})] == ["file:/x"]
