"""Checks of a model folder before it is published."""

from __future__ import annotations

import json
import re
from pathlib import Path

from millstream.application.ports import PublishedModel
from millstream.domain.errors import InvalidInputError
from millstream.domain.models.cards import FILE, Card, read_card
from millstream.scoring.model_folder import CARD, DECISIVE, SIGNATURE, SUMS, check_files, digest_of, version_name
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream.scoring.signature import Signature, read_signature

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Allowed algorithm names: a version begins with one, and is the name of a folder."""


def publishable(folder: Path, now_ms: int) -> PublishedModel:
    """The registry row of a valid model folder.

    Checks every byte against SHA256SUMS, that there are no other files, that the card belongs to the model, and that
    the scorer can load it and answer. Raises InvalidInputError.
    """
    _check_unexpected(folder)
    check_files(folder)
    signature, digest = read_signature(folder), digest_of(folder)
    if not _NAME.fullmatch(signature.algorithm):
        raise InvalidInputError(f"{SIGNATURE}: algorithm", "small letters, digits, - and _", signature.algorithm)
    version = version_name(signature.algorithm, digest)
    OnnxScorer.load(folder, version, verify=False)
    card = _card(folder, signature)
    return PublishedModel(version, digest, now_ms, card, json.loads((folder / SIGNATURE).read_text()))


def _check_unexpected(folder: Path) -> None:
    known = {*DECISIVE, SUMS, CARD}
    unexpected = sorted(path.name for path in folder.iterdir() if path.name not in known)
    if unexpected:
        raise InvalidInputError(folder.name, f"no files but {', '.join(sorted(known))}", ", ".join(unexpected))


def _card(folder: Path, signature: Signature) -> Card:
    try:
        card = read_card((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{folder.name}/{CARD}", "a readable file", str(error)) from error
    for name in ("algorithm", "vocabulary_items"):
        said, signed = getattr(card, name), getattr(signature, name)
        if said != signed:
            raise InvalidInputError(f"{FILE}: {name}", f"{signed!r}, as in {SIGNATURE}", said)
    return card
