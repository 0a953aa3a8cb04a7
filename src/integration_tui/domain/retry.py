"""How long to wait before the next attempt: exponential, with full jitter."""

from integration_tui.domain.clock import Chance


def delay_s(attempt: int, *, base_s: float, max_s: float, chance: Chance) -> float:
    """Return seconds to wait before attempt number `attempt` (the first repeat is 1).

    Full jitter spreads the repeats of many clients over the whole delay; the source is
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
    """
    ceiling = min(max_s, base_s * 2.0 ** min(attempt - 1, 32))
    return chance() * ceiling
