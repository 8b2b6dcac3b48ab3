"""The entry point of `millstream`, kept small so that Ctrl-C is handled from the start."""

from __future__ import annotations

try:
    from millstream_tools.cli.loading import loading
except (KeyboardInterrupt, RuntimeError):  # Python 3.11 raises RuntimeError for Ctrl-C while it builds an enum
    raise SystemExit(130) from None


def app() -> None:
    """Load the commands and run the chosen one."""
    with loading():
        from typer.main import get_command

        from millstream_tools.cli.commands import app as commands

        command = get_command(commands)
    command()


if __name__ == "__main__":
    app()
