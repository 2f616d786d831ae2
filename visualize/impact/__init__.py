"""Pictures of impact answers: time from left to right, tiers as bands, and what carried the hazard between them."""

from visualize.impact.asking import ImpactPicture, ImpactQuestion, ask_impact_picture
from visualize.impact.page import ImpactAddress, impact_page

__all__ = ["ImpactAddress", "ImpactPicture", "ImpactQuestion", "ask_impact_picture", "impact_page"]
