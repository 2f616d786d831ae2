"""Pictures of answers: layout, style, pyvis pages. What is shown was asked through `queries`, as one viewer may see it."""

from visualize.impact import ImpactAddress, ImpactPicture, ImpactQuestion, ask_impact_picture, impact_page
from visualize.page import Address, trace_page
from visualize.picture import Picture, TraceQuestion, ask_picture
from visualize.rollup import ONE_BY_ONE, Opened
from visualize.whereabouts import (
    WhereaboutsAddress,
    WhereaboutsPicture,
    WhereaboutsQuestion,
    ask_whereabouts_picture,
    whereabouts_picture_page,
)

__all__ = [
    "ONE_BY_ONE",
    "Address",
    "ImpactAddress",
    "ImpactPicture",
    "ImpactQuestion",
    "Opened",
    "Picture",
    "TraceQuestion",
    "WhereaboutsAddress",
    "WhereaboutsPicture",
    "WhereaboutsQuestion",
    "ask_impact_picture",
    "ask_picture",
    "ask_whereabouts_picture",
    "impact_page",
    "trace_page",
    "whereabouts_picture_page",
]
