"""What pictures on an axis of time share: where moments lie, how bars stand side by side, and the dates behind them."""

from visualize.timeline.geometry import Rectangle, Rows, Size
from visualize.timeline.pace import dates, paced, rounded

__all__ = ["Rectangle", "Rows", "Size", "dates", "paced", "rounded"]
