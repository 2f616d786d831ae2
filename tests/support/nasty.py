"""Names that would be markup, code or a mess where they are not taken as text."""

from __future__ import annotations

__all__ = ["NASTY"]

NASTY = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    'it\'s "quoted" & <b>bold</b>',
    "{{ 7 * 7 }}{% raw %}",
    "\u202eRTL\u202c אבג عربي",
    "\U0001f9eb\U0001f469\u200d\U0001f52c 干细胞",
    "x" * 200,
    "javascript:alert(1)",
]
