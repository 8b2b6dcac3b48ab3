"""`freshet`: a local cloud, a demo, and a client for a deployed stack."""

from __future__ import annotations

import typer

from infra.cli import archive, cloud, demo, dlq, events, items, localstack, recommendations

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for commands in (cloud.app, demo.app, localstack.app, items.app, events.app, recommendations.app):
    app.registered_commands += commands.registered_commands
app.add_typer(archive.app, name="archive")
app.add_typer(dlq.app, name="dlq")

if __name__ == "__main__":
    app()
