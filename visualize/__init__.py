"""Pictures of answers: layout, style, pyvis pages. What is shown was asked through `queries`, as one viewer may see it."""

from visualize.page import Address, trace_page
from visualize.picture import Picture, TraceQuestion, ask_picture

__all__ = ["Address", "Picture", "TraceQuestion", "ask_picture", "trace_page"]
