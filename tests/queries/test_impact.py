"""What an impact answer tells: who, in which order, how many, since when; and to whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graph.errors import BadInput, NotFound, NotPermitted
from graph.index.hazards import Channel, Hazard, Seed
from graph.index.lineage import Lineage
from graph.reader import NodeId, id_text
from graph.times import parse_moment
from graph.viewer import Role, Viewer
from queries.explain import winning_path
from queries.impact import ITEM_PLACE, Impact, ImpactAsked, Order, impact, impact_items, suspects
from queries.pages import Cursor
from queries.privacy import View
from queries.slices import digest_of
from queries.tally import completeness, counts, parts, sites, standing_of
from support.bench_sheet import BenchSheet, some_of, units_of
from support.lineage_views import WAYS, view_of
from support.memory_graph import MemoryLog
from support.trial import trial

pytestmark = pytest.mark.parametrize("way", WAYS)
MEDIUM = Seed(node=("Reagent", "R-MED-8"))


def _ms(text: str) -> int:
    return parse_moment(text).earliest_ms


def asked(*seeds: Seed | str, hazard: Hazard = Hazard.EXPOSURE, **more: Any) -> ImpactAsked:
    nodes = [seed if isinstance(seed, Seed) else Seed(node=_node(seed)) for seed in seeds]
    return ImpactAsked(hazard=hazard, seeds=tuple(nodes), **more)


def _node(text: str) -> NodeId:
    kind, _, key = text.partition(":")
    return kind, key


def _all(view: View, answer: Impact) -> list[str]:
    return [id_text(item.node) for item in impact_items(view, answer, 500, None).items]


async def test_what_is_left_of_a_bad_medium_is_held_by_the_unit(way: str) -> None:
    """As of April 21st: MCB2 9, WCB1 18, DP1 2 (one in transit), DP2 3; four were given, one destroyed."""
    view = view_of(trial(), way)
    answer = await impact(view, asked(MEDIUM, known_at_ms=_ms("2025-04-21T00:00:00+08:00")))
    found = parts(standing_of(answer))
    assert found.to_hold == 32
    assert found.by_disposition["administered"] == 4
    assert found.by_disposition["destroyed"] == 1
    assert found.by_disposition["in_transit"] == 1


async def test_what_was_used_before_a_lot_was_affected_is_not_counted(way: str) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.subject("S1")
    sheet.subject("S2")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", quantity=10)
    sheet.released("B1")
    sheet.administered(some_of("B1", 3), "S1")
    later = sheet.administered(some_of("B1", 2), "S2")
    seed = Seed(node=("CellLot", "B1"), from_ms=_ms(later["start"]))
    answer = await impact(view_of(sheet.records, way), asked(seed))
    found = parts(standing_of(answer))
    assert found.by_disposition == {"administered": 2, "released": 5}
    assert found.to_hold == 5


async def test_items_stand_by_tier_time_kind_and_key(way: str) -> None:
    view = view_of(trial(), way)
    answer = await impact(view, asked("Donor:D1", hazard=Hazard.CONTAGIOUS, channels=frozenset(Channel)))
    items = impact_items(view, answer, 500, None).items
    places = [(item.tier, item.since_ms or -(10**15), item.node) for item in items]
    assert places == sorted(places)
    assert len(items) == answer.total == counts(answer).total
    assert dict(counts(answer).by_tier) == {tier: sum(item.tier == tier for item in items) for tier in (1, 2, 3)}
    assert counts(answer).subjects == sum(item.node[0] == "Subject" for item in items) == 7


async def test_pages_put_together_are_the_answer(way: str) -> None:
    view = view_of(trial(), way)
    answer = await impact(view, asked("Donor:D1", hazard=Hazard.CONTAGIOUS, channels=frozenset(Channel)))
    for kinds, tiers in ((None, None), (["CellUnit", "Subject"], None), (None, [2, 3]), (["CellLot"], [1])):
        found: list[NodeId] = []
        page = impact_items(view, answer, 7, None, kinds=kinds, tiers=tiers)
        while page.items:
            found += [item.node for item in page.items]
            assert page.has_next == (len(found) < page.total)
            page = impact_items(view, answer, 7, page.cursors[-1], kinds=kinds, tiers=tiers)
        whole = impact_items(view, answer, 500, None).items
        expected = [
            item.node
            for item in whole
            if (kinds is None or item.node[0] in kinds) and (tiers is None or item.tier in tiers)
        ]
        assert found == expected


async def test_the_digest_is_the_same_however_often_and_in_which_order_a_seed_is_named(way: str) -> None:
    view = view_of(trial(), way)
    later = Seed(node=MEDIUM.node, from_ms=_ms("2025-02-01T00:00:00+08:00"))
    first = digest_of(view, await impact(view, asked(MEDIUM, later, "Donor:D1")))
    assert digest_of(view, await impact(view, asked("Donor:D1", later, MEDIUM, later, MEDIUM))) == first
    assert digest_of(view, await impact(view, asked("Donor:D1", MEDIUM))) != first


async def test_a_cursor_of_another_question_is_refused(way: str) -> None:
    view = view_of(trial(), way)
    answer = await impact(view, asked(MEDIUM))
    cursor = impact_items(view, answer, 3, None, kinds=["CellUnit", "Subject"]).cursors[-1]
    assert impact_items(view, answer, 3, cursor, kinds=["Subject", "CellUnit"]).has_previous
    others: list[dict[str, Any]] = [
        {}, {"kinds": ["Subject"]}, {"kinds": ["CellUnit", "Subject"], "tiers": [1]},
        {"kinds": ["CellUnit", "Subject"], "order": Order.SINCE},
        {"kinds": ["CellUnit", "Subject"], "between": (0, None)},
    ]  # fmt: skip
    for other in others:
        with pytest.raises(BadInput, match="This is no cursor of this answer"):
            impact_items(view, answer, 3, cursor, **other)
    elsewhere = await impact(view, asked(MEDIUM, "Donor:D1"))
    with pytest.raises(BadInput, match="This is no cursor of this answer"):
        impact_items(view, elsewhere, 3, cursor, kinds=["CellUnit", "Subject"])


async def test_a_cursor_with_a_place_before_the_first_is_refused(way: str) -> None:
    view = view_of(trial(), way)
    answer = await impact(view, asked(MEDIUM))
    given = Cursor.parse(impact_items(view, answer, 3, None).cursors[0], ITEM_PLACE)
    for forged in (Cursor(given.seq, (given.place[0], -7)), Cursor(-1, given.place), Cursor(given.seq, (-7,))):
        with pytest.raises(BadInput, match="This is no cursor of this answer"):
            impact_items(view, answer, 3, forged.text())


async def test_a_position_before_the_seed_was_recorded_is_said(way: str) -> None:
    view = view_of(trial(), way)
    with pytest.raises(NotFound) as refused:
        await impact(view, asked(MEDIUM), as_of_seq=1)
    assert refused.value.message == "At ledger entry 1 there is no Reagent:R-MED-8; more was recorded since."
    with pytest.raises(NotFound) as refused:
        await impact(view, asked("Reagent:NONE"))
    assert refused.value.message == "There is no Reagent:NONE."


async def test_sites_tell_where_things_are_or_were_last(way: str) -> None:
    view = view_of(trial(), way)
    answer = await impact(view, asked(MEDIUM))
    found = dict(sites(view, answer, standing_of(answer)))
    assert found["StoragePosition", "SITE-2"] == 1  # the shipped dose
    assert found["StoragePosition", "SITE-1"] > 20
    assert found["Institution", "ORG-1"] >= 4  # the treated


async def test_ancestors_of_seed_material_are_suspects_of_what_is_caught_or_inherited_only(way: str) -> None:
    view = view_of(trial(), way)
    for hazard, expected in (
        (Hazard.HERITABLE, ["CellLot:L1", "CellLot:L1P1", "Donor:D1", "Tissue:T1"]),
        (Hazard.CONTAGIOUS, ["CellLot:L1", "CellLot:L1P1", "Donor:D1", "Tissue:T1"]),
        (Hazard.EXPOSURE, []),
    ):
        answer = await impact(view, asked("CellLot:MCB1", hazard=hazard))
        assert [id_text(node) for node, _ in await suspects(view, answer)] == expected
        assert "CellLot:L1P1" not in _all(view, answer)


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        (asked(), "seeds"),
        (asked(Seed(node=("CellLot", "MCB1"), until_ms=1)), "until"),
        (asked(Seed(node=("Equipment", "INC-1"), from_ms=2, until_ms=1)), "until"),
        (asked("CellLot:MCB1", channels=frozenset({Channel.STORAGE})), "channels"),
        (asked("CellLot:MCB1", hazard=Hazard.HERITABLE, channels=frozenset({Channel.EQUIPMENT})), "channels"),
        (asked("Study:ST-1"), "seeds"),
    ],
)
async def test_what_cannot_be_asked_is_bad_input(way: str, wrong: ImpactAsked, member: str) -> None:
    with pytest.raises(BadInput) as raised:
        await impact(view_of(trial(), way), wrong)
    assert raised.value.member == member


async def test_a_seed_that_is_not_there_is_not_found(way: str) -> None:
    with pytest.raises(NotFound) as raised:
        await impact(view_of(trial(), way), asked("CellLot:NOWHERE", "CellLot:MCB1"))
    assert raised.value.ids == ("CellLot:NOWHERE",)


async def test_what_came_later_than_the_asked_time_is_not_found(way: str) -> None:
    with pytest.raises(NotFound):
        await impact(view_of(trial(), way), asked("CellLot:DP3", known_at_ms=_ms("2025-04-01T00:00:00+08:00")))


async def test_the_digest_is_of_the_question_and_its_items(way: str) -> None:
    view = view_of(trial(), way)

    async def digest(*seeds: str, **more: Any) -> str:
        return digest_of(view, await impact(view, asked(*seeds, **more)))

    assert await digest("CellLot:MCB1", "CellLot:MCB2") == await digest("CellLot:MCB2", "CellLot:MCB1")
    assert await digest("CellLot:MCB1", channels=frozenset({Channel.MATERIAL})) == await digest("CellLot:MCB1")
    different = {
        await digest("CellLot:MCB1"),
        await digest("CellLot:MCB2"),
        await digest("CellLot:MCB1", hazard=Hazard.HERITABLE),
        await digest("CellLot:MCB1", closed=True),
    }
    assert len(different) == 4


async def test_index_and_pushdown_give_one_digest(way: str) -> None:
    question = asked("Donor:D1", hazard=Hazard.CONTAGIOUS, channels=frozenset(Channel))
    here, there = view_of(trial(), way), view_of(trial(), "index")
    assert digest_of(here, await impact(here, question)) == digest_of(there, await impact(there, question))


async def test_an_item_whose_origin_is_not_recorded_makes_the_answer_incomplete(way: str) -> None:
    sheet = BenchSheet()
    sheet.records.append({"record": "node", "kind": "CellLot", "id": "OLD", "data": {}, "stub": True})
    sheet.expanded("OLD", "NEW")
    view = view_of(sheet.records, way)
    whole = completeness(view, await impact(view, asked("CellLot:OLD")))
    assert not whole.complete
    assert whole.reason == "origin not recorded: CellLot:OLD"
    assert whole.unrecorded == ("CellLot:OLD",)


async def test_codes_above_the_tier_are_stubs_without_times_and_the_same_on_each_page(way: str) -> None:
    view = view_of(trial(), way, viewer=Viewer(person="P-9", role=Role.ANALYST))
    answer = await impact(view, asked(MEDIUM))
    items = impact_items(view, answer, 500, None).items
    subjects = [item for item in items if item.node[0] == "Subject"]
    assert [item.node[1] for item in subjects] == ["•1", "•2", "•3", "•4"]
    assert all(item.is_hidden and item.since_ms is None and item.is_since_masked for item in subjects)
    assert completeness(view, answer).hidden == 4
    last = impact_items(view, answer, 2, impact_items(view, answer, len(items) - 2, None).cursors[-1]).items
    assert [item.node for item in last] == [item.node for item in items[-2:]]
    (given,) = {step.start_ms for step in winning_path(view, answer, subjects[0].number) if step.type == "ADMINISTERED"}
    assert given is None
    assert "S1" not in repr(items) + repr(winning_path(view, answer, subjects[0].number))


async def test_a_seed_whose_code_is_above_the_tier_is_not_permitted_whether_it_exists_or_not(way: str) -> None:
    view = view_of(trial(), way, viewer=Viewer(person="P-9", role=Role.ANALYST))
    for seed in ("Donor:D1", "Donor:NOBODY"):
        with pytest.raises(NotPermitted):
            await impact(view, asked(seed))


def _autologous() -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1", donor_relationship="autologous")
    sheet.donor("D2", donor_relationship="allogeneic")
    sheet.reagent("R1")
    for number in (1, 2):
        sheet.collected(f"D{number}", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
        sheet.expanded(f"L{number}", f"X{number}", reagents=["R1"])
        sheet.cryopreserved(f"X{number}", f"B{number}", units=2)
    return sheet


async def test_lots_of_an_autologous_donor_are_stubs_below_tier_2(way: str) -> None:
    view = view_of(_autologous().records, way, viewer=Viewer(person="P-9", role=Role.ANALYST))
    found = _all(view, await impact(view, asked("Reagent:R1")))
    assert sorted(found) == sorted(
        ["Reagent:R1", "CellLot:X2", "CellLot:B2", "CellUnit:B2#1", "CellUnit:B2#2", "CellLot:•1", "CellLot:•2", "CellUnit:•1", "CellUnit:•2"]
    )  # fmt: skip


async def test_personal_codes_that_are_shown_are_logged(way: str) -> None:
    log = MemoryLog()
    view = view_of(_autologous().records, way, viewer=Viewer(person="P-9", role=Role.OPERATOR), log=log)
    answer = await impact(view, asked("Reagent:R1"))
    impact_items(view, answer, 500, None)
    (entry,) = log.entries
    assert (entry[1], sorted(entry[2]), entry[3]) == (
        "impact",
        ["CellLot:B1", "CellLot:X1", "CellUnit:B1#1", "CellUnit:B1#2"],
        2,
    )


async def test_a_unit_taken_before_its_lot_was_affected_is_no_item(way: str) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=2)
    sheet.expanded(units_of("B1", 1), "CLEAN")
    taken = sheet.expanded(units_of("B1", 2), "LATE")
    seed = Seed(node=("CellLot", "B1"), from_ms=_ms(taken["start"]))
    view = view_of(sheet.records, way)
    assert _all(view, await impact(view, asked(seed))) == ["CellLot:B1", "CellLot:LATE", "CellUnit:B1#2"]


async def test_an_answer_that_was_stopped_says_so(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    view = view_of(trial(), way, kernel_seconds=0.001)
    original = Lineage.impact

    def slow(self: Any, *given: Any, cancel: Any, **more: Any) -> Any:
        while not cancel[0]:
            pass
        return replace(original(self, *given, cancel=cancel, **more), is_complete=False)

    monkeypatch.setattr(Lineage, "impact", slow)
    answer = await impact(view, asked(MEDIUM))
    whole = completeness(view, answer)
    assert not whole.complete
    assert whole.reason == "stopped after 0.001 seconds: more may be affected"


async def test_who_may_not_see_when_persons_were_treated_cannot_find_it_out_by_ever_shorter_windows(way: str) -> None:
    """DP1#1 was given on April 10th at 10:00; what is hidden is counted all the same."""
    view = view_of(trial(), way, viewer=Viewer(person="P-09", role=Role.VIEWER))
    seed = ("CellUnit", "DP1#1")
    counted = set()
    for hour in range(24):
        since = parse_moment(f"2025-04-10T{hour:02}:30:00+08:00").earliest_ms
        asked = ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(Seed(node=seed, from_ms=since),))
        answer = await impact(view, asked)
        counted.add(counts(answer).subjects)
        assert "whole days" in (completeness(view, answer).reason or "")
    assert counted == {1}


