"""What has come to stay is left out of collections, but nothing is kept for ever."""

import asyncio
import gc
import weakref
from pathlib import Path

from integration_tui.domain.value import replace
from integration_tui.engine.background.gc_tuning import GcTuner
from tests.engine.fake_connectors import QUICK, until, world


class Loop:
    """Refers to itself, so that only a collection ends it."""

    def __init__(self) -> None:
        self.itself = self


class Steps:
    """A sleep that ends when the test says so, and notes how long it would have been."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._go = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self._go.acquire()

    async def next(self) -> None:
        number = len(self.waits)
        self._go.release()
        await until(lambda: len(self.waits) > number)


async def test_it_looks_less_and_less_often_and_once_an_hour_at_least() -> None:
    steps = Steps()
    task = asyncio.create_task(GcTuner(settle_s=1000, sleep=steps.sleep).run())
    await until(lambda: len(steps.waits) == 1)

    for _ in range(5):
        await steps.next()

    task.cancel()
    assert steps.waits == [1000, 1000, 2000, 3600, 3600, 3600]


async def test_a_cycle_that_was_frozen_is_collected_within_the_hour() -> None:
    steps = Steps()
    task = asyncio.create_task(GcTuner(settle_s=1800, sleep=steps.sleep).run())
    await until(lambda: len(steps.waits) == 1)
    cycle = Loop()
    seen = weakref.ref(cycle)
    await steps.next()
    del cycle

    await steps.next()
    was_kept = seen() is not None
    await steps.next()

    task.cancel()
    assert was_kept
    assert seen() is None


async def test_what_is_frozen_is_let_go_when_the_engine_stops(tmp_path: Path) -> None:
    async with world(tmp_path, pace=replace(QUICK, settle_s=0.01)) as here:
        await here.engine.start()
        await until(lambda: gc.get_freeze_count() > 1000)

        await here.engine.stop()

        assert gc.get_freeze_count() == 0
