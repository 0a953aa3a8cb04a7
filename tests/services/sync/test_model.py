"""Whatever happens in whatever order, the store comes to hold what a simple model says.

The model is a dictionary a person: what we hold, and what the system said last, field by field.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration_tui.bootstrap import open_services
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection, User
from integration_tui.domain.roster_view import ManualEdit
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings, load_settings
from tests.conftest import ANA
from tests.orphans import assert_no_orphans
from tests.services.sync.fixtures import (
    NO_GRACE,
    SECRET,
    SIS,
    District,
    Syncing,
    document,
    serving,
    user,
    write,
)

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "4"))
USERS = Collection.USERS
RULES = NO_GRACE.replace("}}", "}, conflicts: {default: local}, guard: {floor: 1000}}")
FIELDS = ("status", "phone", "pronouns")
People = dict[str, dict[str, str | None]]

names = st.sampled_from(["p1", "p2", "p3"])
values = st.sampled_from(["a", "b"])
fields = st.sampled_from(["phone", "pronouns"])
steps = st.one_of(
    st.tuples(st.just("remote"), names, fields, values),
    st.tuples(st.just("leave"), names),
    st.tuples(st.just("edit"), names, fields, values),
    st.just(("sync",)),
    st.just(("crash",)),
    st.just(("undo",)),
)


@dataclass
class Model:
    """What the store is to hold. `done` are the changes of each applied run, newest last."""

    remote: dict[str, dict[str, str | None]] = field(default_factory=dict)
    ours: People = field(default_factory=dict)
    base: People = field(default_factory=dict)
    done: list[dict[tuple[str, str], tuple[str | None, str | None]]] = field(default_factory=list)

    def sync(self) -> None:
        changed: dict[tuple[str, str], tuple[str | None, str | None]] = {}
        for name in {*self.remote, *self.ours}:
            if name in self.ours:
                self._merge(name, changed)
            else:
                self.ours[name] = {"status": "active", **self.remote[name]}
                self.base[name] = dict(self.ours[name])
                changed[name, "status"] = ("inactive", "active")
        self.done.append(changed)

    def _merge(self, name: str, changed: dict[tuple[str, str], Any]) -> None:
        """Merge one person; both sides changed means that ours stays."""
        gone = name not in self.remote
        told = {"status": "inactive"} if gone else {"status": "active", **self.remote[name]}
        ours, base = self.ours[name], self.base[name]
        for one, theirs in told.items():
            if theirs != base[one] and ours[one] == base[one] != theirs:
                changed[name, one] = (ours[one], theirs)
                ours[one] = theirs
            base[one] = theirs

    def undo(self, run: int) -> None:
        back: dict[tuple[str, str], tuple[str | None, str | None]] = {}
        for (name, one), (before, after) in self.done[run].items():
            if self.ours[name][one] == after != before:
                self.ours[name][one] = before
                back[name, one] = (after, before)
        self.done.append(back)


@dataclass
class Play:
    """The model beside the real thing."""

    real: Syncing
    model: Model
    runs: list[int] = field(default_factory=list)

    async def do(self, step: tuple[str, ...]) -> None:
        match step:
            case ("remote", name, one, value):
                self._remote(name, one, value)
            case ("leave", name):
                if self.model.remote.pop(name, None) is not None:
                    self.real.district.drop(USERS, name)
            case ("edit", name, one, value):
                await self._edit(name, one, value)
            case ("sync",):
                await self._sync()
            case ("undo",):
                await self._undo()
        self.check()

    async def crash(self) -> None:
        """Begin a sync, and lose the process before it has come far."""
        self.real.publish()
        run = await self.real.services.sync.start(SyncRequest(integration_id=SIS), actor=ANA)
        await asyncio.sleep(0)
        self.runs.append(run.id)

    async def go_on(self) -> None:
        """Finish what was begun before the crash."""
        last = self.runs.pop()
        await self.real.services.sync.resume(cast("Any", last), actor=ANA)
        report = await self.real.services.sync.wait(cast("Any", last))
        assert report.run.status is RunStatus.PLANNED, report.run
        self._applied(await self.real.apply(report))

    def check(self) -> None:
        found = self.real.rows(
            "SELECT external_id, status, phone, pronouns FROM users WHERE external_id LIKE 'p_'"
        )
        assert {row[0]: dict(zip(FIELDS, row[1:], strict=True)) for row in found} == self.model.ours

    def _remote(self, name: str, one: str, value: str) -> None:
        person = self.model.remote.setdefault(name, {"phone": None, "pronouns": None})
        person[one] = value
        old = self.real.district.records[USERS].get(name)
        new = user(int(name[1:]) + 100, sourced_id=name) if old is None else old
        assert isinstance(new, User)
        self.real.district.put(USERS, new)
        self.real.district.change(USERS, name, **{one: value})

    async def _edit(self, name: str, one: str, value: str) -> None:
        if name not in self.model.ours:
            return
        ((number,),) = self.real.rows("SELECT id FROM users WHERE external_id = ?", name)
        edit = ManualEdit(
            collection=USERS, id=RecordId(number), field=one, value=value, reason="by hand"
        )
        await self.real.services.records.edit(edit, actor=ANA)
        self.model.ours[name][one] = value

    async def _sync(self) -> None:
        self._applied(await self.real.sync())

    async def _undo(self) -> None:
        if not self.runs:
            return
        run = await self.real.services.sync.undo(cast("Any", self.runs[-1]), actor=ANA)
        report = await self.real.services.sync.wait(run.id)
        if report.run.status is RunStatus.HELD:
            await self.real.approve(report)
        done = await self.real.apply(report)
        self.model.undo(len(self.runs) - 1)
        self.runs.append(done.run.id)

    def _applied(self, report: RunReport) -> None:
        assert report.run.status is RunStatus.APPLIED, report.run
        self.model.sync()
        self.runs.append(report.run.id)


async def play(script: list[tuple[str, ...]], folder: Path) -> None:
    os.environ["SIS_SECRET"] = SECRET
    environ = {
        "INTEGRATION_CONFIG_DIR": str(folder / "config"),
        "INTEGRATION_DATA_DIR": str(folder / "data"),
    }
    chosen, district, model = load_settings(environ=environ), District(students=2), Model()
    async with serving(district) as (sandbox, address):
        write(chosen, {SIS: document(SIS, address, RULES)})
        stage = Play(Syncing(district, sandbox, cast("Services", None), chosen), model)
        for part in _parts(script):
            await _act(stage, part, chosen)
        await _act(stage, [("sync",)], chosen)
    assert_no_orphans(chosen)


async def _act(stage: Play, part: list[tuple[str, ...]], chosen: Settings) -> None:
    """Play a part in one process; where it ends with a crash, the next one finishes the sync."""
    async with open_services(chosen, actor=ANA) as services:
        stage.real.services = services
        for step in part:
            if step == ("crash",):
                await stage.crash()
                break
            await stage.do(step)
    if part[-1:] == [("crash",)]:
        async with open_services(chosen, actor=ANA) as services:
            stage.real.services = services
            await stage.go_on()
            stage.check()


def _parts(script: list[tuple[str, ...]]) -> list[list[tuple[str, ...]]]:
    parts: list[list[tuple[str, ...]]] = [[]]
    for step in script:
        parts[-1].append(step)
        if step == ("crash",):
            parts.append([])
    return parts


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
@given(st.lists(steps, min_size=3, max_size=10))
def test_any_sequence_comes_to_what_the_model_says(script: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(script, Path(folder)))
