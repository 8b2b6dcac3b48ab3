"""LightGCN against its formulas written down the long way."""

from __future__ import annotations

import numpy as np
import torch

from millstream.learning.interactions import Floats
from millstream_tools.lab.models import lightgcn
from millstream_tools.lab.models.families import create
from millstream_tools.lab.models.matrices import user_item
from tests.contract.recommender_suite import ITEMS, SEED, USERS, interactions
from tests.unit.tools.lab.made_up import ints

LAYERS = 3


def adjacency() -> Floats:
    """D^-1/2 A D^-1/2 of the paper, of users and then items."""
    touched = user_item(interactions()).toarray()
    whole = np.block([[np.zeros((USERS, USERS)), touched], [touched.T, np.zeros((ITEMS, ITEMS))]])
    degree = np.maximum(whole.sum(axis=1), 1)
    return np.asarray(whole / np.sqrt(np.outer(degree, degree)))


def own(width: int = 5) -> Floats:
    return np.random.default_rng(SEED).normal(size=(USERS + ITEMS, width))


def test_embeddings_travel_along_the_graph() -> None:
    """The mean of the layers is a sum of powers of the normalised adjacency."""
    graph = lightgcn._normalised(user_item(interactions()))
    powers = [np.linalg.matrix_power(adjacency(), layer) for layer in range(LAYERS + 1)]
    found = lightgcn._Propagated.apply(torch.from_numpy(own()), graph, LAYERS)  # type: ignore[no-untyped-call]
    np.testing.assert_allclose(found.numpy(), np.mean(powers, axis=0) @ own(), rtol=1e-5, atol=1e-6)


def test_the_gradient_is_that_of_the_formula() -> None:
    """Against autograd through the dense matrix."""
    graph = lightgcn._normalised(user_item(interactions()))
    weights = torch.from_numpy(np.random.default_rng(1).normal(size=own().shape))
    dense = torch.from_numpy(adjacency())

    def gradient(propagated: torch.Tensor, leaf: torch.Tensor) -> Floats:
        (propagated.square() * weights).sum().backward()  # type: ignore[no-untyped-call]
        assert leaf.grad is not None
        return leaf.grad.numpy()

    leaf = torch.from_numpy(own()).requires_grad_()
    found = gradient(lightgcn._Propagated.apply(leaf, graph, LAYERS), leaf)  # type: ignore[no-untyped-call]
    other = torch.from_numpy(own()).requires_grad_()
    powers = [other, dense @ other, dense @ dense @ other, dense @ dense @ dense @ other]
    np.testing.assert_allclose(found, gradient(sum(powers) / 4, other), rtol=1e-4, atol=1e-6)  # type: ignore[arg-type]


def test_a_history_that_was_fitted_asks_with_the_users_own_layers() -> None:
    """All but layer 0, which only a fitted user has."""
    train = interactions()
    touched = user_item(train)
    layers = lightgcn._layers(lightgcn._normalised(touched), own(), LAYERS)
    asking, answering = lightgcn._vectors(layers, touched)
    np.testing.assert_allclose(answering, np.mean(layers, axis=0)[USERS:])
    for user, history in enumerate(train.histories()):
        distinct = np.unique(history)
        folded = asking[distinct].sum(axis=0) / np.sqrt(len(distinct))
        np.testing.assert_allclose(folded, np.sum(layers[1:], axis=0)[user], rtol=1e-5, atol=1e-6)


def test_the_fit_puts_what_users_touched_first() -> None:
    """Users of this data have one of two tastes."""
    model = create("lightgcn", {"factors": 8, "epochs": 40, "batch": 256})
    model.fit(interactions(), SEED)
    low, high = model.recommend([ints(1, 2), ints(13, 14)], 6, exclude_seen=True)
    half = (ITEMS - 1) // 2
    assert low.max() < half <= high.min()


def test_only_the_latest_items_ask_and_earlier_ones_less() -> None:
    """As the knobs say."""
    model = create("lightgcn", {"factors": 8, "epochs": 2, "last": 2, "decay": 0.5})
    model.fit(interactions(), SEED)
    both, new, old = model.score([ints(9, 1, 2), ints(2), ints(1)])
    np.testing.assert_allclose(both, new + old / 2, rtol=1e-6, atol=1e-12)
