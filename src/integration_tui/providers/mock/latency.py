"""How long the next request takes."""

from __future__ import annotations

import math

from integration_tui.domain.time import Chance
from integration_tui.providers.mock.config import Distribution, LatencyConfig


def latency_s(config: LatencyConfig, chance: Chance) -> float:
    """Return seconds; half of them are below the configured median."""
    median_s = config.median_ms / 1000
    match config.distribution:
        case Distribution.CONSTANT:
            return median_s
        case Distribution.UNIFORM:
            return median_s * (1 + config.spread * (2 * chance() - 1))
        case Distribution.LOGNORMAL:
            return median_s * math.exp(config.spread * _normal(chance))


def _normal(chance: Chance) -> float:
    """Return a number of the standard normal distribution, by Box and Muller (1958)."""
    radius = math.sqrt(-2 * math.log(1 - chance()))
    return radius * math.cos(2 * math.pi * chance())
