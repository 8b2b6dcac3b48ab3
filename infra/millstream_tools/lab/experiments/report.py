"""The Markdown page of a run: how to reproduce it, and one table per protocol and slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from millstream.learning.evaluation.slices import WHOLE
from millstream.learning.preparation import Count
from millstream_tools.lab.evaluation.results import LIST_LENGTH, Measured, as_table
from millstream_tools.lab.experiments.experiment import Protocol
from millstream_tools.lab.experiments.stream_report import stream_section
from millstream_tools.lab.experiments.streaming import StreamSection

_METRICS = ("HR@1", "HR@10", "NDCG@10", "MRR@10")
_LISTS = (f"coverage@{LIST_LENGTH}",)


@dataclass(frozen=True)
class About:
    """The conditions of a measurement."""

    command: str
    seed: int
    data_file: str
    data_sha256: str
    data_counts: Count
    preparation: Sequence[str]
    libraries: Mapping[str, str]
    cores: int
    load_before: float
    made_up: bool = False
    """Whether the data is simulated, so that no folder is needed."""

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "data_counts": self.data_counts._asdict()}


@dataclass(frozen=True)
class Section:
    """All models under one protocol."""

    protocol: Protocol
    models: Sequence[Measured]


def report(title: str, about: About, sections: Sequence[Section | StreamSection], plots: Sequence[str]) -> str:
    """The page; nothing in it is written by hand. `plots` are the names of the sections' pictures, beside the page."""
    lines = head(title, about)
    tables = [plot for plot, section in zip(plots, sections, strict=True) if isinstance(section, Section)]
    if tables:
        lines += [
            "",
            "All items are ranked but those that a line excludes. ± is one standard error, by bootstrap over users.",
        ]
        lines += ["", f"![NDCG@10 of each model]({tables[0]})"]
    for section, plot in zip(sections, plots, strict=True):
        if isinstance(section, StreamSection):
            lines += [line for text in stream_section(section, plot) for line in ("", text)]
        else:
            lines += _section(section)
    return "\n".join(lines) + "\n"


def head(title: str, about: About) -> list[str]:
    """The beginning of every page of the lab."""
    rows, users, items = about.data_counts
    libraries = ", ".join(f"{name} {version}" for name, version in about.libraries.items())
    folder = "" if about.made_up else " with MILLSTREAM_DATA naming the folder with the data"
    written = (
        f"Written by `{about.command}`{folder}; seed {about.seed}, "
        f"{libraries}, {about.cores} cores, load {about.load_before:.1f} before the run."
    )
    return [
        f"# {title}",
        "",
        written,
        "",
        f"Data: `{about.data_file}`, sha256 {about.data_sha256}: {rows:,} rows, {users:,} users, {items:,} items.",
        *(f"\n{step}" for step in about.preparation),
    ]


def _section(section: Section) -> list[str]:
    texts = ["", f"## {section.protocol.name}", "", f"{section.models[0].protocol}."]
    for slice_name in section.protocol.slices:
        asked = [model.slices[slice_name].questions for model in section.models if slice_name in model.slices]
        whole = slice_name == WHOLE
        # What a model took it took for all questions: said once.
        models = section.models if whole else [replace(model, seconds={}) for model in section.models]
        published = section.protocol.published if whole else ()
        table = as_table(models, _METRICS, _LISTS, slice_name, published)
        texts += ["", f"Questions ({slice_name}): {asked[0] if asked else 0:,}.", "", table.rstrip("\n")]
    return texts
