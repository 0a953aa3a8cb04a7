"""How time and chance come in: through constructors, never from the clock on the wall."""

from collections.abc import Awaitable, Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Now, always aware and in UTC."""
Monotonic = Callable[[], float]
"""Seconds since some moment; never goes back. Durations and deadlines are measured with it."""
Sleep = Callable[[float], Awaitable[None]]
"""Wait so many seconds."""
Alarm = Callable[[float, Callable[[], None]], Callable[[], None]]
"""Have something called in so many seconds; what is returned calls that off."""
Chance = Callable[[], float]
"""A number in [0, 1)."""
