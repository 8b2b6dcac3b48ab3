"""All knobs of the sequence models and of their training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import check_choice
from millstream.learning.families.knobs import between, whole

Block = Literal["sasrec", "ligr", "hstu", "gru"]
"""sasrec: W.-C. Kang, J. McAuley, ICDM 2018, with the norms before the layers. ligr: the same with gated residuals,
F. Borisyuk et al., https://arxiv.org/abs/2502.03417. hstu: J. Zhai et al., ICML 2024, https://arxiv.org/abs/2402.17152,
without its times. gru: B. Hidasi et al., GRU4Rec, ICLR 2016, https://arxiv.org/abs/1511.06939."""

Loss = Literal["cross_entropy", "sampled_softmax", "gbce"]
"""cross_entropy: over the whole catalogue. sampled_softmax: over the target and `negatives` uniform items, the same for
a whole batch. gbce: A. Petrov, C. Macdonald, gSASRec, RecSys 2023, https://arxiv.org/abs/2308.07192."""

Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class SequenceKnobs:
    """The defaults are what measured best on MovieLens-1M; `results/` has the tables."""

    # The model
    block: Block = "sasrec"
    width: int = 64
    blocks: int = 2
    heads: int = 1
    feed_forward: int = 2
    """Width of the feed-forward layer's inside, in widths of the model; hstu and gru have no such layer."""

    window: int = 200
    """Items of a history that are read: the latest."""

    dropout: float = 0.2
    temperature: float | None = None
    """None: scores are products. A number: they are cosines divided by it."""

    # What is minimised
    loss: Loss = "cross_entropy"
    negatives: int = 256
    calibration: float = 0.75
    """gbce's t: 0 is plain binary cross-entropy, 1 is calibrated to the whole catalogue."""

    robustness: float = 0.0
    """q of Z. Zhang, M. Sabuncu, NeurIPS 2018, https://arxiv.org/abs/1805.07836, for noisy clicks: a target that the
    model finds unlikely weighs less, by its probability to the power of q. 0: cross-entropy; cross_entropy only."""

    # How
    epochs: int = 40
    batch: int = 64
    """Windows in a step, over all processes."""

    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: int = 100
    """Steps in which the learning rate rises; over the epochs it falls to a hundredth, as a cosine."""

    clip: float = 1.0
    """The largest norm of a step's gradient."""

    held_out: float = 0.2
    """Share of the users whose last item is kept from the training and asked for after each epoch. 0: all is learned,
    and the best epoch is the one with the smallest loss."""

    patience: int = 5
    """Epochs without a better one, by NDCG@10 on what is held out or by the loss, before the training ends."""

    precision: Precision = "fp32"

    def __post_init__(self) -> None:
        check_choice("block", get_args(Block), self.block)
        check_choice("loss", get_args(Loss), self.loss)
        check_choice("precision", get_args(Precision), self.precision)
        whole(self, "width", "blocks", "heads", "feed_forward", "window", "negatives", "epochs", "batch", "patience")
        whole(self, "warmup", least=0)
        between(self, "dropout", "calibration", "robustness", "held_out", most=1.0)
        between(self, "weight_decay")
        between(self, "learning_rate", "clip", above=0.0)
        if self.temperature is not None:
            between(self, "temperature", above=0.0)
        if self.width % self.heads:
            raise InvalidInputError("heads", f"a divisor of the width, {self.width}", self.heads)
        if self.robustness and self.loss != "cross_entropy":
            raise InvalidInputError("robustness", "0 unless the loss is cross_entropy", self.robustness)
