"""Which models of the lab can be served, and how each is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from millstream.domain.errors import InvalidInputError
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream_tools.lab.models.blend import Blend, Part
from millstream_tools.lab.models.contract import Recommender
from millstream_tools.lab.models.covisitation import Covisitation
from millstream_tools.lab.models.ease import Ease
from millstream_tools.lab.sequence.blend_graph import ItemToItem
from millstream_tools.lab.sequence.export import export, export_blend
from millstream_tools.lab.served.covisitation import export_covisitation
from millstream_tools.lab.served.export.folder import Exported
from millstream_tools.lab.served.export.origin import Origin

if TYPE_CHECKING:
    # Not when it runs: co-visitation is served, and fitted, without PyTorch.
    from millstream_tools.lab.sequence.recommender import SequenceRecommender

SEQUENCE = "sequence"
ABLE = f"covisitation, {SEQUENCE}, or a blend of one {SEQUENCE} with covisitation or ease"

MOST_BLENDED_ITEMS = 20_000
"""A blend holds, for each part beside the sequence model, what every item says about every other: 800 MB at this."""


def check_form(model: Recommender) -> None:
    """Raises InvalidInputError, naming the families that can be served, for a model that cannot. It need not be fitted.

    Of a blend, the sequence model's scores must be taken as they are and with a weight above 0.
    """
    if isinstance(model, Blend):
        _check_blend(model)
    elif not isinstance(model, Covisitation) and model.name != SEQUENCE:
        raise InvalidInputError("family", f"one that can be served: {ABLE}", model.name)


def check_catalogue(model: Recommender, items: int) -> None:
    """Raises InvalidInputError for a catalogue that is too large for the model's form."""
    if isinstance(model, Blend) and items > MOST_BLENDED_ITEMS:
        raise InvalidInputError("items", f"at most {MOST_BLENDED_ITEMS:,} for a blend that is served", f"{items:,}")


def write(model: Recommender, item_ids: Sequence[str], folder: Path, origin: Origin) -> Exported:
    """Write a fitted model that `check_form` lets pass into `folder`; `item_ids` name the items of its catalogue."""
    if isinstance(model, Covisitation):
        return export_covisitation(model, item_ids, folder, origin)
    if isinstance(model, Blend):
        return _write_blend(model, item_ids, folder, origin)
    sequence = cast("SequenceRecommender", model)
    return export(sequence.knobs, sequence.weights(), item_ids, folder, origin)


def _check_blend(blend: Blend) -> None:
    sequences = [part for part in blend.parts if part.model.name == SEQUENCE]
    others = [part.model.name for part in blend.parts if not isinstance(part.model, Covisitation | Ease)]
    if len(sequences) != 1 or others != [SEQUENCE] or len(blend.parts) == 1:
        families = " + ".join(part.model.name for part in blend.parts)
        raise InvalidInputError("family", f"one that can be served: {ABLE}", f"a blend of {families}")
    (sequence,) = sequences
    if sequence.weight <= 0 or sequence.logarithm is not None:
        expected = "a weight above 0 and no logarithm, as it is to be served"
        raise InvalidInputError(SEQUENCE, expected, f"{sequence.weight} and {sequence.logarithm}")


def _write_blend(blend: Blend, item_ids: Sequence[str], folder: Path, origin: Origin) -> Exported:
    (main,) = (part for part in blend.parts if part.model.name == SEQUENCE)
    sequence = cast("SequenceRecommender", main.model)
    others = [_item_to_item(part, len(item_ids)) for part in blend.parts if part is not main]
    told = replace(origin, knobs={"parts": [_told(part) for part in blend.parts]})
    return export_blend(sequence.knobs, sequence.weights(), main.weight, others, item_ids, folder, told)


def _item_to_item(part: Part, items: int) -> ItemToItem:
    model = part.model
    if isinstance(model, Covisitation):
        last, decay = model.knobs.last, model.knobs.asked_decay
    else:
        knobs = cast("Ease", model).knobs
        last, decay = knobs.last or RECENT_EVENTS, knobs.decay
    return ItemToItem.of(model, items, last=last, decay=decay, weight=part.weight, logarithm=part.logarithm)


def _told(part: Part) -> dict[str, object]:
    """A part as a card tells of it."""
    knobs = cast("Covisitation | Ease | SequenceRecommender", part.model).knobs
    return part.plain() | {"knobs": asdict(knobs)}
