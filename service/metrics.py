"""Figures for Prometheus: counts and times by route. No person, id or value is among them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The figures of one service process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "stemgraph_requests", "Requests answered.", ["route", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "stemgraph_request_seconds", "Time until the answer began.", ["route"], registry=self._registry
        )
        self._head = Gauge("stemgraph_ledger_entries", "Entries in the ledger.", registry=self._registry)

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self, *, ledger_entries: int) -> bytes:
        """All figures in Prometheus' own form."""
        self._head.set(ledger_entries)
        return generate_latest(self._registry)
