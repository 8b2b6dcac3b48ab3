"""From events to a proposed model: choose, test once, fit on everything, and write the folder with the whole story."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from millstream.application.replay.progress import Progress
from millstream.domain.errors import InvalidInputError
from millstream.learning.choosing.budget import Limits
from millstream.learning.choosing.choosing import DEFAULT, POPULARITY, Chosen, Contender, choose
from millstream.learning.choosing.cuts import Cuts
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.judge import Create
from millstream.learning.choosing.repeats import Repeats
from millstream.learning.choosing.shop import Shop
from millstream.learning.choosing.spaces import Space
from millstream.learning.choosing.testing import Other, Tested, tested
from millstream.learning.choosing.trials import Trial
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.time_split import ExcludeInTime
from millstream.learning.export.origin import Origin
from millstream.learning.export.place import check_place
from millstream.learning.interactions import Interactions
from millstream.learning.road import NO_COST, Data, Evaluated, Fitted, Recipe, evaluate, learnable, write_model

MIB = 2.0**20
TRIED_ON_CARD = 20
"""The best trials on a model's card; the report has all."""


@dataclass(frozen=True)
class Tools:
    """What can be fitted here: how models are created, what is tried, and what is left out here, with the reasons."""

    create: Create
    spaces: Callable[[Shop], Sequence[Space]]
    left_out: dict[str, str]


@dataclass(frozen=True)
class Proposal:
    """A written model, how it was chosen, and its test; `warnings` are what a person should know before it serves."""

    fitted: Fitted
    chosen: Chosen
    tested: Tested | None
    warnings: Sequence[str]

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "version": self.fitted.version,
            **self.chosen.plain(),
            "tested": None if self.tested is None else self.tested.plain(),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Proposing:
    """Chooses a model for events.

    `incumbent` is the recipe of the serving model, with what it excludes. `exclusions` are what slates may exclude, the
    usual first; without them, all are tried. `others` are more models to compare with on the test questions.
    """

    tools: Tools
    limits: Limits
    seed: int
    journal: Journal
    progress: Progress
    say: Callable[[str], None]
    incumbent: Other | None = None
    exclusions: Sequence[ExcludeInTime] = ()
    others: Mapping[str, Trial] = field(default_factory=dict)

    def __call__(self, data: Data, folder: Path, made_at_ms: int) -> Proposal:
        """Write the chosen model into `folder`, replacing a model there.

        Raises InvalidInputError for events of which nothing can be learned, and for a folder with other contents.
        """
        check_place(folder)
        rows = learnable(data.rows)
        if without := len(data.rows) - len(rows):
            self.say(f"Left out: {without:,} events on items without a positive event")
        cuts = Cuts(rows, self.exclusions)
        incumbent = Contender(self.incumbent.trial, Repeats(self.incumbent.exclude)) if self.incumbent else None
        with self.progress("Choosing, in units", round(self.limits.units)) as advance:
            chosen = choose(
                cuts,
                self.tools.create,
                self.tools.spaces,
                self.limits,
                self.seed,
                self.journal,
                advance,
                self.say,
                incumbent,
            )
        chosen.left_out.update(self.tools.left_out)
        contender, evaluated, warnings = self._within_limits(chosen, cuts)
        chosen = replace(chosen, trial=contender.trial, repeats=contender.repeats)
        result = (
            None if evaluated is None else tested(evaluated, self._others(cuts), cuts, self.tools.create, self.seed)
        )
        if result is not None:
            warnings += [f"on the test questions {name} is better" for name in result.worse_than]
        recipe = self._recipe(contender)
        origin = Origin(
            data.training_set,
            self.seed,
            NO_COST,
            made_at_ms,
            evaluated.metrics if evaluated else {},
            data.log,
            choice=_on_card(chosen, result),
        )
        fitted = write_model(rows, recipe, evaluated, folder, origin, self.say, chosen.repeats.seen)
        return Proposal(fitted, chosen, result, warnings)

    def _within_limits(self, chosen: Chosen, cuts: Cuts) -> tuple[Contender, Evaluated | None, list[str]]:
        """The best contender that serves within the limits, and why better ones do not."""
        warnings: list[str] = []
        if chosen.why_unmeasured is not None:
            warnings.append(f"models could not be compared ({chosen.why_unmeasured}): this is a default")
            return chosen.contenders[0], None, warnings
        for contender in chosen.contenders:
            evaluated = evaluate(
                cuts.rows, self._recipe(contender), self._test(cuts, contender), self.progress, self.say
            )
            why = _over_limits(evaluated, self.limits) if evaluated else None
            if why is None:
                return contender, evaluated, warnings
            warnings.append(f"{contender.trial} was better, but {why}")
            self.say(warnings[-1])
        raise InvalidInputError("limits", "limits that one model keeps", "; ".join(warnings))

    @staticmethod
    def _test(cuts: Cuts, contender: Contender) -> Callable[[Interactions], Split]:
        return lambda _: cuts.split("test", contender.repeats.exclude)

    def _recipe(self, contender: Contender) -> Recipe:
        return Recipe(lambda: self.tools.create(contender.trial.family, contender.trial.knobs), self.seed)

    def _others(self, cuts: Cuts) -> dict[str, Other]:
        usual = cuts.usual
        others = {"popularity": Other(POPULARITY, usual), "the default": Other(DEFAULT, usual)}
        others |= {name: Other(trial, usual) for name, trial in self.others.items()}
        return others | ({"the serving model's recipe": self.incumbent} if self.incumbent else {})


def _over_limits(evaluated: Evaluated, limits: Limits) -> str | None:
    if evaluated.request_ms > limits.request_ms:
        return f"a request takes {evaluated.request_ms:.1f} ms of CPU, {limits.request_ms:g} are allowed"
    if evaluated.served_bytes > limits.served_mib * MIB:
        return f"it has {evaluated.served_bytes / MIB:,.0f} MiB, {limits.served_mib:g} are allowed"
    return None


def _on_card(chosen: Chosen, result: Tested | None) -> dict[str, Any]:
    """The choice in the bounds of a card: the shop, the limits, the test, and the best trials."""
    said = chosen.plain()
    best = sorted(said["tried"], key=lambda one: -one["NDCG@10"])[:TRIED_ON_CARD]
    return {**said, "tried": best, "trials": len(said["tried"]), "tested": None if result is None else result.plain()}
