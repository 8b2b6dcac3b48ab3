"""What people see: results on the output, everything else on the error output, errors in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

from freshet.domain.errors import FreshetError
from infra.cli.api import ApiError
from infra.datasets.errors import DatasetError
from infra.demo.preparation import NotServingError
from infra.demo.storefront import NeverVisibleError
from infra.local.cloud import PollerStartError
from infra.local.environment import EnvironmentBuildError
from infra.local.packaging import PackagingError
from infra.local.server import ServerStartError
from infra.local.stack import DeploymentError
from infra.localstack.health import NoLocalStackError
from infra.localstack.wheels import WheelError

console = Console()
errors = Console(stderr=True)

EXPECTED = (
    ApiError,
    DatasetError,
    DeploymentError,
    EnvironmentBuildError,
    FreshetError,
    NeverVisibleError,
    NoLocalStackError,
    NotServingError,
    OSError,
    PackagingError,
    PollerStartError,
    ServerStartError,
    WheelError,
)


@contextmanager
def told_plainly() -> Iterator[None]:
    """End the command with one line for an error that has words of its own; anything else is a bug and shows itself."""
    try:
        yield
    except EXPECTED as error:
        # Escaped: what a user typed may look like markup. Not wrapped: one line is one line, however wide the terminal.
        errors.print(f"[bold red]freshet:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
