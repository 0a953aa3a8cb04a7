"""What repositories ask of a connection: named statements, and rows with names.

SQLAlchemy's connection is one, with an engine's threads and its writer behind it; `ReadOnlyFile`
is another one, over Python's own driver, for who only reads and is gone again in a moment. Both
hand over what SQLite stores, as it is stored: what it means stands in `column_types`.

See docs/decisions/0032.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

Value = str | int | float | bytes | None
"""What SQLite stores. Moments, lists and objects are spelled by `column_types` first."""
Values = Sequence[Value] | Mapping[str, Value]
"""By their place (`?`, `?1`) or by their name (`:name`)."""
Many = Sequence[Sequence[Value]]


class Row(Protocol):
    """One row, by the names of its columns, by their places, or taken apart."""

    def __getattr__(self, name: str, /) -> Any: ...
    def __getitem__(self, place: int, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...


class ScalarResult(Protocol):
    """The first column alone."""

    def all(self) -> Sequence[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class NamedRow(Protocol):
    """One row by the names of its columns, whatever they are."""

    def __getitem__(self, name: str, /) -> Any: ...
    def __contains__(self, name: object, /) -> bool: ...


class MappingResult(Protocol):
    """Rows whose columns are known only when they are asked for."""

    def all(self) -> Sequence[NamedRow]: ...
    def first(self) -> NamedRow | None: ...
    def one_or_none(self) -> NamedRow | None: ...
    def __iter__(self) -> Iterator[NamedRow]: ...


class Result(Protocol):
    """What a statement found, under the names that SQLAlchemy has for it."""

    @property
    def rowcount(self) -> Any: ...  # a number, by a descriptor of SQLAlchemy's own
    @property
    def returns_rows(self) -> bool: ...
    def all(self) -> Sequence[Row]: ...
    def first(self) -> Row | None: ...
    def one(self) -> Row: ...
    def one_or_none(self) -> Row | None: ...
    def scalar(self) -> Any: ...
    def scalar_one(self) -> Any: ...
    def scalar_one_or_none(self) -> Any: ...
    def scalars(self) -> ScalarResult: ...
    def mappings(self) -> MappingResult: ...


class Connection(Protocol):
    """One connection, inside one transaction."""

    async def exec_driver_sql(
        self, statement: str, parameters: Values | Many | None = None
    ) -> Result:
        """Run a statement; of `Many` values, once for each. Raises what the driver does."""
        ...
