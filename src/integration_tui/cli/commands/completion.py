"""`completion`: what has a shell complete commands and options with the tab key."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from integration_tui.cli.output import ExitCode, data

_VARIABLE = "_INTEGRATION_TUI_COMPLETE"
"""By this a shell asks for completions, as click has it."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> int:
    """Generate shell completion.

    For bash, add this line to ~/.bashrc: eval "$(integration-tui completion bash)". For zsh, add it
    to ~/.zshrc with zsh instead of bash. For fish, add this line to config.fish: integration-tui
    completion fish | source.
    """
    maker = get_completion_class(shell)
    if maker is None:
        raise click.UsageError(f"{shell} is not known here")
    data(maker(ctx.find_root().command, {}, "integration-tui", _VARIABLE).source())
    return ExitCode.FINE
