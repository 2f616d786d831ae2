"""Pictures of where a thing has been: time from left to right, a band for each place, a bar for each interval."""

from visualize.whereabouts.asking import WhereaboutsPicture, WhereaboutsQuestion, ask_whereabouts_picture
from visualize.whereabouts.page import WhereaboutsAddress, whereabouts_picture_page

__all__ = [
    "WhereaboutsAddress",
    "WhereaboutsPicture",
    "WhereaboutsQuestion",
    "ask_whereabouts_picture",
    "whereabouts_picture_page",
]
