"""The contract of `integration_tui.testing` on every built-in provider, and their quality files."""

import tomllib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.resources import files

import pytest

from integration_tui.domain.provider import Connector
from integration_tui.domain.roster import Collection
from integration_tui.providers.canvas import SPEC as CANVAS
from integration_tui.providers.catalog import BUILT_IN, Catalog
from integration_tui.providers.google_classroom import SPEC as GOOGLE_CLASSROOM
from integration_tui.providers.mock import SPEC as MOCK
from integration_tui.providers.mock.presets import mock
from integration_tui.providers.oneroster import SPEC as ONEROSTER
from integration_tui.providers.oneroster_csv import SPEC as ONEROSTER_CSV
from integration_tui.providers.timeback import SPEC as TIMEBACK
from integration_tui.sandbox.oneroster import Dialect
from integration_tui.testing.contract import ProviderContract, ServedProvider
from tests.providers.canvas.fixtures import canvas
from tests.providers.google_classroom.fixtures import google
from tests.providers.mock.fixtures import World
from tests.providers.oneroster.fixtures import BAD_USERS, district
from tests.providers.oneroster_csv.fixtures import csv_files
from tests.providers.timeback.fixtures import timeback

RULES = {
    "connects-before-save",
    "reauthenticates",
    "stable-order-pages",
    "resumes-from-cursor",
    "honours-retry-after",
    "bounded-timeout",
    "redacts-secrets",
    "unknown-fields-tolerated",
    "bad-record-skipped",
    "check-is-cheap",
    "logs-once-when-down",
    "diagnostics",
}

SYNC = {"page_size": 10, "demographics": True}
ALL = tuple(Collection)


@asynccontextmanager
async def mock_district(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    config = mock(
        page_size=90,
        changes_per_hour=3600,
        scenario="dirty_data" if bad_records else "steady",
        latency={"median_ms": 5},
    )
    yield MOCK.build(config, World().context())


@asynccontextmanager
async def oneroster_server(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    raw = {Collection.USERS: BAD_USERS} if bad_records else {}
    async with district(dialect=Dialect(raw=raw), sync=SYNC) as running:
        yield running.connector


@asynccontextmanager
async def timeback_platform(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    raw = {Collection.USERS: BAD_USERS} if bad_records else {}
    async with timeback(dialect=Dialect(raw=raw), sync=SYNC) as connector:
        yield connector


class TestMock(ProviderContract):
    provider = ServedProvider(spec=MOCK, serve=mock_district, collections=ALL)


class TestOneRoster(ProviderContract):
    provider = ServedProvider(spec=ONEROSTER, serve=oneroster_server, collections=ALL)


class TestOneRosterCsv(ProviderContract):
    provider = ServedProvider(spec=ONEROSTER_CSV, serve=csv_files, collections=ALL)


class TestTimeBack(ProviderContract):
    provider = ServedProvider(spec=TIMEBACK, serve=timeback_platform, collections=ALL)


class TestGoogleClassroom(ProviderContract):
    provider = ServedProvider(
        spec=GOOGLE_CLASSROOM,
        serve=google,
        collections=(
            Collection.ORGS,
            Collection.CLASSES,
            Collection.USERS,
            Collection.ENROLLMENTS,
        ),
        paged=Collection.ENROLLMENTS,
    )


class TestCanvas(ProviderContract):
    provider = ServedProvider(spec=CANVAS, serve=canvas)


def test_no_built_in_type_is_forgotten() -> None:
    tested = {suite.provider.spec.key for suite in ProviderContract.__subclasses__()}

    assert tested == set(BUILT_IN)


@pytest.mark.parametrize("key", BUILT_IN)
def test_the_quality_file_answers_all_twelve_rules(key: str) -> None:
    folder = Catalog().spec(key).config_model.__module__.rpartition(".")[0]
    text = (files(import_module(folder)) / "quality.toml").read_text()

    rules = tomllib.loads(text)["rules"]

    assert set(rules) == RULES
    for rule in rules.values():
        assert rule["status"] in {"done", "exempt"}
        assert rule["note" if rule["status"] == "done" else "reason"]
