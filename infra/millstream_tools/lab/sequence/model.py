"""The model: item embeddings, blocks that read a history causally, and the same embeddings to score what comes next.

Shapes at the line ends: B histories, L places, D width, H heads, E = D / H, N items.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from millstream_tools.lab.sequence.knobs import SequenceKnobs


class SequenceModel(nn.Module):
    """Histories are padded on the right, with item N: causal reading never sees it, and its states are not used.

    So its row may be anything; nothing is learned of it.
    """

    def __init__(self, knobs: SequenceKnobs, items: int) -> None:
        super().__init__()
        self.knobs = knobs
        self.padding = items
        self.item = nn.Embedding(items + 1, knobs.width)
        self.place = None if knobs.block in ("hstu", "gru") else nn.Embedding(knobs.window, knobs.width)
        self.blocks = nn.ModuleList(_BLOCKS[knobs.block](knobs) for _ in range(knobs.blocks))
        self.norm = nn.LayerNorm(knobs.width)
        self.dropout = nn.Dropout(knobs.dropout)
        self.apply(_initialise)

    def forward(self, history: Tensor) -> Tensor:
        """The state after each place of the histories, [B, L] -> [B, L, D]: what its next item is scored against."""
        x = self.item(history)  # B L D
        if self.place is not None:
            x = x * self.knobs.width**0.5 + self.place.weight[: history.shape[1]]
        x = self.dropout(x)
        for block in self.blocks:
            x = block(x)
        return self.scaled(self.norm(x))

    def last(self, history: Tensor, length: Tensor) -> Tensor:
        """The state after the last item of each history, [B, L] and [B] -> [B, D]; lengths are at least 1."""
        states: Tensor = self(history)
        return states[torch.arange(len(states), device=states.device), length - 1]

    def catalogue(self) -> Tensor:
        """The rows that states are multiplied with, [N, D]."""
        rows: Tensor = self.item.weight[: self.padding]
        return rows if self.knobs.temperature is None else functional.normalize(rows, dim=-1)

    def scaled(self, states: Tensor) -> Tensor:
        """States such that their product with the catalogue is the score."""
        if self.knobs.temperature is None:
            return states
        return functional.normalize(states, dim=-1) / self.knobs.temperature


class SasrecBlock(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)); with gates, each sum is x + sigmoid(gate(x)) * part."""

    gated = False

    def __init__(self, knobs: SequenceKnobs) -> None:
        super().__init__()
        width, inside = knobs.width, knobs.width * knobs.feed_forward
        self.heads = knobs.heads
        self.before_attention, self.before_feeding = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, inside), nn.GELU(), nn.Linear(inside, width))
        self.gates = nn.ModuleList(nn.Linear(width, width) for _ in range(2 if self.gated else 0))
        self.dropout = nn.Dropout(knobs.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        x = self._added(0, x, self._attended(self.before_attention(x)))
        return self._added(1, x, self.feed(self.before_feeding(x)))

    def _attended(self, x: Tensor) -> Tensor:
        q, k, v = _split_heads(self.query_key_value(x), 3, self.heads)  # each B H L E
        read = functional.scaled_dot_product_attention(q, k, v, is_causal=True)  # B H L E
        read = read.transpose(1, 2).flatten(2)  # B L D
        attended: Tensor = self.out(read)
        return attended

    def _added(self, part: int, x: Tensor, to_add: Tensor) -> Tensor:
        to_add = self.dropout(to_add)
        return x + (torch.sigmoid(self.gates[part](x)) * to_add if self.gates else to_add)


class LigrBlock(SasrecBlock):
    """The block with learned gates."""

    gated = True


class HstuBlock(nn.Module):
    """x + out(norm(attended) * u): attention by SiLU without a softmax, biased by distance, gated by u."""

    def __init__(self, knobs: SequenceKnobs) -> None:
        super().__init__()
        self.heads, self.window = knobs.heads, knobs.window
        self.before, self.after = nn.LayerNorm(knobs.width), nn.LayerNorm(knobs.width)
        self.mixed = nn.Linear(knobs.width, 4 * knobs.width)
        self.distance = nn.Parameter(torch.zeros(knobs.heads, knobs.window))
        self.out = nn.Linear(knobs.width, knobs.width)
        self.dropout = nn.Dropout(knobs.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        length = x.shape[1]
        u, q, k, v = _split_heads(functional.silu(self.mixed(self.before(x))), 4, self.heads)  # each B H L E
        back = torch.arange(length, device=x.device)[:, None] - torch.arange(length, device=x.device)  # L L
        bias = self.distance[:, back.clamp(min=0)]  # H L L
        weight = functional.silu(q @ k.transpose(2, 3) + bias) * (back >= 0) / self.window  # B H L L
        read = self.after((weight @ v).transpose(1, 2).flatten(2))  # B L D
        read = self.dropout(read * u.transpose(1, 2).flatten(2))
        added: Tensor = x + self.out(read)
        return added


class GruBlock(nn.Module):
    """x + GRU(x)."""

    def __init__(self, knobs: SequenceKnobs) -> None:
        super().__init__()
        self.read = nn.GRU(knobs.width, knobs.width, batch_first=True)
        self.dropout = nn.Dropout(knobs.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        added: Tensor = x + self.dropout(self.read(x)[0])
        return added


_BLOCKS = {"sasrec": SasrecBlock, "ligr": LigrBlock, "hstu": HstuBlock, "gru": GruBlock}


def _split_heads(x: Tensor, parts: int, heads: int) -> list[Tensor]:
    """[B, L, parts D] -> parts times [B, H, L, E]."""
    batch, length, width = x.shape
    each = width // parts // heads  # not left to view: it cannot tell where B is 0
    return [part.view(batch, length, heads, each).transpose(1, 2) for part in x.chunk(parts, dim=2)]


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
