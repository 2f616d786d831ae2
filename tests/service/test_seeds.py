"""Seeds as they are typed: an id, a window of time after an @, keys that hold an @ themselves."""

from __future__ import annotations

import pytest

from graph.errors import BadInput
from graph.times import parse_moment
from service.seeds import SeedAsked, joined_seed, seeds_of, split_seed


def _seed(text: str) -> SeedAsked:
    (seed,) = seeds_of(text, zone="+08:00", member="seed")
    return seed


def _ms(text: str | None) -> int | None:
    return None if text is None else parse_moment(text).earliest_ms


@pytest.mark.parametrize(
    ("window", "since", "until"),
    [
        ("", None, None),
        ("@2025-03-08", "2025-03-08T00:00:00+08:00", None),
        ("@2025-03-08/2025-04-15", "2025-03-08T00:00:00+08:00", "2025-04-15T00:00:00+08:00"),
        ("@/2025-04-15", None, "2025-04-15T00:00:00+08:00"),
        ("@2025-03-08T09:30:00Z", "2025-03-08T09:30:00Z", None),
    ],
)
@pytest.mark.parametrize("key", ["INC-2", "a@b"])
def test_a_window_is_read_after_the_last_at(key: str, window: str, since: str | None, until: str | None) -> None:
    text = f"Equipment:{key}{window}" if window or "@" not in key else f"Equipment:{key}@"
    seed = _seed(text).seed()
    assert (seed.node, seed.from_ms, seed.until_ms) == (("Equipment", key), _ms(since), _ms(until))


@pytest.mark.parametrize(
    "tail",
    [
        "2025-03-08/",
        "a/b/c",
        "/",
        "2025",
        "20250308",
        "yesterday",
        "2025-03-08/soon",
        "2025-03-08/2025-04-15/2025-05-01",
    ],
)
def test_what_is_no_window_is_refused_and_says_how_to_write_one(tail: str) -> None:
    with pytest.raises(BadInput) as refused:
        _seed(f"Equipment:INC-2@{tail}")
    assert refused.value.message == f"seed: {tail!r} is no window of time."
    assert "Equipment:INC-2@2025-03-08/2025-04-15" in refused.value.remedy
    assert f"Equipment:INC-2@{tail}@" in refused.value.remedy  # how to write it as a key
    assert refused.value.member == "seed"


@pytest.mark.parametrize("tail", ["2025-03-08/", "a/b/c", "2025", "yesterday", "2025-03-08"])
def test_a_key_that_holds_an_at_is_told_from_a_window_by_another_at_its_end(tail: str) -> None:
    assert _seed(f"Reagent:A@{tail}@").seed().node == ("Reagent", f"A@{tail}")


def test_an_at_with_nothing_after_it_is_not_taken_for_always() -> None:
    with pytest.raises(BadInput, match="nothing follows the @") as refused:
        _seed("Equipment:INC-2@")
    assert "Leave it out for always" in refused.value.remedy


@pytest.mark.parametrize("name", ["Reagent:A", "Reagent:A@B", "Reagent:A@2025-01", "Reagent:A@", "Reagent:A/B@1/2"])
@pytest.mark.parametrize("bounds", [("", ""), ("2025-03-08", ""), ("", "2025-04-15"), ("2025-03-08", "2025-04-15")])
def test_a_seed_in_one_text_is_read_back_as_what_it_was(name: str, bounds: tuple[str, str]) -> None:
    assert split_seed(joined_seed(name, *bounds)) == (name, *bounds)
