"""A transformer's text vectors, by sentence-transformers, from a folder on this machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError

_BATCH = 32
_READ_WHOLE = 1 << 20


class Transformer:
    """Any model that sentence-transformers can load; one that says nothing of pooling gets the mean of its tokens.

    It is loaded when the first text is encoded: with all vectors in the cache, PyTorch is not needed.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder

    @cached_property
    def identity(self) -> str:
        """See TextEncoder: the name, and twelve digits that change with the model."""
        return f"{Path(self._name).name}-{digest(self._folder)[:12]}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See TextEncoder. A text beyond the model's longest is cut off there."""
        vectors = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(vectors, np.float32).reshape(len(texts), -1)

    @cached_property
    def _model(self) -> Any:
        # Before the import, which reads it: nothing may become a question to a server, not even a missing file.
        os.environ["HF_HUB_OFFLINE"] = "1"
        try:
            # Here, because it brings PyTorch.
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar
        except ModuleNotFoundError as missing:
            expected = "PyTorch and sentence-transformers, by pip install -e '.[lab,neural]'"
            raise InvalidInputError("encoder", expected, self._name) from missing
        disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers types some of it
        return SentenceTransformer(str(self._folder), local_files_only=True, trust_remote_code=False)


def digest(folder: Path) -> str:
    """Of the files' names and sizes, and of a megabyte of each end: a model of many gigabytes is not read for it."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = path.stat().st_size
        found.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            found.update(file.read(_READ_WHOLE))
            file.seek(max(size - _READ_WHOLE, 0))
            found.update(file.read())
    return found.hexdigest()
