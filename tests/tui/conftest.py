"""Consoles are made and dropped by the hundred here: looking for garbage less often is quicker."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


@pytest.fixture(scope="package", autouse=True)
def _seldom_collecting() -> Generator[None]:
    before = gc.get_threshold()
    gc.set_threshold(100_000, 20, 20)
    yield
    gc.set_threshold(*before)
