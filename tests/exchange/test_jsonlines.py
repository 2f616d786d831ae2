"""JSON Lines: each line a record, everything wrong said at its line, memory flat."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.jsonlines import DEEPEST, LONGEST_LINE, read_chunks, read_file, read_stream
from exchange.samples import trial
from graph.records import RawRecord


def read(*chunks: bytes) -> list[RawRecord]:
    return list(read_chunks(chunks, "f.jsonl"))


def problems(*chunks: bytes) -> list[tuple[int | None, str]]:
    """(line, code) of everything that is wrong."""
    return [(problem.place.line, problem.code) for record in read(*chunks) for problem in record.problems]


GOOD = b'{"record":"node","kind":"Person","id":"P-1"}'


def test_each_line_is_a_record_at_its_line() -> None:
    records = read(GOOD + b"\n\n" + GOOD)
    assert [(record.place.file, record.place.line) for record in records] == [("f.jsonl", 1), ("f.jsonl", 3)]
    assert all(record.value == json.loads(GOOD) and not record.problems for record in records)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"record":', "broken_json"),
        (b'{"a":1}}', "broken_json"),
        (b"{'a':1}", "broken_json"),
        (b'{"a":"\xff"}', "not_utf8"),
        (b'{"a":NaN}', "not_finite"),
        (b'{"a":-Infinity}', "not_finite"),
        (b'{"a":1,"a":2}', "duplicate_member"),
        (b'{"b":[{"a":1,"a":1}]}', "duplicate_member"),
        (b"[1]", "not_an_object"),
        (b"3", "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested_too_deeply"),
        (b'{"a":' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", "nested_too_deeply"),
        (b'{"a":' + b"9" * 5_000 + b"}", "broken_json"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(line: bytes, code: str) -> None:
    records = read(GOOD + b"\n" + line + b"\n" + GOOD + b"\n")
    assert [len(record.problems) for record in records] == [0, 1, 0]
    problem = records[1].problems[0]
    assert (problem.place.file, problem.place.line, problem.code) == ("f.jsonl", 2, code)
    assert problem.message
    assert problem.remedy


def test_a_number_that_is_none_is_named_by_its_member() -> None:
    line = b'{"record":"node","data":{"capacity":NaN,"rows":[[1,-Infinity]]},"inputs":[{"quantity":1e999}]}'
    told = [(problem.member, problem.code) for problem in read(line)[0].problems]
    assert told == [(member, "not_finite") for member in ("data.capacity", "data.rows[0][1]", "inputs[0].quantity")]


def test_all_problems_of_a_file_are_said_at_once() -> None:
    assert problems(b'{"a":NaN,"b":1,"b":2}\n' + GOOD + b'\n{"b"\n') == [
        (1, "not_finite"),
        (1, "duplicate_member"),
        (3, "broken_json"),
    ]


def test_a_byte_order_mark_is_refused_and_the_line_read() -> None:
    records = read(b"\xef\xbb\xbf" + GOOD + b"\n")
    assert [problem.code for problem in records[0].problems] == ["byte_order_mark"]
    assert records[1].value == json.loads(GOOD)


def test_utf16_is_told_by_its_mark() -> None:
    assert (1, "byte_order_mark") in problems(GOOD.decode().encode("utf-16"))


def test_crlf_is_said_once_a_file() -> None:
    assert problems(GOOD + b"\n" + GOOD + b"\r\n" + GOOD + b"\r\n") == [(2, "crlf")]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n"])
def test_a_file_without_a_record_is_refused(content: bytes) -> None:
    assert problems(content) == [(1, "empty_file")]


def test_what_is_not_utf8_is_named_by_its_byte() -> None:
    message = read(GOOD + b'\n{"a":"\xc3"}\n')[1].problems[0].message
    assert f"byte 7 of the line, byte {len(GOOD) + 7} of the file" in message


def test_messages_repeat_no_value() -> None:
    for line in (b'{"name":"Secretperson" "b":1}', b'{"name":"Secretperson","b":NaN}'):
        assert all("Secretperson" not in problem.message for record in read(line) for problem in record.problems)


def test_a_line_of_100_megabytes_is_refused_without_being_held() -> None:
    def line() -> Iterator[bytes]:
        yield b'{"a":"'
        yield from (b"x" * 1_000_000 for _ in range(100))
        yield b'"}\n' + GOOD + b"\n"

    tracemalloc.start()
    try:
        records = list(read_chunks(line(), "f.jsonl"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [[problem.code for problem in record.problems] for record in records] == [["line_too_long"], []]
    assert records[1].place.line == 2
    assert peak < LONGEST_LINE + 8_000_000


def test_memory_does_not_grow_with_the_file() -> None:
    def peak_of(lines: int) -> int:
        tracemalloc.start()
        try:
            for _ in read_chunks(GOOD + b"\n" for _ in range(lines)):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak_of(20_000) < peak_of(200) + 100_000


def test_large_whole_numbers_are_not_rounded() -> None:
    assert read(b'{"a":123456789012345678901234567890}')[0].value == {"a": 123456789012345678901234567890}


@given(st.data())
def test_where_the_chunks_are_cut_makes_no_difference(data: st.DataObject) -> None:
    content = b'{"a":"\xe4\xbe\x9b"}\n\r\n{"b":\n[1]\n' + GOOD
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    chunks = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    assert read(*chunks) == read(content)


@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.none() | st.booleans(),
            st.lists,
            max_leaves=5,
        ),
    )
)
def test_any_object_comes_out_as_it_went_in(value: dict[str, object]) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, separators=(",", ":"))):
        try:
            line = text.encode()
        except UnicodeEncodeError:  # a lone surrogate, which UTF-8 cannot say
            continue
        assert read(line)[0].value == value


async def test_a_stream_gives_what_the_file_gives(tmp_path: Path) -> None:
    path = tmp_path / "trial.jsonl"
    path.write_bytes(trial())

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(trial()), 1000):
            yield trial()[start : start + 1000]

    assert [record async for record in read_stream(chunks(), path.name)] == list(read_file(path))
