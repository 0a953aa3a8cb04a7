"""Is a document a valid config? Every problem at its line, for every environment it speaks of.

Nothing below `auth`, and nothing that a secret belongs to, is ever repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

import msgspec
from pydantic import ValidationError

from integration_tui.config.document import OVERLAYS, Document
from integration_tui.config.messages import ErrorLocation, nearest_to, sentence, shown_key
from integration_tui.config.migrations import retired_keys, upgrade
from integration_tui.config.nodes import Json, Key
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.config.version import Environment
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.value import replace

_OF_THE_WHOLE: Final = ("name", "schema_version")
"""Keys that no overlay may set."""

_OLDER: Final = " (the document has an older form of it)"

ModelOf = Callable[[str], type[ProviderConfig] | None]
ObstacleOf = Callable[[str], str]
"""Returns why no roster can be read of a type; empty where one can."""


def _no_obstacle(_type: str) -> str:
    return ""


class Migrate(Protocol):
    """Brings a document's data into the model's schema version. Raises `ConfigError`."""

    def __call__(
        self, data: dict[str, Json], *, model: type[ProviderConfig]
    ) -> dict[str, object]: ...


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """The config that holds in the environment asked for; `None` where there is a problem.

    `notes` name what is valid, but has no effect any more.
    """

    config: ProviderConfig | None
    problems: tuple[ConfigProblem, ...] = ()
    notes: tuple[ConfigProblem, ...] = ()


def validate(
    document: Document,
    *,
    environment: Environment,
    model_of: ModelOf,
    types: Sequence[str],
    migrate: Migrate = upgrade,
    obstacle_of: ObstacleOf = _no_obstacle,
) -> Validated:
    """Check a document for `environment`, and for every other that it has an overlay for.

    `types` are the provider types to name as allowed; `model_of` returns a type's model, and
    `obstacle_of` why a type lists no rosters. The problems are in the order of the document.
    Raises nothing for a bad document.
    """
    checker = _Checker(document, model_of=model_of, types=types, migrate=migrate)
    config = checker.config_in(environment)
    checker.require_roster(config, environment, obstacle_of)
    for other in document.environments:
        if other is not environment:
            checker.require_roster(checker.config_in(other), other, obstacle_of)
    problems = checker.problems()
    return Validated(config=None if problems else config, problems=problems, notes=checker.notes())


class _Checker:
    """Collects the problems of one document; the same one in all environments is one."""

    def __init__(
        self, document: Document, *, model_of: ModelOf, types: Sequence[str], migrate: Migrate
    ) -> None:
        self._document = document
        self._model_of = model_of
        self._types = types
        self._migrate = migrate
        self._found: dict[ConfigProblem, list[Environment]] = {}
        self._noted: set[ConfigProblem] = set()
        self._checked: list[Environment] = []

    def problems(self) -> tuple[ConfigProblem, ...]:
        found = [
            self._named(problem, environments) for problem, environments in self._found.items()
        ]
        return _in_order([*_overlay_problems(self._document), *found])

    def notes(self) -> tuple[ConfigProblem, ...]:
        return _in_order(self._noted)

    def config_in(self, environment: Environment) -> ProviderConfig | None:
        self._checked.append(environment)
        resolved = self._document.resolved(environment)
        model = self._model(resolved, environment)
        if model is None:
            return None
        for path, reason in retired_keys(resolved, model):
            note = ConfigProblem(message=f"has no effect: {reason}", advice="remove it")
            self._noted.add(self._placed(note, path, environment))
        return self._valid(model, resolved, environment)

    def require_roster(
        self, config: ProviderConfig | None, environment: Environment, obstacle_of: ObstacleOf
    ) -> None:
        """Refuse a schedule of what lists nothing."""
        if config is None or config.sync.schedule is None:
            return
        if obstacle := obstacle_of(config.type):
            problem = ConfigProblem(message=f"has no use: {obstacle}", advice="remove it")
            self._add(environment, ("sync", "schedule"), problem)

    def _valid(
        self, model: type[ProviderConfig], resolved: dict[str, Json], environment: Environment
    ) -> ProviderConfig | None:
        data: dict[str, object] = {}
        try:
            data = self._migrate(resolved, model=model)
            return model.model_validate(data)
        except ConfigError as error:
            path = ("schema_version",)
            self._add(environment, path, ConfigProblem(message=error.message, advice=error.advice))
        except ValidationError as error:
            older = data.keys() - resolved.keys()
            for detail in error.errors(include_input=False, include_url=False):
                place = ErrorLocation.of(detail["loc"], detail["type"], model=model, data=data)
                problem = sentence(detail["type"], detail["msg"], detail.get("ctx", {}), place)
                if place.path and place.path[0] in older:
                    problem = replace(problem, message=f"{problem.message}{_OLDER}")
                self._add(environment, place.path, problem, shown=place.shown)
        return None

    def _model(
        self, resolved: dict[str, Json], environment: Environment
    ) -> type[ProviderConfig] | None:
        key = resolved.get("type")
        model = self._model_of(key) if isinstance(key, str) else None
        if model is None:
            self._add(environment, ("type",), _wrong_type(key, self._types))
        return model

    def _add(
        self,
        environment: Environment,
        path: tuple[Key, ...],
        problem: ConfigProblem,
        *,
        shown: int | None = None,
    ) -> None:
        placed = self._placed(problem, path, environment, shown=shown)
        self._found.setdefault(placed, []).append(environment)

    def _placed(
        self,
        problem: ConfigProblem,
        path: tuple[Key, ...],
        environment: Environment,
        *,
        shown: int | None = None,
    ) -> ConfigProblem:
        line, column = self._document.position(path, environment)
        written = self._document.written(path, environment)
        hidden = 0 if shown is None else len(path) - shown
        dotted = ".".join(str(key) for key in written[: len(written) - hidden])
        file = self._document.file
        return replace(problem, path=dotted, line=line, column=column, file=file)

    def _named(self, problem: ConfigProblem, environments: list[Environment]) -> ConfigProblem:
        in_overlay = problem.path.startswith(f"{OVERLAYS}.")
        if in_overlay or len(environments) == len(self._checked):
            return problem
        return replace(problem, message=f"{problem.message}, in {', '.join(environments)}")


def _in_order(problems: Iterable[ConfigProblem]) -> tuple[ConfigProblem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _wrong_type(key: Json, types: Sequence[str]) -> ConfigProblem:
    allowed = f"known types are {', '.join(types)}"
    if key is None:
        return ConfigProblem(message="is missing", advice=allowed)
    if not isinstance(key, str):
        return ConfigProblem(message="must be text", advice=allowed)
    near = nearest_to(key, types)
    advice = f"did you mean {near!r}? {allowed}" if near else allowed
    return ConfigProblem(message=f"{shown_key(key)} is not a known provider type", advice=advice)


def _overlay_problems(document: Document) -> Iterator[ConfigProblem]:
    overlays = document.data.get(OVERLAYS, {})
    if not isinstance(overlays, dict):
        yield _at(document, (OVERLAYS,), "must be a section of keys")
        return
    for key, overlay in overlays.items():
        path = (OVERLAYS, key)
        if key not in set(Environment):
            yield _unknown_environment(document, key)
        elif not isinstance(overlay, dict):
            yield _at(document, path, "must be a section of keys")
        else:
            for name in _OF_THE_WHOLE:
                if name in overlay:
                    message = f"{name} is the same in every environment"
                    yield _at(document, (*path, name), message, "set it outside of environments")


def _unknown_environment(document: Document, key: str) -> ConfigProblem:
    known = [environment.value for environment in Environment]
    near = nearest_to(key, known)
    advice = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
    problem = _at(document, (OVERLAYS, key), f"unknown environment {shown_key(key)}", advice)
    return replace(problem, path=OVERLAYS)


def _at(document: Document, path: tuple[Key, ...], message: str, advice: str = "") -> ConfigProblem:
    line, column = document.position(path)
    dotted = ".".join(str(key) for key in path)
    return ConfigProblem(
        message=message, path=dotted, line=line, column=column, file=document.file, advice=advice
    )
