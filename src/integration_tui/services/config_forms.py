"""Documents as forms: their fields, one changed value, and the start of a new document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from integration_tui.config.completion import completions
from integration_tui.config.document import OVERLAYS, Document, parse, read
from integration_tui.config.editing import with_value, without
from integration_tui.config.form_fields import fields_of
from integration_tui.config.messages import nearest_to
from integration_tui.config.model_schema import ModelField, child_of
from integration_tui.config.template import blank_document
from integration_tui.config.value_parsing import read_typed
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.version import DocumentFormat, Draft, Environment
from integration_tui.domain.errors import ConfigError
from integration_tui.paths import folder

if TYPE_CHECKING:
    from integration_tui.config.nodes import Json, Key
    from integration_tui.domain.config.form import Completion, FormField
    from integration_tui.providers.catalog import Catalog


class FormService:
    """Reads and writes documents field by field; needs no store."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def fields(self, draft: Draft) -> tuple[FormField, ...]:
        """Return every field of a document's type, with what the document has there.

        Raises `ConfigError` for a document that cannot be read, or is of no known type.
        """
        document = _read(draft)
        base = {key: value for key, value in document.data.items() if key != OVERLAYS}
        return fields_of(self._model(base), base)

    def changed(self, draft: Draft, path: tuple[str, ...], text: str | None) -> Draft:
        """Return the document with a value changed, everything else as it is; `None` unsets it.

        A path may begin with `environments` and one of them. Another kind of a section, such as
        `auth.type`, takes out the keys that only the kind before had. Raises `ConfigError`, in a
        sentence that names the path, where the text is no such value or cannot be put there.
        """
        document = _read(draft)
        if not path:
            raise ConfigError("a key path is required, such as health.interval_ms")
        if text is None:
            edited = without(draft.text, draft.format, path)
        else:
            keys, value = self._value(document, path, text)
            edited = with_value(draft.text, draft.format, keys, value)
            for stray in self._strays(parse(edited, draft.format), path):
                edited = without(edited, draft.format, stray)
        return Draft(text=edited, format=draft.format, file=draft.file)

    def blank(
        self,
        provider: str,
        name: str,
        format_: DocumentFormat = DocumentFormat.YAML,
        *,
        auth: str = "",
    ) -> Draft:
        """Return the smallest document of a type, to be filled in.

        `auth` is its `auth.type`; when not told, the one that the type's sample has.
        Raises `NotFoundError` or `ConfigError` for a type that there is not.
        """
        model = self._catalog.spec(provider).config_model
        start: dict[str, Json] = {"name": name, "type": provider}
        if kind := auth or _sampled_kind(provider):
            start["auth"] = {"type": kind}
        fields = [form_field for form_field in fields_of(model, start) if form_field.is_required]
        return Draft(text=blank_document(fields, format_), format=format_)

    def completions(self, draft: Draft, line: int, column: int) -> tuple[Completion, ...]:
        """Return what may be written at a line and column, from 1, of a document in the making.

        A completion replaces everything from its start column to the cursor.
        """
        return completions(
            draft.text,
            draft.format,
            (line, column),
            model_of=self._catalog.model_of,
            types=self._catalog.keys(),
        )

    def _value(
        self, document: Document, path: tuple[str, ...], text: str
    ) -> tuple[tuple[Key, ...], Json]:
        """Return the path with positions of lists as numbers, and the value that is meant."""
        if path == ("type",):
            self._model({"type": text})
            return path, text
        name = ".".join(path)
        data, rest = _overlaid(document, path)
        place = ModelField.top(self._model(data), data)
        keys: list[Key] = list(path[: len(path) - len(rest)])
        for written in rest:
            key = _key_in(place, written, name)
            below = place.below(key)
            if below is None:
                raise _unknown(name, written, place)
            place = below
            keys.append(key)
        if place.is_section:
            example = f"{name}.{next(iter(place.keys))}"
            raise ConfigError(f"{name} is a section", advice=f"set a key in it, such as {example}")
        return tuple(keys), read_typed(text, place, name)

    def _strays(self, document: Document, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        if len(path) < 2 or path[-1] != "type" or path[0] == OVERLAYS:
            return []
        data, _ = _overlaid(document, path)
        section = ModelField.top(self._model(data), data).at(path[:-1])
        if section is None or not section.kinds or not isinstance(section.value, dict):
            return []
        return [(*path[:-1], key) for key in section.value if key not in section.keys]

    def _model(self, data: dict[str, Json]) -> type[ProviderConfig]:
        key = data.get("type")
        model = self._catalog.model_of(key) if isinstance(key, str) else None
        if model is None:
            known = self._catalog.keys()
            near = nearest_to(key, known) if isinstance(key, str) else ""
            advice = f"did you mean {near}?" if near else f"known types are {', '.join(known)}"
            raise ConfigError("type does not name a known provider type", advice=advice)
        return model


def _sampled_kind(provider: str) -> str:
    path = folder("sample_configs") / f"{provider.replace('_', '-')}.yaml"
    if not path.is_file():
        return ""
    kind = child_of(read(path).data.get("auth"), "type")
    return kind if isinstance(kind, str) else ""


def _read(draft: Draft) -> Document:
    return parse(draft.text, draft.format, file=draft.file)


def _overlaid(document: Document, path: tuple[str, ...]) -> tuple[dict[str, Json], tuple[str, ...]]:
    """Return the values that hold where a path leads to, and the path in them."""
    base = {key: value for key, value in document.data.items() if key != OVERLAYS}
    if path[0] != OVERLAYS:
        return base, path
    known = [environment.value for environment in Environment]
    if len(path) < 3 or path[1] not in known:
        raise ConfigError(
            f"{'.'.join(path)} is not a value",
            advice=f"name an environment ({', '.join(known)}) and a key in it",
        )
    if path[2] in {"name", "schema_version"}:
        raise ConfigError(f"{path[2]} is the same in every environment")
    return document.resolved(Environment(path[1])), path[2:]


def _key_in(place: ModelField, key: str, name: str) -> Key:
    if not place.is_list:
        return key
    if not key.isdecimal():
        raise ConfigError(
            f"{name}: {key} is not a list position", advice="list positions start at 0"
        )
    return int(key)


def _unknown(name: str, key: str, section: ModelField) -> ConfigError:
    keys: Sequence[str] = section.keys
    near = nearest_to(key, keys)
    known = f"known keys are {', '.join(keys)}" if keys else "omit the key"
    return ConfigError(f"{name} is unknown", advice=f"did you mean {near}?" if near else known)
