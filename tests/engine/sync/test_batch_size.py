"""A batch takes as many rows as are done in about a second, since others wait for the lock."""

from datetime import timedelta

import pytest

from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.engine.sync.apply import (
    EDITED_ROWS,
    FEWEST_ROWS,
    FIRST_ROWS,
    MOST_ROWS,
    BatchSize,
)

CREATES = frozenset({ChangeKind.CREATE, ChangeKind.QUARANTINE})


@pytest.mark.parametrize(
    ("done", "took_s", "rows"),
    [
        (30_000, 2.0, 15_000),
        (30_000, 1.0, 30_000),
        (30_000, 0.5, 60_000),
        (30_000, 0.0, MOST_ROWS),
        (30_000, 60.0, FEWEST_ROWS),
        (FEWEST_ROWS - 1, 60.0, FIRST_ROWS),
        (0, 0.0, FIRST_ROWS),
    ],
)
def test_the_next_batch_takes_a_second(done: int, took_s: float, rows: int) -> None:
    size = BatchSize()
    assert size.rows(CREATES) == FIRST_ROWS

    size.learn(done, timedelta(seconds=took_s))

    assert size.rows(CREATES) == rows


def test_what_is_read_into_memory_comes_in_small_batches() -> None:
    size = BatchSize()
    size.learn(30_000, timedelta(seconds=0.1))

    assert size.rows(CREATES | {ChangeKind.UPDATE}) == EDITED_ROWS
    assert size.rows(CREATES | {ChangeKind.REMOVE}) == MOST_ROWS
