"""iALS: factors of users and items that explain touched pairs with high and all others with low confidence.

Y. Hu, Y. Koren, C. Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008; by the library
`implicit`. A history gets its factors by one exact least-squares step, so it need not be one that was fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream_tools.lab.models.matrices import user_item, weighted
from millstream_tools.lab.models.served_factors import ServedFactors


@dataclass(frozen=True)
class IalsKnobs:
    """The paper's."""

    factors: int = 128
    """Numbers a user and an item have."""

    regularization: float = 0.05
    """Pulls factors to zero."""

    alpha: float = 1.0
    """Confidence that a touched pair adds."""

    iterations: int = 15
    """Sweeps over users and items."""

    def __post_init__(self) -> None:
        whole(self, "factors", "iterations")
        between(self, "regularization", "alpha", above=0.0)


class Ials(RanksByScore):
    """score(h -> j) = x(h) . y(j), where x(h) minimises the loss of the history given the items' factors y."""

    name = "ials"

    def __init__(self, knobs: IalsKnobs | None = None) -> None:
        self.knobs = knobs or IalsKnobs()
        self._library: Any = None

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        self._library = self._made(seed)
        with threadpool_limits(1, "blas"):  # the library has threads of its own, and BLAS's slow them down
            self._library.fit(csr_matrix(user_item(train), dtype=np.float32), show_progress=False)

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated: that of the sweeps."""
        factors = self.knobs.factors
        return float(self.knobs.iterations * factors * (2e-9 * rows + 4.5e-10 * (users + items) * factors))

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        items = self._library.item_factors
        touched = csr_matrix(weighted(histories, len(items)), dtype=np.float32)
        users = self._library.recalculate_user(np.arange(len(histories)), touched)
        return np.asarray(users @ items.T, np.float64)

    def check_servable(self) -> None:
        """See Servable: all can be."""

    def served(self, place: Ints) -> ServedFactors:
        """See Servable."""
        rows = self._library.item_factors[np.argsort(place)]
        return ServedFactors(self.name, rows, self.knobs.regularization, self.knobs.alpha)

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"items": self._library.item_factors})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(IalsKnobs, knobs))
        model._library = model._made(seed=0)
        model._library.item_factors = arrays["items"]
        return model

    def _made(self, seed: int) -> Any:
        # Here, because the other models do without the library.
        from implicit.cpu.als import AlternatingLeastSquares

        with threadpool_limits(1, "blas"):  # or else it warns
            return AlternatingLeastSquares(**asdict(self.knobs), random_state=seed)
