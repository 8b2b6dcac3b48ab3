"""Decayed co-visitation: what users do after an item, or before it, the sooner the more it counts."""

from millstream.domain.models.cards import Cost
from millstream_tools.lab.served.covisitation_model.config import CovisitationConfig
from millstream_tools.lab.served.covisitation_model.export import export
from millstream_tools.lab.served.covisitation_model.fit import fit
from millstream_tools.lab.served.covisitation_model.model import CovisitationModel
from millstream_tools.lab.served.export.folder import Exported
