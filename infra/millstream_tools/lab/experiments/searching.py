"""Search knobs by Optuna's TPE. Each trial is saved to a file at once, from which the search resumes.

J. Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011; T. Akiba et al., "Optuna", KDD 2019.
What a trial tries depends on the seed and on the finished trials only, so a search that was broken off and went on
ends where an unbroken one does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import answer
from millstream.learning.families.contract import Recommender
from millstream.learning.stopwatch import Stopwatch
from millstream_tools.lab.experiments.report import About
from millstream_tools.lab.experiments.running import LIBRARIES, Written, prepared
from millstream_tools.lab.experiments.tuning import Choices, Range, Searched, Tuning
from millstream_tools.lab.experiments.tuning_report import Tried, Tuned, as_json, report

_TRIED_BEFORE_PRUNING = 5
_BEFORE = "before the search"
_REFUSED = "refused"
_TOOK = "trial"
_KNOBS = "knobs"


@dataclass(frozen=True)
class _Judge:
    """Evaluates a choice of knobs."""

    folds: Sequence[Split]
    metric: str
    seed: int

    def value(self, model: Recommender, fold: int) -> float:
        """The metric's mean over one fold's questions."""
        split = self.folds[fold]
        model.fit(split.train, self.seed)
        return float(measure(answer(model, split.questions), self.metric).mean())


def tune(
    tuning: Tuning, data: Path, into: Path, kept: Path, command: str, say: Callable[[str], None]
) -> tuple[Written, Sequence[Tuned]]:
    """Search the knobs of every model; write `NAME.md` and `NAME.json` into `into`, also where Ctrl-C ends it.

    `data` is the folder with all data; `kept` the one where `NAME.journal` keeps the trials. `say` is called for each
    trial. Raises InvalidInputError where that file's trials were judged in another way.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    interactions, about = prepared(
        tuning.data, tuning.preparation, data, command=command, seed=tuning.seed, libraries=(*LIBRARIES, "optuna")
    )
    judge = _Judge(tuning.validation.folds(interactions), tuning.metric, tuning.seed)
    kept.mkdir(parents=True, exist_ok=True)
    journal = kept / f"{tuning.name}.journal"
    storage = JournalStorage(JournalFileBackend(str(journal)))
    studies: list[tuple[Searched, optuna.Study]] = []
    try:
        for model in tuning.models:
            study = _study(tuning, model, about, storage, journal)
            studies.append((model, study))
            _search(study, model, judge, tuning.trials, say)
    except KeyboardInterrupt:
        say(f"Broken off. {journal} has what was tried; the same command goes on.")
        raise
    finally:
        tuned = [_tuned(model, study) for model, study in studies if _BEFORE in study.user_attrs]
        written = Written(into / f"{tuning.name}.md", into / f"{tuning.name}.json")
        into.mkdir(parents=True, exist_ok=True)
        written.report.write_text(report(tuning, about, judge.folds, tuned), encoding="utf-8")
        written.figures.write_text(as_json(tuning, about, judge.folds, tuned), encoding="utf-8")
    return written, tuned


def _study(tuning: Tuning, model: Searched, about: About, storage: JournalStorage, journal: Path) -> optuna.Study:
    """The model's trials so far; those that were broken off are over."""
    study = optuna.create_study(
        storage=storage,
        study_name=model.name,
        direction="maximize",
        pruner=MedianPruner(n_startup_trials=_TRIED_BEFORE_PRUNING),
        load_if_exists=True,
    )
    stated = tuning.stated["models"][tuning.models.index(model)]
    judged = {name: tuning.stated[name] for name in ("preparation", "validation", "metric", "seed")}
    judged = json.loads(json.dumps({"data": about.data_sha256, **judged, "model": stated}))
    for name, value in judged.items():
        if name not in study.user_attrs:
            study.set_user_attr(name, value)
        if study.user_attrs[name] != value:
            raise InvalidInputError(
                name, f"{study.user_attrs[name]}, as {journal} was begun with; rename or remove it to begin anew", value
            )
    for stale in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(stale.number, state=TrialState.FAIL)
    return study


