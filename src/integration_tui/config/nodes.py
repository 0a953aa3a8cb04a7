"""A document as a tree of values that know where they are written.

Whatever format it came from: only what JSON has, bounded in size and depth. Aliases share nodes,
so that a bomb of them is counted before it is unfolded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeGuard

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConfigError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Key: TypeAlias = "str | int"
Scalar: TypeAlias = "bool | int | float | str | None"

MAX_DEPTH: Final = 64
MAX_NODES: Final = 20_000
"""After unfolding of aliases. A real document has some dozens."""
_MAX_INTEGER: Final = 2**63


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it, or its key, is written; line and column count from 1.

    `size` counts it and all below it, shared ones each time; `depth` is 0 for a scalar.
    """

    line: int
    column: int
    value: Scalar | list[Node] | dict[str, Node]
    size: int = field(init=False, compare=False)
    depth: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        below = children(self)
        size, depth = 1, 0
        for child in below:
            size += child.size
            depth = max(depth, child.depth + 1)
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "depth", depth)
        if size > MAX_NODES:
            raise refusal([problem_at(self, f"holds more than {MAX_NODES} values")])
        if depth > MAX_DEPTH:
            raise refusal([too_deep(self.line, self.column)])


def children(node: Node) -> Iterable[Node]:
    """Return the nodes directly below."""
    if isinstance(node.value, dict):
        return node.value.values()
    return node.value if isinstance(node.value, list) else ()


def is_section(value: object) -> TypeGuard[Mapping[str, object]]:
    """Say whether a value of a document is a section; its keys are text then."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Say whether a value of a document is a list."""
    return isinstance(value, list | tuple)


def plain(node: Node) -> Json:
    """Return the value without its positions."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def value_at(data: Json, path: Sequence[Key]) -> Json:
    """Return what values without positions have at a path; `None` where that is nothing."""
    for key in path:
        if isinstance(data, dict):
            data = data.get(str(key))
        elif isinstance(data, list) and isinstance(key, int) and 0 <= key < len(data):
            data = data[key]
        else:
            return None
    return data


def nearest(root: Node, path: Sequence[Key]) -> tuple[Node, int]:
    """Follow `path` as far as it goes; return the last node, and how many steps there were."""
    node = root
    for steps, key in enumerate(path):
        child = _child(node, key)
        if child is None:
            return node, steps
        node = child
    return node, len(path)


def _child(node: Node, key: Key) -> Node | None:
    if isinstance(node.value, dict):
        return node.value.get(str(key))
    if isinstance(node.value, list) and isinstance(key, int) and 0 <= key < len(node.value):
        return node.value[key]
    return None


def merged(base: Node, over: Node) -> Node:
    """Lay `over` on `base`: sections are joined key by key, everything else is replaced."""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    joined = dict(base.value)
    for key, child in over.value.items():
        joined[key] = merged(joined[key], child) if key in joined else child
    return Node(base.line, base.column, joined)


def faults(root: Node) -> list[ConfigProblem]:
    """Return what no document may hold, whatever its format."""
    if not isinstance(root.value, dict):
        return [problem_at(root, "must be a section of keys and values", advice="begin with name:")]
    return [fault for node in _walk(root) for fault in _faults_of(node)]


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from _walk(child)


def _faults_of(node: Node) -> Iterator[ConfigProblem]:
    texts: Mapping[str, object] = node.value if isinstance(node.value, dict) else {}
    for text in [*texts, node.value]:
        if isinstance(text, str) and not _is_unicode(text):
            yield problem_at(node, "holds half a character (a lone surrogate)")
    if isinstance(node.value, float) and not abs(node.value) < float("inf"):
        yield problem_at(node, "must be a number, not infinity or nothing")
    if isinstance(node.value, int) and abs(node.value) >= _MAX_INTEGER:
        yield problem_at(node, "is a number too large to be kept")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def problem_at(node: Node, message: str, *, advice: str = "") -> ConfigProblem:
    """Return a problem at the place of a node."""
    return ConfigProblem(message=message, line=node.line, column=node.column, advice=advice)


def too_deep(line: int, column: int) -> ConfigProblem:
    """Return the problem of a document that is nested too deep."""
    message = f"is nested more than {MAX_DEPTH} levels deep"
    return ConfigProblem(message=message, line=line, column=column)


def refusal(problems: Iterable[ConfigProblem]) -> ConfigError:
    """Return the error of a document with these problems, which are one at least."""
    first, *others = problems
    more = f" (and {len(others)} more)" if others else ""
    return ConfigError(f"{first}{more}", problems=(first, *others))
