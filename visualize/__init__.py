"""Pictures of answers: layout, style, pyvis pages. What is shown was asked through `queries`, as one viewer may see it."""

from visualize.contents import (
    ContentsAddress,
    ContentsPicture,
    ContentsQuestion,
    ask_contents_picture,
    contents_page,
)
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
    "ContentsAddress",
    "ContentsPicture",
    "ContentsQuestion",
    "ImpactAddress",
    "ImpactPicture",
    "ImpactQuestion",
    "Opened",
    "Picture",
    "TraceQuestion",
    "WhereaboutsAddress",
    "WhereaboutsPicture",
    "WhereaboutsQuestion",
    "ask_contents_picture",
    "ask_impact_picture",
    "ask_picture",
    "ask_whereabouts_picture",
    "contents_page",
    "impact_page",
    "trace_page",
    "whereabouts_picture_page",
]
