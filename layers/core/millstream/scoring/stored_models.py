"""Stored models: the check before one serves, and the local folder that scorers are loaded from."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from millstream.application.ports import ModelStore
from millstream.domain.errors import InvalidInputError, InvalidRecordError, NotFoundError
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream.scoring.publishable import publishable

KEPT_FOLDERS = 2
"""Models that stay in the local folder: the one that serves, and the one before it, for a rollback."""


def check_stored(models: ModelStore, version: str) -> None:
    """Fetch a published model, compare every byte with its sums, open it, and let it answer.

    Raises NotFoundError if it was never published, InvalidRecordError if what is stored of it cannot serve.
    """
    digest = models.model(version).digest
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = publishable(models.fetch(version, Path(folder)), 0)
        except (InvalidInputError, NotFoundError) as error:
            raise InvalidRecordError(f"stored model {version}", "a complete model folder", str(error)) from error
    if (found.version, found.digest) != (version, digest):
        raise InvalidRecordError(f"stored model {version}", f"digest {digest}", found.digest)


def load_stored(models: ModelStore, version: str, cache: Path) -> OnnxScorer:
    """The warmed scorer of a published model, whose folder is kept in `cache`.

    A folder that cannot be loaded is fetched once more: it may have been damaged here. Raises InvalidRecordError if
    the stored model cannot be loaded either, UnavailableError.
    """
    folder = cache / version
    if folder.exists():
        try:
            return _used(OnnxScorer.load(folder, version), cache)
        except (InvalidInputError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
    try:
        return _used(OnnxScorer.load(models.fetch(version, cache), version), cache)
    except (InvalidInputError, NotFoundError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise InvalidRecordError(f"stored model {version}", "a complete model folder", str(error)) from error


def _used(scorer: OnnxScorer, cache: Path) -> OnnxScorer:
    """Mark the model's folder as the latest used, and remove those that are not among the latest few.

    A model that is in memory does not need its folder: its file stays open.
    """
    with suppress(OSError):  # another process of this machine may remove folders at the same time
        os.utime(cache / scorer.version)
        complete = [folder for folder in cache.iterdir() if not folder.name.startswith(".")]
        for folder in sorted(complete, key=_changed_ns, reverse=True)[KEPT_FOLDERS:]:
            shutil.rmtree(folder, ignore_errors=True)
    return scorer


def _changed_ns(folder: Path) -> int:
    return folder.stat().st_mtime_ns
