"""The command tree. A command's module is imported when that command is called."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click
from click.exceptions import NoSuchCommand

from integration_tui.cli.context import CheckHome, CliContext, Console, Options, Show, no_files
from integration_tui.cli.exit_codes import ended
from integration_tui.cli.output import ExitCode, note, speak

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "audit": ("audit:audit", "Read, verify and export the audit log."),
    "completion": ("completion:completion", "Generate shell completion for bash, zsh or fish."),
    "config": ("config:config", "Show, validate, change, compare and roll back configurations."),
    "demo": ("demo:demo", "Open the console on a mock district. Nothing is kept."),
    "doctor": ("doctor:doctor", "Check this installation, with a fix for each failure."),
    "health": ("health:health", "Show the health of integrations, or check them now."),
    "mapping": ("mapping:mapping", "Show IDs in every system; merge and split records."),
    "messages": ("messages:messages", "List messages: down, held, failed, and what to do."),
    "provider": (
        "provider:provider",
        "List, test, start and stop integrations; list provider types.",
    ),
    "roster": ("roster:roster", "Pull rosters into files; find, show and edit records."),
    "run": ("run:run", "Run the engine without a console until stopped."),
    "sandbox": ("sandbox:sandbox", "Serve a made-up district in every OneRoster dialect."),
    "serve": ("serve:serve", "Serve the console to browsers on this machine."),
    "sync": ("sync:sync", "Sync rosters: plan, review, apply, undo."),
    "webhook": ("webhook:webhook", "List, create and delete webhook subscriptions."),
}


class LazyGroup(click.Group):
    """Knows the names and summaries of its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's name
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(f"integration_tui.cli.commands.{module}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is no command")
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Name what begins so. click's own would import every command."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in _COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


def _version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from integration_tui.version import VERSION

        click.echo(f"integration-tui {VERSION}")
        ctx.exit()


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.option(
    "--store", metavar="URL", help="Store to use, e.g. sqlite:///PATH. Default: your own."
)
@click.option(
    "--config-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with settings.toml and integrations/. Default: your own.",
)
@click.option("--readonly", is_flag=True, help="Refuse every change.")
@click.option(
    "--plain/--columns",
    default=None,
    help="Print single lines for screen readers and pipes. Or set INTEGRATION_PLAIN=1.",
)
@click.option(
    "--mouse/--no-mouse",
    default=True,
    help="Use the mouse in the console, or leave it to the terminal.",
)
@click.option(
    "--ascii",
    "is_ascii",
    is_flag=True,
    help="Draw the console in ASCII; by itself where the terminal has no UTF-8.",
)
@click.option(
    "--state/--no-state",
    "keeps_state",
    default=True,
    help="Reopen the console as it was left, or start afresh.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context, **options: Unpack[Options]) -> None:
    """Connect school roster systems, sync rosters, and prove who did what.

    Without a command, the console opens on your own store and configuration files.

    Exit codes: 0 success, 1 something is wrong, 2 wrong usage or input.
    """
    console: Console = ctx.obj
    ctx.obj = CliContext(show=console.show, check_home=console.check_home, **options)
    speak(linear=ctx.obj.is_plain)
    if ctx.invoked_subcommand is None:
        from integration_tui.cli.commands.console import open_console

        ctx.exit(open_console(ctx.obj))


def run(show: Show, check_home: CheckHome = no_files, words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    `show` shows the console, `check_home` checks the files that a person made for it. Without
    `words`, those of the command line are taken.
    """
    return ended(lambda: _run(Console(show=show, check_home=check_home), words))


def _run(console: Console, words: Sequence[str] | None) -> int:
    try:
        result = cli.main(words, prog_name="integration-tui", standalone_mode=False, obj=console)
    except NoSuchCommand as error:
        from integration_tui.cli.unknown_command import explained

        explained(error, cli).show()
        return ExitCode.BAD_INPUT
    except click.ClickException as error:
        error.show()
        return ExitCode.BAD_INPUT
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.Abort:
        note("stopped")
        return ExitCode.TROUBLE
    return result if isinstance(result, int) else ExitCode.FINE
