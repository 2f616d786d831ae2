"""The question as a recursive query, in the SQL that PostgreSQL and DuckDB share; to be filled in with start and what is
told of the rows ``n`` (and, in time, ``t``).
"""

from __future__ import annotations

from typing import Final

from bench.asked import MIXED

__all__ = ["BLIND", "CHECKED", "IN_TIME"]

BLIND: Final = """
WITH RECURSIVE reached(n) AS (
    SELECT {start}::int UNION SELECT e.target FROM reached r JOIN edge e ON e.source = r.n
) SELECT {what} FROM reached"""
IN_TIME: Final = """
WITH RECURSIVE reached(n, t) AS (
    SELECT {start}::int, {since}::bigint
    UNION SELECT e.target, greatest(r.t, e.start) FROM reached r JOIN edge e ON e.source = r.n AND r.t <= e.last
) SELECT {what} FROM (SELECT n, min(t) AS t FROM reached GROUP BY n) earliest"""
CHECKED: Final = f"count(*), sum(n), sum(n::bigint * (n % {MIXED}))"  # what an Answer holds
