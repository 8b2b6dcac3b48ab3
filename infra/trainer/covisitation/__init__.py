"""Decayed co-visitation: what users do after an item, or before it, the sooner the more it counts."""

from infra.trainer.covisitation.config import CovisitationConfig
from infra.trainer.covisitation.export import export
from infra.trainer.covisitation.fit import fit
from infra.trainer.covisitation.model import CovisitationModel
from infra.trainer.model_export.folder import Exported
from millstream.domain.model_cards import Cost

__all__ = ["Cost", "CovisitationConfig", "CovisitationModel", "Exported", "export", "fit"]
