"""Two models on the same questions, also if they were measured on different days."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import Answers, flattened
from millstream.learning.evaluation.statistics import SAMPLES, PairedDifference, paired
from millstream.learning.interactions import Floats, Ints


@dataclass(frozen=True, eq=False)
class PerQuestion:
    """One model's values of each metric per question, [q], the users, [q], and the digest of the questions."""

    questions: str
    user: Ints
    values: Mapping[str, Floats]

    @classmethod
    def of(cls, split: Split, answers: Answers, metrics: Sequence[str]) -> PerQuestion:
        """The values of all questions of a split."""
        return cls(questions_digest(split), answers.user, {name: measure(answers, name) for name in metrics})

    def save(self, path: Path) -> None:
        """Into one .npz file."""
        columns = {f"value {name}": values for name, values in self.values.items()}
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, questions=np.array(self.questions), user=self.user, **columns)

    @classmethod
    def load(cls, path: Path) -> PerQuestion:
        """Load the output of `save`. Raises `InvalidInputError` for another file."""
        try:
            with np.load(path, allow_pickle=False) as file:
                values = {name[len("value ") :]: file[name] for name in file.files if name.startswith("value ")}
                return cls(str(file["questions"]), file["user"], values)
        except (ValueError, KeyError, EOFError) as error:
            raise InvalidInputError(str(path), "values by question, as they are saved", str(error)) from error


def compared(
    first: PerQuestion, second: PerQuestion, metric: str, seed: int, samples: int = SAMPLES
) -> PairedDifference:
    """The mean difference of two models. Raises `InvalidInputError` if their questions differ."""
    if first.questions != second.questions:
        raise InvalidInputError("questions", f"those of the first model, {first.questions}", second.questions)
    for name, model in (("first", first), ("second", second)):
        if metric not in model.values:
            raise InvalidInputError("metric", f"one that the {name} model has: {', '.join(model.values)}", metric)
    return paired(first.values[metric], second.values[metric], first.user, seed, samples)


def questions_digest(split: Split) -> str:
    """The digest of the users, histories, targets, exclusions and the catalogue; equal if and only if those are."""
    digest = hashlib.sha256("\0".join(split.train.items).encode())
    asked = split.questions
    for lists in (asked.histories, asked.targets, asked.excluded):
        for column in flattened(lists):
            digest.update(len(column).to_bytes(8, "little") + column.astype("<i8").tobytes())
    digest.update(asked.user.astype("<i8").tobytes())
    return digest.hexdigest()