async def test_a_machine_that_was_only_named_makes_what_went_through_it_incomplete(way: str) -> None:
    stub = {"record": "node", "kind": "Equipment", "id": "INC-9", "data": {}, "stub": True}
    cultures = [
        {
            "record": "operation", "type": "EXPANDED", "id": f"X{number}", "start": f"2025-09-0{number}T10:00:00+08:00",
            "end": f"2025-09-0{number}T20:00:00+08:00", "performing_org": "ORG-1", "operator": "P-02",
            "inputs": [{"kind": "CellLot", "id": lot}], "outputs": [{"kind": "CellLot", "id": f"Y{number}"}],
            "uses": [{"kind": "Equipment", "id": "INC-9"}],
        }
        for number, lot in enumerate(("L1P1", "L2P1"), start=1)
    ]  # fmt: skip
    view = view_of([*trial(), stub, *cultures], way)
    caught = await impact(view, ImpactAsked(hazard=Hazard.CONTAGIOUS, seeds=(Seed(node=("CellLot", "Y1")),)))
    whole = completeness(view, caught)
    assert (whole.complete, whole.unrecorded) == (False, ("Equipment:INC-9",))
    exposed = await impact(view, ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(Seed(node=("CellLot", "Y1")),)))
    assert completeness(view, exposed).complete
