"""A check asks two APIs; where one refuses, the other is not left under way."""

import asyncio

import pytest

from integration_tui.domain.errors import CredentialsError
from integration_tui.providers.google_classroom import SPEC
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.google_classroom.token_endpoint import REFRESH_TOKEN
from integration_tui.sandbox.served_system import CLIENT, SECRET
from integration_tui.testing.host import FakeHost
from tests.sandbox.google_classroom.fixtures import Domain, domain


def config(one: Domain) -> GoogleClassroomConfig:
    return GoogleClassroomConfig.model_validate(
        {
            "name": "classroom",
            "type": "google_classroom",
            "base_url": one.base_url,
            "directory_url": one.base_url,
            "auth": {
                "type": "oauth2_authorization_code",
                "token_url": one.connection.token_url,
                "client_id": CLIENT,
                "client_secret": "env:SECRET",
                "refresh_token": "env:REFRESH",
            },
        }
    )


async def test_a_refused_check_leaves_nothing_under_way() -> None:
    host = FakeHost({"SECRET": SECRET, "REFRESH": REFRESH_TOKEN})
    slow = FaultRule(fault=Fault.SLOW, path="*/users", times=None, delay_s=0.3)
    refused = FaultRule(
        fault=Fault.STATUS, path="*/token", status=400, body='{"error": "invalid_grant"}'
    )

    async with domain() as one:
        connector = SPEC.build(config(one), host.context())
        await connector.connect()
        await connector.check()
        before = asyncio.all_tasks()
        one.system.tokens.revoke()
        one.system.faults.play(refused, slow)
        with pytest.raises(CredentialsError):
            await connector.check()
        left = {task for task in asyncio.all_tasks() - before if "problem" in repr(task)}
        await connector.disconnect()

    assert left == set()
