"""Numbers that look random and depend on nothing but the seed and their place."""

from __future__ import annotations

from math import gcd
from typing import Final

_MASK: Final = (1 << 64) - 1


def mix(seed: int, place: int) -> int:
    """Return 64 bits for one place; splitmix64, https://prng.di.unimi.it/splitmix64.c.

    Not `hash`: that may differ between versions of Python.
    """
    x = (seed * 0xD1342543DE82EF95 + (place + 1) * 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


class Permutation:
    """A fixed order of `range(size)` that can be asked both ways without being stored."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        step = 1 + mix(seed, size) % size
        while gcd(step, size) != 1:
            step += 1
        self._step = step
        self._back = pow(step, -1, size)
        self._offset = mix(seed, size + 1) % size

    def item_at(self, place: int) -> int:
        return (place * self._step + self._offset) % self.size

    def index_of(self, item: int) -> int:
        return (item - self._offset) * self._back % self.size
