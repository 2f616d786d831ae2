"""Compiles the kernels for this machine: run once where the product is installed."""

from __future__ import annotations

from graph.index.warming import warm

warm()
