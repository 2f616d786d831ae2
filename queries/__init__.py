"""The questions. Each takes a view of the lineage through one viewer's eyes, and arguments; results are frozen.

Masking happens here, once: nothing above meets a value that its viewer may not see.
"""
