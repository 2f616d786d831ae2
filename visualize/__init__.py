"""Pictures of answers: layout, style, pyvis pages. What is shown was asked through `queries`, as one viewer may see it."""

from visualize.impact import ImpactAddress, ImpactPicture, ImpactQuestion, ask_impact_picture, impact_page
from visualize.page import Address, trace_page
from visualize.picture import Picture, TraceQuestion, ask_picture
from visualize.rollup import ONE_BY_ONE, Opened

__all__ = [
    "ONE_BY_ONE",
    "Address",
    "ImpactAddress",
    "ImpactPicture",
    "ImpactQuestion",
    "Opened",
    "Picture",
    "TraceQuestion",
    "ask_impact_picture",
    "ask_picture",
    "impact_page",
    "trace_page",
]
