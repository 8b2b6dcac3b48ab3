"""Choosing on public data sets: what is chosen, beside the defaults of families, on test questions asked once."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from millstream.application.replay.progress import Progress
from millstream.domain.errors import InvalidInputError
from millstream.learning.choosing.budget import UNITS_A_MINUTE, Limits
from millstream.learning.choosing.choosing import CODE
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.proposing import Proposal, Proposing, Tools
from millstream.learning.choosing.report import markdown
from millstream.learning.choosing.trials import Trial
from millstream.learning.families.knobs import knobs_of
from millstream.learning.preparation import prepare
from millstream.learning.road import Data
from millstream.learning.stopwatch import Stopwatch
from millstream_tools.lab.experiments.files import slug
from millstream_tools.lab.experiments.looks import looked
from millstream_tools.lab.experiments.reading import preparation_of, unique_names
from millstream_tools.lab.experiments.source import Source

_KEYS = {"name", "data", "preparation", "fitted_on"}


@dataclass(frozen=True)
class ChoiceSet:
    """A data set to choose on. `fitted_on` says which part of it the tested models were fitted on."""

    name: str
    data: Source
    preparation: Sequence[Mapping[str, Any]]
    fitted_on: str


@dataclass(frozen=True)
class Choices:
    """The sets of a file, and the models beside which the chosen one is tested, by name."""

    sets: tuple[ChoiceSet, ...]
    defaults: Mapping[str, Trial]
    seed: int


@dataclass(frozen=True)
class Made:
    """The settings of a run: what can be tried, minutes of budget, and a word for both in file names."""

    tools: Tools
    minutes: float
    called: str
    command: str


def read_choices(path: Path) -> Choices:
    """Read a YAML file with `sets`, `defaults` (families) and `seed`. Raises InvalidInputError."""
    stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(stated, dict) or set(stated) != {"sets", "defaults", "seed"}:
        raise InvalidInputError(str(path), "a mapping with the keys sets, defaults, seed", stated)
    sets = unique_names(_set(one) for one in stated["sets"])
    return Choices(sets, {family: Trial(family, {}) for family in stated["defaults"]}, stated["seed"])


def _set(stated: Mapping[str, Any]) -> ChoiceSet:
    if set(stated) != _KEYS:
        raise InvalidInputError("sets", f"entries with the keys {', '.join(sorted(_KEYS))}", ", ".join(stated))
    return ChoiceSet(stated["name"], knobs_of(Source, stated["data"]), stated["preparation"], stated["fitted_on"])


def choose_on(
    one: ChoiceSet,
    choices: Choices,
    made: Made,
    data: Path,
    into: Path,
    kept: Path,
    progress: Progress,
    say: Callable[[str], None],
) -> Path:
    """Choose on one set; write `choice-SET-CALLED.md` and `.json` into a folder; return the JSON file.

    An interrupted choice resumes from `kept`. The look at the test questions is counted (`looks`).
    """
    say(f"{one.name}: reads the data")
    rows, _ = prepare(one.data.rows(data).interactions, preparation_of(one.preparation))
    digest = one.data.digest(data)
    limits = Limits(made.minutes * UNITS_A_MINUTE)
    about = {"data": digest, "units": limits.units, "seed": choices.seed, "code": CODE, "called": made.called}
    journal = Journal(kept, about)
    propose = Proposing(made.tools, limits, choices.seed, journal, progress, say, others={**choices.defaults})
    watch = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="millstream-choice-") as folder:
        proposal = propose(Data(rows, digest), Path(folder) / "model", 0)
    seconds = watch.seconds()
    into.mkdir(parents=True, exist_ok=True)
    named = f"choice-{slug(one.name)}-{made.called}"
    (into / f"{named}.md").write_text(_page(one, made, proposal, seconds.cpu), encoding="utf-8")
    found = {
        "set": one.name,
        "fitted_on": one.fitted_on,
        "command": made.command,
        "data_sha256": digest,
        "cpu_s": round(seconds.cpu, 1),
        "wall_s": round(seconds.wall, 1),
        **proposal.plain(),
    }
    (into / f"{named}.json").write_text(_as_text(found), encoding="utf-8")
    if proposal.tested is not None:
        looked(into, digest, one.name, proposal.tested.protocol, made.command)
    journal.remove()
    return into / f"{named}.json"


def _as_text(found: Mapping[str, Any]) -> str:
    """JSON with one line for each trial."""
    text = json.dumps({**found, "tried": []}, indent=1, ensure_ascii=False)
    trials = ",\n".join("  " + json.dumps(one, ensure_ascii=False) for one in found["tried"])
    return text.replace('"tried": []', f'"tried": [\n{trials}\n ]') + "\n"


def _page(one: ChoiceSet, made: Made, proposal: Proposal, cpu_s: float) -> str:
    text = markdown(proposal)
    title, _, rest = text.partition("\n")
    del title
    return (
        f"# {one.name}: the chosen model ({made.called})\n\nMade by `{made.command}` in {cpu_s:,.0f} s of CPU. "
        f"The tested models were fitted on {one.fitted_on}.\n{rest}"
    )


def table(into: Path, called: str) -> str:
    """A Markdown table of all sets for which there are results, from their JSON files."""
    lines = [
        "| set | chosen | HR@10 | NDCG@10 | best default | its NDCG@10 | difference | trials | CPU s |",
        "|---|---|---:|---:|---|---:|---:|---:|---:|",
    ]
    for path in sorted(into.glob(f"choice-*-{called}.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["tested"] is not None:
            lines.append(_row(found))
    return "\n".join(lines) + "\n"


def _row(found: Mapping[str, Any]) -> str:
    tested, whole = found["tested"], found["tested"]["slices"]["all"]
    best = min(tested["comparisons"], key=lambda one: one["mean"])
    other = tested["others"][best["against"]]
    chosen = found["chosen"]
    parts = [part["family"] for part in chosen["knobs"]["parts"]] if chosen["family"] == "blend" else [chosen["family"]]
    return (
        f"| {found['set']} | {' + '.join(parts)}, excluded: {found['excluded']} | {whole['HR@10']:.4f} "
        f"| {whole['NDCG@10']:.4f} | {best['against']} | {other['NDCG@10']:.4f} "
        f"| {best['mean']:+.4f} ± {best['standard_error']:.4f} | {len(found['tried'])} | {found['cpu_s']:,.0f} |"
    )
