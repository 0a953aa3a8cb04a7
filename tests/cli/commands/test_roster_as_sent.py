"""`roster pull` from a server whose views leave out what they do not know, as Ed-Fi's do."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.testing.http_server import serve
from tests.providers.oneroster.fake_servers import ROWS, Json, Quirky, class_, enrollment, ref, user

PEOPLE, ODD, SEATS = 1123, 46, 120
SHAPES: tuple[Json, ...] = (
    {"grades": [None]},
    {"roles": [{"roleType": "primary", "role": None, "org": ref("s1")}]},
    {"agents": [None]},
    {"roles": [{"roleType": "primary", "role": "student", "org": None}]},
    {"familyName": None},
    {"grades": None, "agents": None, "userIds": [None], "email": None, "identifier": None},
)


def district() -> dict[str, list[Json]]:
    """Return 1,123 people, of whom 46 have shapes of null, and 120 enrollments of those."""
    people = [user(f"p{number:04}", "student", grades=["09"]) for number in range(PEOPLE)]
    for number in range(ODD):
        people[number * 24] = {**people[number * 24], **SHAPES[number % len(SHAPES)]}
    seats: list[Json] = [
        {**enrollment(f"n{number:03}", f"p{number % ODD * 24:04}", "c1"), "school": None}
        for number in range(SEATS)
    ]
    rooms = [{**class_("c1"), "grades": [None], "school": None}, class_("c2")]
    return {**{name: [*rows] for name, rows in ROWS.items()}, "users": people,
            "classes": rooms, "enrollments": seats}  # fmt: skip


async def test_nobody_of_an_edfi_district_is_dropped(
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**environ, "SIS_SECRET": "token"}.items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "out"
    words = ["roster", "pull", "sis", "--out", str(out), "--format", "jsonl", "--json"]
    async with serve(Quirky(rows=district())) as address:
        folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sis.yaml").write_text(
            f"name: sis\ntype: oneroster\nbase_url: {address}\n"
            "auth: {type: jwt, token: 'env:SIS_SECRET'}\nrate_limit: {requests: 100000}\n"
        )
        monkeypatch.setattr(sys, "argv", ["integration-tui", *words])
        code = await asyncio.to_thread(run, show_console)

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert found["complete"] is True
    counts = {
        found_one["collection"]: found_one["records"]
        for found_one in found["outcome"]["collections"]
    }
    assert (counts["users"], counts["enrollments"], counts["classes"]) == (PEOPLE, SEATS, 2)
    seats = [json.loads(line) for line in (out / "enrollments.jsonl").read_text().splitlines()]
    assert {seat["school"]["sourcedId"] for seat in seats} == {"s1"}
    people = (out / "users.jsonl").read_text().splitlines()
    assert len(people) == PEOPLE
