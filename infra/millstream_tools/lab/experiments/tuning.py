"""The YAML files of tunings: the searched knobs and ranges, and the evaluation."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.leave_one_out import leave_one_out
from millstream.learning.evaluation.metrics import metric
from millstream.learning.evaluation.questions import Split, check_choice
from millstream.learning.evaluation.time_split import time_split
from millstream.learning.families.contract import Recommender
from millstream.learning.families.knobs import knobs_of, whole
from millstream.learning.interactions import Interactions
from millstream.learning.preparation import Step
from millstream_tools.lab.experiments.reading import preparation_of, stated_in, unique_names
from millstream_tools.lab.experiments.source import Source
from millstream_tools.lab.models.families import create

Kind = Literal["time_series", "leave_one_out"]

_FOLD_OF = {
    "time_series": (time_split, ("data", "share", "until")),
    "leave_one_out": (leave_one_out, ("data", "part", "fit_on_validation")),
}
"""The protocol of a fold, and those of its arguments that are not the file's to say."""


@dataclass(frozen=True)
class Validation:
    """Time-series cross-validation: of each two neighbours in `cuts`, shares of the rows in order of time, a model is
    fitted on all rows before the first and asked for those from there until the second. The last cut is the test's.

    R. Hyndman, G. Athanasopoulos, "Forecasting: principles and practice", 2021, 5.10. Files without times have no such
    cuts: leave_one_out asks for each user's item before the last. `knobs` are further arguments of the protocol.
    """

    kind: Kind
    cuts: tuple[float, ...] = ()
    knobs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice("validation.kind", get_args(Kind), self.kind)
        rising = all(0 < early < late <= 1 for early, late in pairwise(self.cuts))
        if self.kind == "time_series" and not (len(self.cuts) > 1 and rising):
            raise InvalidInputError("validation.cuts", "two or more rising shares of the rows", self.cuts)
        if self.kind == "leave_one_out" and self.cuts:
            raise InvalidInputError("validation.cuts", "none for leave_one_out", self.cuts)
        protocol, taken = _FOLD_OF[self.kind]
        names = [name for name in inspect.signature(protocol).parameters if name not in taken]  # type: ignore[arg-type]
        for name in self.knobs:
            if name not in names:
                raise InvalidInputError("validation.knobs", f"names among {', '.join(names)}", name)

    def folds(self, data: Interactions) -> list[Split]:
        """The earliest first, which is fitted on least. Raises InvalidInputError for cuts in data without times."""
        if self.kind == "leave_one_out":
            return [leave_one_out(data, "validation", **self.knobs)]
        if not data.timed:
            raise InvalidInputError("validation.kind", "leave_one_out for rows without times", self.kind)
        return [time_split(data, early, until=late, **self.knobs) for early, late in pairwise(self.cuts)]

    def __str__(self) -> str:
        """A description of the folds."""
        if self.kind == "leave_one_out":
            return "No cuts in time: each user is asked for the item before the last, once; the last is the test's."
        return (
            f"Each fold's questions come after all that its models were fitted on. Nothing from {self.cuts[-1]:.0%} "
            "of the rows on was looked at."
        )


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, whole ones where both are; `log`: each doubling is as likely as the next."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.low, int | float) and isinstance(self.high, int | float) and self.low < self.high):
            raise InvalidInputError("search", "low < high", (self.low, self.high))
        if self.log and self.low <= 0:
            raise InvalidInputError("search", "low above 0 where log is true", self.low)

    @property
    def ends(self) -> Sequence[Any]:
        """Both ends."""
        return self.low, self.high


@dataclass(frozen=True)
class Choices:
    """One of these."""

    choices: tuple[Any, ...]

    @property
    def ends(self) -> Sequence[Any]:
        """The first and the last."""
        return self.choices[0], self.choices[-1]


@dataclass(frozen=True)
class Searched:
    """A model with searched knobs.

    `knobs` are the fixed ones, and with the family's defaults what the search has to beat. `search` goes by the knob's
    name; `parts.1.weight` is the weight of a blend's second part.
    """

    name: str
    family: str
    search: Mapping[str, Range | Choices]
    knobs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Both ends of the search must be models; a combination in between may still be refused when it is tried."""
        if not self.search:
            raise InvalidInputError(f"{self.name}.search", "one or more knobs", "none")
        self.create({})
        for end in (0, 1):
            self.create({name: where.ends[end] for name, where in self.search.items()})

    def create(self, values: Mapping[str, Any]) -> Recommender:
        """Create the model with these values of the searched knobs."""
        return create(self.family, self.all_knobs(values))

    def all_knobs(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The fixed knobs and these."""
        knobs: Any = copy.deepcopy(dict(self.knobs))
        for path, value in values.items():
            *way, name = (int(step) if step.isdigit() else step for step in path.split("."))
            inner = knobs
            for step in way:
                try:
                    inner = inner[step]
                except (KeyError, IndexError, TypeError) as error:
                    raise InvalidInputError(f"{self.name}.search", f"{step} among the fixed knobs", path) from error
            inner[name] = value
        return dict(knobs)


@dataclass(frozen=True)
class Tuning:
    """A tuning. `stated` is the file's content, to be included in the results."""

    name: str
    title: str
    data: Source
    preparation: tuple[Step, ...]
    validation: Validation
    metric: str
    models: tuple[Searched, ...]
    trials: int
    """Choices of knobs that are tried for each model, at most."""

    seed: int
    stated: Mapping[str, Any]

    def __post_init__(self) -> None:
        metric(self.metric)
        whole(self, "trials")


_KEYS = ("title", "data", "preparation", "validation", "metric", "models", "trials", "seed")


def read_tuning(path: Path) -> Tuning:
    """Read the tuning of a YAML file, named after it. Raises InvalidInputError for an invalid file."""
    stated = stated_in(path, _KEYS)
    models = unique_names(_searched(one) for one in stated["models"])
    return Tuning(
        name=path.stem,
        title=stated["title"],
        data=knobs_of(Source, stated["data"]),
        preparation=preparation_of(stated["preparation"]),
        validation=_validation(stated["validation"]),
        metric=stated["metric"],
        models=models,
        trials=stated["trials"],
        seed=stated["seed"],
        stated=stated,
    )


def _validation(stated: Mapping[str, Any]) -> Validation:
    return knobs_of(Validation, {**stated, "cuts": tuple(stated.get("cuts", ()))})


def _searched(stated: Mapping[str, Any]) -> Searched:
    search = {name: _where(name, where) for name, where in stated.get("search", {}).items()}
    return knobs_of(Searched, {**stated, "search": search})


def _where(name: str, stated: Any) -> Range | Choices:
    """`{low, high}`, perhaps with `log`, or `{choices: [...]}`."""
    if isinstance(stated, dict) and isinstance(stated.get("choices"), list) and len(stated["choices"]) > 1:
        return knobs_of(Choices, {**stated, "choices": tuple(stated["choices"])})
    if isinstance(stated, dict) and {"low", "high"} <= set(stated):
        return knobs_of(Range, stated)
    raise InvalidInputError(f"search.{name}", "low and high, perhaps log: true, or two choices or more", stated)
