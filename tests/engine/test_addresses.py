"""Addresses of stores: refused where they are none, never shown with what is secret in them."""

from __future__ import annotations

import pytest

from graph.engine import connect
from graph.errors import Misconfigured


@pytest.mark.parametrize(
    "address",
    [
        "",
        "localhost:7687",
        "http://localhost:7687",
        "bolt://",
        "bolt://:7687",
        "bolt://host:port",
        "bolt://host:99999",
        "bolt://owner:hunter2@host:7687",
        "bolt://owner@host",
        "bolt://host:7687/hunter2",
        "bolt://host:7687#hunter2",
        "bolt://[::1",
    ],
)
async def test_what_is_no_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        await connect(address, "user", "hunter2")
    told = f"{caught.value} {caught.value.remedy} {caught.value.__cause__}"
    assert "hunter2" not in told
    assert caught.value.remedy