def _search(study: optuna.Study, model: Searched, judge: _Judge, trials: int, say: Callable[[str], None]) -> None:
    """Evaluate the given model first, then run trials up to the given number."""
    if _BEFORE not in study.user_attrs:
        watch = Stopwatch()
        before = [judge.value(model.create({}), fold) for fold in range(len(judge.folds))]
        study.set_user_attr(_BEFORE, {"folds": before, "seconds": watch.seconds().named(_TOOK)})
    say(f"{model.name}: {judge.metric} {np.mean(study.user_attrs[_BEFORE]['folds']):.4f} before the search")
    while (done := len(_finished(study))) < trials:
        study.sampler = TPESampler(seed=int(np.random.SeedSequence([judge.seed, done]).generate_state(1)[0]))
        trial = study.ask()
        try:
            outcome = _tried(trial, model, judge)
        except KeyboardInterrupt:
            study.tell(trial, state=TrialState.FAIL)
            raise
        if isinstance(outcome, float):
            study.tell(trial, outcome)
        else:
            study.tell(trial, state=outcome)
        say(f"  {done + 1} of {trials}: {_words(study, study.trials[trial.number])}")


def _tried(trial: Trial, model: Searched, judge: _Judge) -> float | TrialState:
    """The mean over the folds; or that the trial was ended after a fold, or that there is no such model."""
    watch = Stopwatch()
    values = {name: _drawn(trial, name, where) for name, where in model.search.items()}
    trial.set_user_attr(_KNOBS, values)
    found: list[float] = []
    try:
        for fold in range(len(judge.folds)):
            found.append(judge.value(model.create(values), fold))
            trial.report(found[-1], fold)
            if fold < len(judge.folds) - 1 and trial.should_prune():
                return TrialState.PRUNED
    except InvalidInputError as error:
        trial.set_user_attr(_REFUSED, str(error))
        return TrialState.FAIL
    finally:
        trial.set_user_attr(_TOOK, watch.seconds().named(_TOOK))
    return float(np.mean(found))


def _drawn(trial: Trial, name: str, where: Range | Choices) -> Any:
    """A value as text; numbers with four digits."""
    if isinstance(where, Choices):
        return trial.suggest_categorical(name, where.choices)
    if isinstance(where.low, int) and isinstance(where.high, int):
        return trial.suggest_int(name, where.low, where.high, log=where.log)
    drawn = float(f"{trial.suggest_float(name, where.low, where.high, log=where.log):.4g}")
    return min(max(drawn, where.low), where.high)


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that need not be tried again: all but those that were broken off."""
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state in {TrialState.COMPLETE, TrialState.PRUNED} or _REFUSED in trial.user_attrs
    ]


def _tuned(model: Searched, study: optuna.Study) -> Tuned:
    before: Mapping[str, Any] = study.user_attrs[_BEFORE]
    tried = [
        Tried(
            number=number,
            knobs=trial.user_attrs[_KNOBS],
            folds=[trial.intermediate_values[fold] for fold in sorted(trial.intermediate_values)],
            whole=trial.state is TrialState.COMPLETE,
            refused=trial.user_attrs.get(_REFUSED, ""),
            seconds=trial.user_attrs[_TOOK],
        )
        for number, trial in enumerate(_finished(study), start=1)
    ]
    return Tuned(model, Tried(0, {}, before["folds"], True, "", before["seconds"]), tried)


def _words(study: optuna.Study, trial: FrozenTrial) -> str:
    """A trial in one line."""
    knobs = ", ".join(f"{name} {value}" for name, value in trial.user_attrs[_KNOBS].items())
    if trial.state is TrialState.COMPLETE:
        return f"{trial.value:.4f} (best {study.best_value:.4f}) with {knobs}"
    why = trial.user_attrs.get(_REFUSED) or f"ended after fold {len(trial.intermediate_values)}"
    return f"{why}, with {knobs}"
