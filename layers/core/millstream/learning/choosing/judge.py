"""The judge of a choice: fits a trial on the events before the cut and asks it the validation questions."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from millstream.application.replay.progress import Advance
from millstream.domain.errors import InvalidInputError
from millstream.learning.choosing.budget import GIB, Ledger, Limits, fit_units, memory_of, question_units
from millstream.learning.choosing.cuts import Cuts, sample
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.trials import HITS, METRIC, Outcome, Trial, Tried
from millstream.learning.evaluation.leave_one_out import Part
from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.ranking import answer
from millstream.learning.evaluation.time_split import ExcludeInTime
from millstream.learning.export.model import check_servable
from millstream.learning.families import fitting
from millstream.learning.families.blend import Blend
from millstream.learning.families.blend import Part as BlendPart
from millstream.learning.families.contract import Recommender
from millstream.learning.interactions import Ints

KEPT_MODELS = 8
"""Fitted models in memory, because blends and exclusions ask the same ones again."""

FINAL_FITS = 3
"""Fits of the chosen model after the search: to confirm it, to test it, and to serve."""

Create = Callable[[str, Mapping[str, Any]], Recommender]


@dataclass
class Judge:
    """Judges trials, and keeps count of what they cost. `refused` has the trials that could not be fitted, and why."""

    cuts: Cuts
    create: Create
    seed: int
    limits: Limits
    ledger: Ledger
    journal: Journal
    advance: Advance
    say: Callable[[str], None]
    tried: list[Tried] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    _best: float = 0.0
    _models: OrderedDict[str, Recommender] = field(default_factory=OrderedDict)

    @property
    def user_of_questions(self) -> Ints:
        """The user of each validation question, [q]."""
        return self.cuts.split("validation", self.cuts.usual).questions.user

    def is_positive(self, family: str, knobs: Mapping[str, Any]) -> bool:
        """Whether a model's scores have a logarithm."""
        return bool(getattr(self.create(family, knobs), "positive", False))

    def units_of(self, trial: Trial, questions: int | None = None, part: Part = "validation") -> float:
        """The units of one trial. Raises InvalidInputError for knobs that are no model."""
        split = self.cuts.split(part, self.cuts.usual)
        model = self.create(trial.family, trial.knobs)
        asked = len(split.questions) if questions is None else min(questions, len(split.questions))
        return fit_units(model, split.train) + question_units(model, asked, len(split.train.items))

    def is_affordable(self, trial: Trial) -> bool:
        """Whether the budget has the units of this trial and of the final fits of its model."""
        return self.ledger.spent + (1 + FINAL_FITS) * self.units_of(trial) <= self.ledger.units

    def why_not(self, trial: Trial) -> str | None:
        """Why a trial cannot take part: it cannot be served, or needs too much memory; None if it can."""
        train = self.cuts.split("validation", self.cuts.usual).train
        try:
            model = self.create(trial.family, trial.knobs)
            check_servable(model)
            memory = memory_of(model, train) / GIB
        except InvalidInputError as error:
            return str(error)
        if memory > self.limits.memory_gib:
            return f"needs about {memory:.1f} GiB of memory, {self.limits.memory_gib:g} are allowed"
        return None

    def __call__(
        self, trial: Trial, stage: str, exclude: ExcludeInTime, questions: int | None = None, part: Part = "validation"
    ) -> Tried | None:
        """The outcome on about so many questions of a part (None: on all); None if the model cannot be fitted."""
        if trial.key in self.refused:
            return None
        if why := self.why_not(trial):
            self.refused[trial.key] = why
            return None
        units = self.units_of(trial, questions, part)
        self.advance(self.ledger.spend(units))
        key = json.dumps([part, trial.key, exclude, questions])
        outcome = self.journal.get(key)
        if outcome is None:
            try:
                outcome = self._asked(trial, part, exclude, questions, units)
            except InvalidInputError as error:
                self.refused[trial.key] = str(error)
                return None
            self.journal.put(key, outcome)
        found = Tried(trial, stage, exclude, outcome)
        self._tell_best(found, len(self.cuts.split(part, exclude).questions), part)
        self.tried.append(found)
        return found

    def _tell_best(self, found: Tried, questions: int, part: Part) -> None:
        """Say when a trial is the best so far on all validation questions."""
        outcome = found.outcome
        if part == "validation" and len(outcome.values) == questions and outcome.mean > self._best:
            self._best = outcome.mean
            said = f"{METRIC} {outcome.mean:.4f} ± {outcome.standard_error:.4f}"
            self.say(f"{found.stage}: {said}, excluded: {found.exclude}, {found.trial}")

    def _asked(self, trial: Trial, part: Part, exclude: ExcludeInTime, questions: int | None, units: float) -> Outcome:
        asked = self.cuts.split(part, exclude).questions
        if questions is not None:
            asked = asked.select(sample(asked, questions))
        answers = answer(self.fitted(trial, part), asked)
        return Outcome(measure(answers, METRIC), measure(answers, HITS), units)

    def fitted(self, trial: Trial, part: Part) -> Recommender:
        """The model of a trial, fitted on the events before the questions of a part."""
        key = f"{part} {trial.key}"
        model = self._models.get(key)
        if model is None:
            model = self._blended(trial, part) if trial.family == Blend.name else None
            if model is None:
                model = self.create(trial.family, trial.knobs)
                fitting.fit(model, self.cuts.split(part, self.cuts.usual).train, self.seed)
            self._models[key] = model
            if len(self._models) > KEPT_MODELS:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return model

    def _blended(self, trial: Trial, part: Part) -> Recommender:
        """A blend of models that are fitted already: only their weights differ from trial to trial."""
        parts = [
            BlendPart(
                self.fitted(Trial(one["family"], one.get("knobs") or {}), part), one["weight"], one.get("logarithm")
            )
            for one in trial.knobs["parts"]
        ]
        blend = Blend(parts, scaled=trial.knobs.get("scaled", False))
        blend.scale(self.cuts.split(part, self.cuts.usual).train)
        return blend
