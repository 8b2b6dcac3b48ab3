"""What can be tried beyond the light families, with the libraries that are installed here."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from millstream.learning.choosing.light import light_spaces
from millstream.learning.choosing.proposing import Tools
from millstream.learning.choosing.shop import Shop
from millstream.learning.choosing.spaces import Space
from millstream_tools.lab.models.families import create

NOT_SERVED = "its models cannot be served yet"
NEVER_CHOSEN = {
    "bpr": NOT_SERVED,
    "lightgcn": NOT_SERVED,
    "autoencoder": NOT_SERVED,
    "content": "needs the texts of the items",
    "hybrid": "needs the texts of the items",
}
"""Families of the lab that do not take part, and why."""

_EASE = Space(
    "ease",
    {
        "regularization": (20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0),
        "decay": (0.5, 0.65, 0.8, 0.9, 1.0),
        "last": (5, 10, 20, 50),
        "neighbours": (100, 200, 500),
    },
    start={"regularization": 200.0, "decay": 0.8, "last": 20, "neighbours": 200},
)
_IALS = Space(
    "ials",
    {"factors": (32, 64, 128), "regularization": (0.01, 0.03, 0.1, 0.3), "alpha": (1.0, 3.0, 10.0)},
    start={"factors": 64, "regularization": 0.03, "alpha": 1.0},
    fixed={"iterations": 10},
)
_SEQUENCE = Space(
    "sequence",
    {
        "block": ("hstu", "sasrec", "gru"),
        "window": (20, 50, 100, 200),
        "dropout": (0.1, 0.2, 0.3, 0.5),
        "blocks": (1, 2, 3),
        "temperature": (None, 0.05, 0.1),
        "loss": ("sampled_softmax", "cross_entropy"),
    },
    start={"block": "hstu", "window": 50, "dropout": 0.2, "blocks": 2, "temperature": None, "loss": "cross_entropy"},
    fixed={"heads": 1},
    ladder={"epochs": (3, 8, 25)},
)


def tools() -> Tools:
    """The families that can be tried here."""
    left_out = dict(NEVER_CHOSEN)
    if find_spec("torch") is None:
        left_out["sequence"] = "PyTorch is not installed: pip install 'millstream[lab,neural]'"
    else:
        import torch  # two seconds, which the other commands need not wait

        # Sums do not depend on the number of cores then; and threads that wait for each other on a busy machine would
        # spend up to 70 times the CPU that a trial is estimated to take.
        torch.set_num_threads(1)

    def spaces(shop: Shop) -> Sequence[Space]:
        neural = [] if "sequence" in left_out else [_SEQUENCE]
        return [*light_spaces(shop), _EASE, _IALS, *neural]

    return Tools(create, spaces, left_out)
