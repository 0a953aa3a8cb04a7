"""An integration's document: its text, its values, and where each of them is written.

A document may hold `environments:`, each laid over the rest for one environment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from integration_tui.config.formats.json import read_json
from integration_tui.config.formats.toml import read_toml
from integration_tui.config.formats.yaml_reader import read_yaml
from integration_tui.config.nodes import (
    Json,
    Key,
    Node,
    faults,
    merged,
    nearest,
    plain,
    refusal,
    too_deep,
)
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.value import replace
from integration_tui.files.atomic import MAX_BYTES, read_text

OVERLAYS: Final = "environments"

_READERS: Final[Mapping[DocumentFormat, Callable[[str], Node]]] = {
    DocumentFormat.YAML: read_yaml,
    DocumentFormat.TOML: read_toml,
    DocumentFormat.JSON: read_json,
}
_SUFFIXES: Final = {
    ".yaml": DocumentFormat.YAML,
    ".yml": DocumentFormat.YAML,
    ".toml": DocumentFormat.TOML,
    ".json": DocumentFormat.JSON,
}


@dataclass(frozen=True)
class Document:
    """A text that was read without error. Whether it is a valid config is another question."""

    text: str
    format: DocumentFormat
    file: str
    root: Node

    @cached_property
    def data(self) -> Mapping[str, Json]:
        """All values, the overlays included."""
        return _section(self.root)

    @cached_property
    def environments(self) -> tuple[Environment, ...]:
        """The environments that have an overlay here."""
        return tuple(
            environment for environment in Environment if self._overlay(environment) is not None
        )

    def resolved(self, environment: Environment) -> dict[str, Json]:
        """Return what holds in an environment: the overlay on the base, section by section."""
        return _section(self._resolved(environment))

    def position(
        self, path: Sequence[Key], environment: Environment | None = None
    ) -> tuple[int, int]:
        """Return line and column, from 1, of the key at `path`, or of its nearest parent.

        With an environment, `path` is one of `resolved`; the place is in the overlay where that
        is what holds. (0, 0) where the document has no place for it.
        """
        root = self.root if environment is None else self._resolved(environment)
        node, _ = nearest(root, path)
        return node.line, node.column

    def written(self, path: Sequence[Key], environment: Environment) -> tuple[Key, ...]:
        """Return the path in the document of what is at `path` in `resolved`."""
        overlay = self._overlay(environment)
        if overlay is None:
            return tuple(path)
        node, steps = nearest(self._resolved(environment), path)
        own, own_steps = nearest(overlay, path)
        in_overlay = steps > 0 and own is node and own_steps == steps
        return (OVERLAYS, environment.value, *path) if in_overlay else tuple(path)

    def _overlay(self, environment: Environment) -> Node | None:
        node, steps = nearest(self.root, (OVERLAYS, environment.value))
        return node if steps == 2 and isinstance(node.value, dict) else None

    def _resolved(self, environment: Environment) -> Node:
        entries = self.root.value if isinstance(self.root.value, dict) else {}
        base = {key: child for key, child in entries.items() if key != OVERLAYS}
        root = Node(self.root.line, self.root.column, base)
        overlay = self._overlay(environment)
        return root if overlay is None else merged(root, overlay)


def _section(node: Node) -> dict[str, Json]:
    value = plain(node)
    return value if isinstance(value, dict) else {}


def parse(text: str, format: DocumentFormat, *, file: str = "") -> Document:  # noqa: A002 - the word for it
    """Read a document. `file` only names it in messages.

    Raises `ConfigError`, with a problem at each place, where it is not a document at all: not in
    its format, a key twice, nested too deep, too large, not a section of keys.
    """
    try:
        root = _READERS[format](_bounded(text))
        if problems := faults(root):
            raise refusal(problems)
    except RecursionError:
        raise refusal([replace(too_deep(1, 1), file=file)]) from None
    except ConfigError as error:
        raise refusal([replace(problem, file=file) for problem in error.problems]) from None
    return Document(text=text, format=format, file=file, root=root)


def _bounded(text: str) -> str:
    if len(text) > MAX_BYTES:
        raise refusal([ConfigProblem(message=f"is larger than {MAX_BYTES >> 20} MiB")])
    return text.removeprefix("\ufeff")


def read(path: Path) -> Document:
    """Read a file, whose ending says how it is written. Raises `ConfigError`."""
    format_ = _SUFFIXES.get(path.suffix.lower())
    if format_ is None:
        raise ConfigError(
            f"{path}: the ending of a configuration file says how it is written",
            advice=f"name it {', '.join(_SUFFIXES)}",
        )
    return parse(read_text(path), format_, file=path.name)
