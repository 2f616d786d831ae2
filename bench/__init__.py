"""Side-by-side measurements. Not shipped."""
