"""Entry point. Nothing heavy is imported here: asking for the version costs next to nothing."""

import sys

from integration_tui.version import VERSION


def main() -> None:
    """Run the command line; the exit code is 0 for fine, 1 for trouble, 2 for bad input."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"integration-tui {VERSION}\n")
        return
    from integration_tui.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
