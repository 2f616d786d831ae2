"""The page of an impact: the form, the summary, the list, why; to whom; and what it costs to misuse it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from graph.engine import statement_count
from graph.times import parse_moment
from graph.viewer import Role
from service.pages.addresses import impact_form_address
from service.store import Store
from support.bench_sheet import BenchSheet
from support.browsing import Reader, answer_texts, cells, links_of
from support.nasty import NASTY
from support.pages import Page
from support.site import site_east_by
from support.stores import import_all
from support.trial import scenarios

SCENARIOS = scenarios()["impact"]
MEDIUM = "/view/impact?hazard=EXPOSURE&seed=Reagent:R-MED-8"
LOOK_BACK = next(each for each in SCENARIOS if each["name"] == "donor look-back")
WITH_STORAGE = next(each for each in SCENARIOS if each["name"].endswith("with the storage channel"))
_LEFT_OUT = {"Donor", "Cell unit", "Reagent"}  # of the expected answers


def address_of(scenario: dict[str, Any], **more: str) -> str:
    seeds = []
    for seed in scenario["seeds"]:
        window = f"@{seed.get('from', '')}" + (f"/{seed['until']}" if "until" in seed else "")
        seeds.append(("seed", seed["id"] + (window if len(window) > 1 else "")))
    asked = [("hazard", scenario["hazard"]), *seeds]
    if "channels" in scenario:
        asked.append(("channels", ",".join(scenario["channels"])))
    if "known_at" in scenario:
        asked.append(("knownAt", scenario["known_at"]))
    return f"/view/impact?{urlencode([*asked, *more.items()])}"


def _items(page: Page) -> list[list[str]]:
    return cells(page.one("table", id="items"))


def _number(page: Page, name: str) -> int:
    return int(page.one("b", id=name).text.replace(",", ""))


def _facts(page: Page, heading: str) -> dict[str, str]:
    (card,) = [each for each in page.all("section") if each.attributes.get("aria-labelledby") == heading]
    return {row.one("dt").text: row.one("dd").text for row in card.one("dl").all("div")}


# -- the question ------------------------------------------------------------------------------------------------


async def test_the_form_is_filled_from_where_one_came_from(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    for thing in ("Reagent:R-MED-8", "Equipment:INC-2", "StoragePosition:TANK-A", "Donor:D1", "Person:P-02"):
        page = await reader.open(f"/view/node/{thing}")
        (to_form,) = [link for link in links_of(page.one("nav", aria_label="Questions about it")) if "impact" in link]
        form = await reader.open(to_form)
        assert form.one("input", id="seed1").attributes["value"] == thing
    traced = await reader.open("/view/trace?start=CellLot:MCB1&direction=forward&as=list")
    (from_trace,) = [link for link in links_of(traced.one("main")) if "/view/impact" in link]
    assert (await reader.open(from_trace)).one("input", id="seed1").attributes["value"] == "CellLot:MCB1"


async def test_what_nothing_spreads_from_leads_to_no_form(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/node/Study:ST-1")
    assert not [link for link in links_of(page) if "seed=" in link]


async def test_a_form_that_is_sent_becomes_one_address_to_share(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    sent = [
        ("hazard", "CONTAGIOUS"), ("seed", "Equipment:INC-2"), ("from", "2025-03-08T00:00:00+08:00"),
        ("until", "2025-04-15T00:00:00+08:00"), ("seed", ""), ("from", ""), ("until", ""), ("channels", ""),
        ("knownAt", ""), ("as", "list"),
    ]  # fmt: skip
    answer = await reader.get(f"/view/impact?{urlencode(sent)}")
    assert answer.status_code == 303
    target = answer.headers["location"]
    assert set(parse_qsl(urlsplit(target).query)) == {
        ("hazard", "CONTAGIOUS"),
        ("seed", "Equipment:INC-2@2025-03-08T00:00:00+08:00/2025-04-15T00:00:00+08:00"),
        ("as", "list"),
    }
    shown = await reader.open(target)
    assert "L1P2" in {row[2] for row in _items(shown)}
    filled = {
        each.attributes["id"]: each.attributes.get("value", "")
        for each in shown.all("input")
        if "id" in each.attributes
    }
    assert filled["seed1"] == "Equipment:INC-2"
    assert [parse_moment(filled[name]).earliest_ms for name in ("from1", "until1")] == [
        parse_moment("2025-03-08T00:00:00+08:00").earliest_ms,
        parse_moment("2025-04-15T00:00:00+08:00").earliest_ms,
    ]


@pytest.mark.parametrize(
    ("window", "filter_", "is_said"),
    [
        ("2025-03-08/2025-04-15", "", True),
        ("2025-03-08T00:00:00+01:00", "", False),
        ("2025-03-08T00:00:00+01:00", "&since=2025-03-20", True),
    ],
)
async def test_the_zone_that_a_time_without_offset_was_taken_in_is_said(
    trial_store: Store, window: str, filter_: str, is_said: bool
) -> None:
    with site_east_by(8):
        seed = quote(f"Equipment:INC-2@{window}")
        page = await (await Reader.of(trial_store)).open(f"/view/impact?hazard=EXPOSURE&seed={seed}{filter_}")
    assert [note.text for note in page.all("p", id="assumed-zone")] == (
        ["Times that were written without an offset are taken in the site's zone, +08:00."] if is_said else []
    )


@pytest.mark.parametrize(("window", "is_said"), [("2025-03-08", True), ("2025-03-08T09:00:00+08:00", False)])
async def test_a_picture_says_too_in_which_zone_times_were_taken(
    trial_store: Store, window: str, is_said: bool
) -> None:
    with site_east_by(8):
        seed = quote(f"Equipment:INC-2@{window}")
        page = await (await Reader.of(trial_store, language="zh")).open(
            f"/view/impact?hazard=EXPOSURE&seed={seed}&as=picture"
        )
    assert ("未写时差的时间按站点时区 +08:00 理解。" in page.one("body").text) == is_said


async def test_a_key_with_signs_of_a_window_in_it_is_a_key(store: Store) -> None:
    keys = ["A@B", "A@2025-01", "A/B", "A@"]
    await import_all(store, [{"record": "node", "kind": "Reagent", "id": key, "data": {}} for key in keys])
    reader = await Reader.of(store)
    for key in keys:
        form = await reader.open(impact_form_address([f"Reagent:{key}"]))
        name = form.one("input", id="seed1").attributes["value"]
        answer = await reader.get(f"/view/impact?{urlencode([('hazard', 'EXPOSURE'), ('seed', name), ('from', '')])}")
        page = await reader.open(answer.headers["location"])
        assert [row[2] for row in _items(page)] == [key]


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("hazard=COLD&seed=Donor:D1", 400, "CONTAGIOUS"),
        ("hazard=EXPOSURE", 400, "seed"),
        ("hazard=EXPOSURE&seed=D1", 400, "Kind:key"),
        ("hazard=EXPOSURE&seed=Donor:D9", 404, "Donor:D9"),
        ("hazard=EXPOSURE&seed=Study:ST-1", 400, "Nothing spreads from"),
        ("hazard=EXPOSURE&seed=Donor:D1&channels=EQUIPMENT", 400, "CONTAGIOUS"),
        ("hazard=EXPOSURE&seed=Donor:D1&channels=AIR", 400, "STORAGE"),
        ("hazard=EXPOSURE&seed=CellLot:MCB1@2025-01-01/2025-02-01", 400, "until"),
        ("hazard=EXPOSURE&seed=Donor:D1@2025-13-01", 400, "seed"),
        ("hazard=EXPOSURE&seed=Donor:D1@2025-01-01/", 400, "is no window of time"),
        ("hazard=EXPOSURE&seed=Donor:D1&knownAt=yesterday", 400, "knownAt"),
        ("hazard=EXPOSURE&seed=Donor:D1&tiers=4", 400, "tiers"),
        ("hazard=EXPOSURE&seed=Donor:D1&kinds=CELLS", 400, "CELLS"),
        ("hazard=EXPOSURE&seed=Donor:D1&seeds=Donor:D2", 400, "seed"),
        ("hazard=EXPOSURE&seed=Donor:D1&as=table", 400, "as='table'"),
        ("hazard=EXPOSURE&seed=Donor:D1&sort=size", 400, "sort='size'"),
        ("hazard=EXPOSURE&seed=Donor:D1&at=9999", 400, "later entry"),
        ("hazard=EXPOSURE&seed=Donor:D1&target=CellLot:NOWHERE", 404, "CellLot:NOWHERE"),
    ],
)
@pytest.mark.parametrize("form", ["list", "picture"])
async def test_a_wrong_question_is_told_on_a_page(
    trial_store: Store, asked: str, status: int, said: str, form: str
) -> None:
    address = f"/view/impact?{asked}" + ("" if "as=" in asked else f"&as={form}")
    page = await (await Reader.of(trial_store)).open(address, status=status)
    assert said in page.one("main").text


# -- the answer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each["name"].replace(" ", "-"))
async def test_the_list_names_in_each_tier_whom_the_scenario_expects(
    trial_store: Store, scenario: dict[str, Any]
) -> None:
    before = {} if "known_at" in scenario else {"knownAt": "2025-06-01T00:00:00+08:00"}
    page = await (await Reader.of(trial_store)).open(address_of(scenario, **before))
    found: dict[str, set[str]] = {}
    for tier, kind, key, *_ in _items(page):
        if kind not in _LEFT_OUT:
            found.setdefault(tier[0], set()).add(key)
    assert found == {tier: set(keys) for tier, keys in scenario["expect"].items() if keys}
    assert _number(page, "subjects") == sum(key.startswith("S") for keys in scenario["expect"].values() for key in keys)


async def test_completeness_position_and_digest_come_first(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open(MEDIUM)
    assert answer_texts(page)[0] == "✓ Complete"
    first = next(child for child in page.one("main").children if not isinstance(child, str))
    digest = first.one("span", id="digest").text
    assert len(digest) == 64
    assert (await reader.open(MEDIUM)).one("span", id="digest").text == digest
    assert (await reader.open(MEDIUM + "&closedIntervals=true")).one("span", id="digest").text != digest


async def test_the_summary_tells_what_is_to_be_held_and_what_became_of_the_rest(trial_store: Store) -> None:
    """As of April 21st: 32 units to hold; four were given, one destroyed; what arrived too warm came back."""
    page = await (await Reader.of(trial_store)).open(
        MEDIUM, knownAt="2025-04-21T00:00:00+08:00", hazard="EXPOSURE", seed="Reagent:R-MED-8"
    )
    assert _number(page, "to-hold") == 32
    dispositions = _facts(page, "by-disposition")
    assert (dispositions["Administered"], dispositions["Destroyed"], dispositions["Quarantined"]) == ("4", "1", "29")
    assert "In transit" not in dispositions
    kinds = _facts(page, "by-kind")
    assert kinds["Subject"] == "4"
    assert sum(int(count) for count in kinds.values()) == int(page.one("b", id="total").attributes["data-total"])
    assert any("SITE-1" in site for site in _facts(page, "by-site"))


async def test_suspects_are_named_for_what_is_caught(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open("/view/impact?hazard=CONTAGIOUS&seed=CellLot:MCB1")
    (suspects,) = [each for each in page.all("section") if each.attributes.get("aria-labelledby") == "suspects"]
    assert {link.text for link in suspects.all("a")} == {"D1", "T1", "L1", "L1P1"}
    exposed = await reader.open("/view/impact?hazard=EXPOSURE&seed=CellLot:MCB1")
    assert not [each for each in exposed.all("section") if each.attributes.get("aria-labelledby") == "suspects"]


async def test_why_leads_to_the_path_and_to_other_routes(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open(address_of(LOOK_BACK))
    (why,) = [link.attributes["href"] for link in page.all("a", aria_label="Why S3 is affected")]
    told = await reader.open(why)
    steps = cells(told.one("table", id="path"))
    assert steps[0][0] == "Donor D1"
    assert steps[-1][2] == "Subject S3"
    assert any("INC-1" in cell for step in steps for cell in step)
    assert "Other routes" in told.one("section", aria_labelledby="why").text
    not_affected = await reader.open(MEDIUM + "&target=Subject:S5")
    assert "Subject:S5 is not affected" in not_affected.one("section", aria_labelledby="why").text


@pytest.mark.parametrize("sort", ["tier", "kind", "since", "id"])
async def test_the_list_is_sorted_by_what_its_heading_leads_to(trial_store: Store, sort: str) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open(address_of(LOOK_BACK))
    (address,) = [link for link in links_of(page.one("table", id="items").one("thead")) if f"sort={sort}" in link]
    ordered = await reader.open(address)
    assert sorted(_items(ordered)) == sorted(_items(page))
    place = {"tier": 0, "kind": 1, "id": 2, "since": 4}[sort]
    column = [row[place] for row in _items(ordered)]
    if sort == "kind":
        assert len({*column}) == 1 + sum(one != two for one, two in pairwise(column))
    else:
        assert column == sorted(column)


async def test_the_list_is_filtered_by_kind_and_tier_and_the_summary_is_not(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    whole = await reader.open(address_of(LOOK_BACK))
    part = await reader.open(address_of(LOOK_BACK, kinds="SUBJECT", tiers="2"))
    assert {row[2] for row in _items(part)} == {"S3"}, "S4 had a dose of the donor's own lot, as the correction says"
    assert _number(part, "subjects") == _number(whole, "subjects") == 7


async def test_the_list_is_filtered_by_a_text_that_stays_while_it_is_sorted(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    part = await reader.open(address_of(LOOK_BACK, find="mcb1"))
    assert {row[2].partition("#")[0] for row in _items(part)} == {"MCB1"}
    (address,) = [link for link in links_of(part.one("table", id="items").one("thead")) if "sort=id" in link]
    assert sorted(_items(await reader.open(address))) == sorted(_items(part))


async def test_pages_of_an_answer_agree_whatever_is_written_meanwhile(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=230)
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    page = await reader.open("/view/impact?hazard=EXPOSURE&seed=Donor:D1")
    seen = [row[2] for row in _items(page)]
    assert len(seen) == 100
    later = BenchSheet("Z-", hours=500)
    later.records.clear()
    later.collected("D1", "T0")
    await import_all(store, later.records)
    while onward := [link.attributes["href"] for link in page.all("a", rel="next")]:
        page = await reader.open(onward[0])
        seen += [row[2] for row in _items(page)]
    assert len(seen) == len(set(seen)) == 234
    assert "T0" not in seen


async def test_list_and_picture_lead_to_each_other_and_show_the_same(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    listed = await reader.open(address_of(WITH_STORAGE))
    (to_picture,) = [link.attributes["href"] for link in listed.all("a", class_="button") if link.text == "Picture"]
    picture = await reader.open(to_picture)
    assert {row.one("button").text for row in picture.rows("affected")} >= {row[2] for row in _items(listed)}
    (to_list,) = [link.attributes["href"] for link in picture.all("a") if link.text == "As a list"]
    assert _items(await reader.open(to_list)) == _items(listed)


async def test_every_link_of_list_and_picture_is_answered(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.VIEWER)
    links: set[str] = set()
    for form in ("list", "picture"):
        page = await reader.open(address_of(WITH_STORAGE, target="CellLot:POOL1", **{"as": form}))
        links |= {link for link in links_of(page) if link.startswith("/")}
        if form == "picture":
            links |= {href for shape in page.data["shapes"] for _, href in shape["links"]}
    assert len(links) > 20
    for link in sorted(links):
        assert (await reader.get(link)).status_code == 200, link


async def test_downloads_ask_the_same_question_and_are_offered_to_who_may_export(trial_store: Store) -> None:
    asked = address_of(WITH_STORAGE, tiers="1,2")
    page = await (await Reader.of(trial_store, Role.ANALYST)).open(asked)
    files = [link for link in links_of(page) if link.startswith("/export/impact")]
    assert [dict(parse_qsl(urlsplit(link).query))["format"] for link in files] == ["csv", "xlsx", "ndjson", "graphml"]
    reader = await Reader.of(trial_store, Role.ANALYST)
    for link in files:
        answer = await reader.get(link)
        assert answer.status_code == 200, link
    given = dict(parse_qsl(urlsplit(files[0]).query))
    assert (given["hazard"], given["tiers"], given["channels"]) == ("CONTAGIOUS", "1,2", "MATERIAL,EQUIPMENT,STORAGE")
    viewer = await (await Reader.of(trial_store, Role.VIEWER)).open(MEDIUM)
    assert not [link for link in links_of(viewer) if link.startswith("/export/")]


# -- to whom -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["list", "picture"])
async def test_what_the_role_may_not_see_is_counted_not_named(trial_store: Store, form: str) -> None:
    reader = await Reader.of(trial_store, Role.VIEWER)
    page = await reader.open(f"{MEDIUM}&as={form}")
    assert "4 are shown as •1, •2" in page.one("main").text
    assert not {"S1", "S2", "S3", "S4"} & set(page.one("main").text.replace(":", " ").split())
    refused = await reader.get("/view/impact?hazard=ELIGIBILITY&seed=Donor:D1")
    assert refused.status_code == 403
    assert (await reader.get(f"{MEDIUM}&as={form}&target=Subject:S1")).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NASTY)
async def test_a_hostile_name_is_text(store: Store, name: str, language: str) -> None:
    await import_all(store, [{"record": "node", "kind": "Reagent", "id": name, "data": {}}])
    reader = await Reader.of(store, language=language)
    page = await reader.open("/view/impact", hazard="EXPOSURE", seed=f"Reagent:{name}", target=f"Reagent:{name}")
    assert [" ".join(row[2].split()) for row in _items(page)] == [" ".join(name.split())]
    assert len(page.all("script")) == 1
    assert page.all("img") == []


async def test_the_page_is_in_chinese_for_who_reads_chinese(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store, language="zh")).open(address_of(WITH_STORAGE))
    assert page.one("html").attributes["lang"] == "zh-CN"
    assert "影响范围" in page.one("h1").text
    assert {row[0] for row in _items(page)} == {"1 物料", "3 存储"}
    picture = await (await Reader.of(trial_store, language="zh")).open(address_of(WITH_STORAGE, **{"as": "picture"}))
    assert [band["label"] for band in picture.data["behind"]["bands"]] == ["1 物料", "3 存储"]


async def test_a_picture_to_keep_leads_nowhere(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open(f"{MEDIUM}&as=picture&standalone=true")
    assert page.all("a") == []
    assert all(shape["links"] == [] for shape in page.data["shapes"])


@pytest.mark.parametrize("form", ["list", "picture"])
async def test_an_answer_of_many_takes_as_many_statements_as_one_of_few(store: Store, form: str) -> None:
    counted = []
    for number, units in ((1, 3), (2, 90)):
        sheet = BenchSheet(f"N{number}-", hours=number * 100)
        sheet.donor(f"D{number}")
        sheet.collected(f"D{number}", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
        sheet.cryopreserved(f"L{number}", f"B{number}", units=units)
        await import_all(store, sheet.records)
        reader = await Reader.of(store)
        address = f"/view/impact?hazard=HERITABLE&seed=Donor:D{number}&as={form}&target=CellUnit:B{number}%231"
        await reader.open(address)  # what is prepared once is prepared
        with statement_count() as statements:
            page = await reader.open(address)
        assert page.one("b", id="total").text.startswith(str(units + 4))
        counted.append(statements.count)
    assert counted[0] == counted[1]
