"""The pages for people: server-made, in Chinese and English, nothing from the internet. One module a page."""

from service.pages.desk import Desk
from service.pages.routing import page_routes

__all__ = ["Desk", "page_routes"]
