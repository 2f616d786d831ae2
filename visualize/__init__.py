"""Pictures of answers: layout, style, pyvis pages. What is shown was asked through `queries`, as one viewer may see it."""

from visualize.impact import ImpactAddress, ImpactPicture, ImpactQuestion, ask_impact_picture, impact_page
from visualize.page import Address, trace_page
from visualize.picture import Picture, TraceQuestion, ask_picture

__all__ = [
    "Address",
    "ImpactAddress",
    "ImpactPicture",
    "ImpactQuestion",
    "Picture",
    "TraceQuestion",
    "ask_impact_picture",
    "ask_picture",
    "impact_page",
    "trace_page",
]
