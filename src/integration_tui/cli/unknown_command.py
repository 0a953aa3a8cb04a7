"""Says that there is no such command, and which one was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import click
from click.exceptions import NoSuchCommand


def explained(error: NoSuchCommand, root: click.Group) -> click.UsageError:
    """Return the error in words: with the nearest command of this group, or else of any group."""
    name, context = error.command_name, error.ctx
    group = context.command if context is not None else root
    near: list[str] = []
    if isinstance(group, click.Group) and context is not None:
        near = get_close_matches(name, group.list_commands(context), n=1)
    if not near:
        near = _elsewhere(name, root)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    return click.UsageError(f'Unknown command "{name}".{hint}', ctx=context)


def _elsewhere(name: str, root: click.Group) -> list[str]:
    """Return the full names of the commands of this name; of the nearest where there is none."""
    paths = list(_paths(root, click.Context(root)))
    nearest = get_close_matches(name, [path[-1] for path in paths], n=1)
    return [" ".join(path) for path in paths if path[-1] in nearest]


def _paths(group: click.Group, context: click.Context) -> Iterator[tuple[str, ...]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, *path) for path in _paths(command, context))
