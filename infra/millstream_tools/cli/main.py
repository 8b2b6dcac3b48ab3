"""What `millstream` runs: the entry alone, so that Ctrl-C is quiet from the first."""

from __future__ import annotations

try:
    from millstream_tools.cli.loading import loading
except (KeyboardInterrupt, RuntimeError):  # Python 3.11 makes the other of the one while it makes an enumeration
    raise SystemExit(130) from None


def app() -> None:
    """Load the commands, and run the one that was asked for."""
    with loading():
        from typer.main import get_command

        from millstream_tools.cli.commands import app as commands

        command = get_command(commands)
    command()


if __name__ == "__main__":
    app()
