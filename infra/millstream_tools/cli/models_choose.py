"""Choosing a model for `millstream models fit`: options, tools of this machine, the state, and the report's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.slates.slate import USUALLY_EXCLUDED
from millstream_tools.cli.lab_surroundings import say
from millstream_tools.cli.progress import bar
from millstream_tools.explained import ExplainedError
from millstream_tools.lock import exclusive_lock
from millstream_tools.ops.next_steps import published_items
from millstream_tools.places import STATE_FOLDER

if TYPE_CHECKING:
    from millstream.learning.choosing.proposing import Proposal, Proposing, Tools
    from millstream.learning.choosing.testing import Other
    from millstream.learning.road import Data
    from millstream_tools.ops.stack import Stack

CHOICES_FOLDER = STATE_FOLDER / "choices"
MINUTES, MEMORY_GIB = 5.0, 4.0

Budget = Annotated[
    float | None,
    typer.Option(
        "--budget", min=0.01, help="CPU minutes for choosing, by an estimate of the work of each trial. Default: 5."
    ),
]
Units = Annotated[
    float | None,
    typer.Option(min=1.0, help="The budget in units instead: the same data, seed and units give the same model."),
]
Memory = Annotated[float, typer.Option(min=0.1, help="GiB of memory that fitting a model may take.")]
Report = Annotated[
    Path | None, typer.Option(file_okay=False, help="Folder for the report: choice.md, choice.json, choice.png.")
]


@dataclass(frozen=True)
class Choosing:
    """The options of a choice."""

    budget: float | None
    units: float | None
    memory: float
    report: Path | None


def choose(data: Data, options: Choosing, seed: int, into: Path, made_at_ms: int, stack: Stack | None) -> Proposal:
    """Choose a model and write it into a folder. Resumes a choice that was interrupted."""
    from millstream.learning.choosing.report import markdown, summary

    if stack is not None and len(data.rows):
        _check_catalogue(stack, data)
    with _proposing(data, options, seed, stack) as proposing:
        proposal = proposing(data, into, made_at_ms)
    for line in summary(proposal):
        say(line)
    if options.report is not None:
        options.report.mkdir(parents=True, exist_ok=True)
        (options.report / "choice.md").write_text(markdown(proposal), encoding="utf-8")
        (options.report / "choice.json").write_text(json.dumps(proposal.plain(), indent=1) + "\n", encoding="utf-8")
        if is_installed("matplotlib"):
            from millstream_tools.lab.choice_plot import draw

            draw(proposal, options.report / "choice.png")
    return proposal


@contextmanager
def _proposing(data: Data, options: Choosing, seed: int, stack: Stack | None) -> Iterator[Proposing]:
    from millstream.learning.choosing.budget import UNITS_A_MINUTE, Limits
    from millstream.learning.choosing.choosing import CODE
    from millstream.learning.choosing.journal import Journal
    from millstream.learning.choosing.proposing import Proposing

    limits = Limits(options.units or (options.budget or MINUTES) * UNITS_A_MINUTE, options.memory)
    tools = tools_here()
    incumbent = None if stack is None else _incumbent(stack, tools)
    about = {
        "data": data.training_set,
        "events": len(data.rows),
        "seed": seed,
        "limits": asdict(limits),
        "code": CODE,
        "leftOut": tools.left_out,
        "incumbent": None if incumbent is None else incumbent.trial.key,
    }
    # One choice at a time on a machine: a second one would only share its cores.
    with exclusive_lock(CHOICES_FOLDER / "lock"):
        journal = Journal(CHOICES_FOLDER, about)
        if journal.resumed:
            say(f"Resuming: {journal.resumed:,} trials are known from an interrupted run")
        yield Proposing(tools, limits, seed, journal, bar, say, incumbent)
        journal.remove()


def is_installed(library: str) -> bool:
    """Whether a library can be imported."""
    return find_spec(library) is not None


def tools_here() -> Tools:
    """What can be tried on this machine; without the extra `lab`, the families that need numpy alone."""
    from millstream.learning.choosing.light import light_spaces
    from millstream.learning.choosing.proposing import Tools
    from millstream.learning.families.families import LIGHT, Families

    if all(map(is_installed, ("scipy", "implicit", "threadpoolctl"))):
        from millstream_tools.lab.choosing import tools

        return tools()
    why = "needs pip install 'millstream[lab]'"
    return Tools(Families(LIGHT).create, light_spaces, dict.fromkeys(("ease", "ials", "sequence"), why))


def _check_catalogue(stack: Stack, data: Data) -> None:
    """Say how many events are about items that are not published; refuse if all are, since nothing would be shown."""
    import numpy as np  # the other commands do not need it

    published = published_items(stack)
    counts = data.rows.item_counts()
    known = np.array([item_key(item) in published for item in data.rows.items], bool)
    if not published:
        say("No items are published, and only published items are recommended: run `millstream catalogue import FILE`")
    elif not counts[known].sum():
        raise ExplainedError(
            f"expected events about some of the {len(published):,} published items, got {len(known):,} other items: "
            "nothing that this model recommends could be shown"
        )
    elif without := int(counts[~known].sum()):
        say(f"{without:,} of {int(counts.sum()):,} events are about items that are not published, which are not shown")


def _incumbent(stack: Stack, tools: Tools) -> Other | None:
    """The serving model's recipe; None without a champion, or if its family cannot be fitted here."""
    from millstream.learning.choosing.testing import Other
    from millstream.learning.choosing.trials import Trial
    from millstream.scoring.signature import seen_items

    models = stack.models()
    version = models.champion()
    if version is None:
        return None
    model = models.model(version)
    card = model.card
    try:
        tools.create(card.algorithm, card.knobs)
        exclude = seen_items(model.signature) or USUALLY_EXCLUDED
    except InvalidInputError as error:
        say(f"Not compared with the serving model {version}: {error}")
        return None
    return Other(Trial(card.algorithm, card.knobs), exclude.value)
