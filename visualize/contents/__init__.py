"""Pictures of what stands in a place: a plan of its positions, with what stands in them and what of it is affected."""

from visualize.contents.asking import ContentsPicture, ContentsQuestion, ask_contents_picture
from visualize.contents.page import ContentsAddress, contents_page

__all__ = ["ContentsAddress", "ContentsPicture", "ContentsQuestion", "ask_contents_picture", "contents_page"]
