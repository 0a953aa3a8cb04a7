"""PATH=VALUE on the command line, put into a document one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from integration_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from integration_tui.domain.draft import Draft
    from integration_tui.services.forms import FormService

_KEY: Final = re.compile(r'"([^"]*)"|([^."]+)')


def assignments(function: Callable[..., int]) -> Callable[..., int]:
    """Let a command take any number of PATH=VALUE."""
    return click.argument("values", nargs=-1, metavar="[PATH=VALUE]...")(function)


def path_of(text: str) -> tuple[str, ...]:
    """Return the keys of a dotted path."""
    return tuple(quoted or plain for quoted, plain in _KEY.findall(text))


def value_of(path: str, values: Sequence[str]) -> str:
    """Return the last value for a path; empty where there is none."""
    found = [one.partition("=")[2] for one in values if one.partition("=")[0] == path]
    return found[-1] if found else ""


def assigned(forms: FormService, draft: Draft, values: Sequence[str]) -> Draft:
    """Return the document with each of the values set. Raises `UsageError`, `ConfigError`."""
    for one in sorted(values, key=_is_no_kind):
        path, equals, value = one.partition("=")
        if not equals or not path_of(path):
            raise UsageError(f"{path} has no value", advice=f"write {path or 'PATH'}=VALUE")
        draft = forms.changed(draft, path_of(path), value)
    return draft


def _is_no_kind(value: str) -> bool:
    """Kinds come first, since they decide which other keys there are."""
    return path_of(value.partition("=")[0])[-1:] != ("type",)
