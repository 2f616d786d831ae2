"""A lineage that is held open for a notebook: a running service, or a store that is opened in this process."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final, Literal

from graph.errors import BadInput
from graph.times import BadTime, parse_zone, with_offset
from graph.vocabulary import CHANNELS, HAZARDS, KINDS, OPERATIONS, kind_code
from service.client import Service
from service.commands.impact import Question as ImpactQuestion
from service.commands.impact import ask_impact
from service.commands.tracing import Question as TraceQuestion
from service.commands.tracing import ask_trace
from service.notebook.answers import Contents, Impact, Trace, Whereabouts
from service.notebook.holding import Held
from service.notebook.questions import ContentsQuestion, WhereaboutsQuestion, ask_contents, ask_whereabouts
from service.samples import load_trial
from service.seeds import seeds_of
from service.settings import PREFIX, Settings
from service.texts import LANGUAGES, Texts

__all__ = ["Lineage", "open_lineage", "open_trial"]

_KINDS: Final = {name: kind_code(kind) for kind in KINDS for name in (kind, kind_code(kind))}
_OPERATIONS: Final = {name: name for name in OPERATIONS}
_CHANNELS: Final = {name: channel for channel in CHANNELS.labels for name in (channel, channel.lower())}
_ZONE_WANTED: Final = "Open the lineage with zone='+08:00', or write the offset: 2025-03-08T00:00:00+08:00."


class Lineage(AbstractContextManager["Lineage"]):
    """Answers questions from a notebook, where a loop is running already: each call returns when the answer is there.

    `close` it, or use it in a ``with``: a store that is open here is in use, and no other process can open it.
    """

    def __init__(self, held: Held, *, say: Texts, zone: str | None, after: ExitStack) -> None:
        self._held = held
        self._say = say
        self._zone = zone
        self._after = after

    def trace(
        self,
        start: str | Sequence[str],
        direction: Literal["forward", "backward"],
        *,
        kinds: Sequence[str] | None = None,
        operations: Sequence[str] | None = None,
        max_depth: int | None = None,
        known_at: str | datetime | None = None,
    ) -> Trace:
        """What became of the start (``forward``), or where it came from (``backward``).

        ``kinds`` and ``operations``: only these are listed, all are walked. ``known_at``: as the records stood then.
        Raises what the service answers with: NotPermitted, BadInput, StoreUnavailable, an error of the code not_found.
        """
        question = TraceQuestion(
            start=_several(start),
            direction=_word(direction.upper(), ("FORWARD", "BACKWARD"), "direction"),
            kinds=_words(kinds, _KINDS, "kinds"),
            operations=_words(operations, _OPERATIONS, "operations"),
            max_depth=max_depth,
            known_at=self._time(known_at),
        )
        answer = self._held.run(lambda service: ask_trace(service, question))["trace"]
        say, named = self._say, ", ".join(question.start)
        is_forward = question.direction == "FORWARD"
        return Trace(
            answer,
            title=say("What became of %(start)s", start=named)
            if is_forward
            else say("Where %(start)s came from", start=named),
            zone=_offset(self._zone),
            say=say,
            draw=lambda: self._page("/view/trace", question.as_address(), answer),
        )

    def impact(
        self,
        hazard: str,
        seeds: str | Sequence[str],
        *,
        channels: Sequence[str] | None = None,
        known_at: str | datetime | None = None,
        closed: bool = False,
        kinds: Sequence[str] | None = None,
        tiers: Sequence[int] | None = None,
    ) -> Impact:
        """Who and what is affected by a hazard that begins at the seeds, since when, by which path.

        Seeds are written as on the command line: ``Equipment:INC-2@2025-03-08/2025-04-15``, ``CellUnit:WCB1#11-20``.
        ``kinds`` and ``tiers``: only these are listed, all are followed. ``closed``: for the careful, what ends at an
        instant counts as still present then. Raises as `trace`.
        """
        question = replace(
            self._about(hazard, seeds, channels, closed=closed),
            known_at=self._time(known_at),
            kinds=_words(kinds, _KINDS, "kinds"),
            tiers=tiers,
        )
        answer = self._held.run(lambda service: ask_impact(service, question))["impact"]
        say, label = self._say, HAZARDS.label(question.hazard, self._say.language)
        return Impact(
            answer,
            title=say("%(hazard)s: what %(seeds)s affects", hazard=label, seeds=", ".join(_several(seeds))),
            zone=_offset(self._zone),
            say=say,
            draw=lambda: self._page("/view/impact", [*question.as_address(), ("as", "picture")], answer),
        )

    def whereabouts(self, id: str, *, known_at: str | datetime | None = None) -> Whereabouts:  # noqa: A002 - as in GraphQL
        """Where a lot, tissue, reagent or unit has been: in which place, from when to when, brought and taken away by whom.

        ``known_at``: as the records stood then. Raises as `trace`.
        """
        question = WhereaboutsQuestion(id=id, known_at=self._time(known_at))
        answer = self._held.run(lambda service: ask_whereabouts(service, question))["custody"]
        return Whereabouts(
            answer,
            title=self._say("Where %(thing)s has been", thing=id),
            zone=_offset(self._zone),
            say=self._say,
            draw=lambda: self._page("/view/whereabouts", [*question.as_address(), ("as", "picture")], answer),
        )

    def contents(
        self,
        position: str,
        *,
        at: str | datetime | None = None,
        known_at: str | datetime | None = None,
        hazard: str | None = None,
        seeds: str | Sequence[str] | None = None,
        channels: Sequence[str] | None = None,
        closed: bool = False,
        kinds: Sequence[str] | None = None,
    ) -> Contents:
        """What stands in a position or anywhere below it, at a moment (now); with ``hazard`` and ``seeds``, written as for
        `impact`, what of it is affected.

        ``kinds``: only these are listed, all are counted. Raises as `trace`.
        """
        if (hazard is None) != (seeds is None) or (hazard is None and (channels is not None or closed)):
            raise BadInput(
                "hazard and seeds go together.",
                remedy="Give both, to be told what is affected; or neither, nor channels, nor closed.",
                member="hazard",
            )
        question = ContentsQuestion(
            position=position,
            at=self._time(at, "at"),
            known_at=self._time(known_at),
            impact=None if hazard is None or seeds is None else self._about(hazard, seeds, channels, closed=closed),
            kinds=_words(kinds, _KINDS, "kinds"),
        )
        answer = self._held.run(lambda service: ask_contents(service, question))["contents"]
        asked = [*question.as_address(answer["at"]), ("as", "picture")]
        return Contents(
            answer,
            title=self._say("What stands in %(position)s", position=position),
            zone=_offset(self._zone),
            say=self._say,
            draw=lambda: self._page("/view/contents", asked, answer, entry="entry"),
        )

    def query(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of any other question in GraphQL."""
        return self._held.run(lambda service: service.query(query, variables))

    def close(self) -> None:
        """Returns when everything is closed. Answers that were got stay; pictures not looked at yet cannot be drawn."""
        self._held.close()
        self._after.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _about(
        self, hazard: str, seeds: str | Sequence[str], channels: Sequence[str] | None, *, closed: bool
    ) -> ImpactQuestion:
        """What is wrong, as it is known now."""
        asked = [
            each
            for text in _several(seeds)
            for each in seeds_of(text, zone=self._zone, member=f"seed {text}", remedy=_ZONE_WANTED)
        ]
        return ImpactQuestion(
            hazard=_word(hazard.upper(), HAZARDS.labels, "hazard"),
            seeds=[seed.as_input() for seed in asked],
            channels=_words(channels, _CHANNELS, "channels"),
            closed=closed,
        )

    def _page(self, path: str, asked: Sequence[tuple[str, str]], answer: dict[str, Any], *, entry: str = "at") -> str:
        """The picture at the position of the answer, which the page calls ``entry``."""
        shown = {entry: str(answer["asOfSeq"]), "standalone": "true", "language": self._say.language}
        parameters = [*asked, *shown.items()]
        return self._held.run(lambda service: service.ask("GET", path, params=parameters)).text

    def _time(self, given: str | datetime | None, member: str = "known_at") -> str | None:
        if given is None:
            return None
        text = given.isoformat(timespec="milliseconds") if isinstance(given, datetime) else given
        try:
            return with_offset(text, self._zone)
        except BadTime as error:
            raise BadInput(f"{member}: {error}.", remedy=_ZONE_WANTED, member=member) from None


def open_lineage(
    *,
    url: str | None = None,
    token: str | None = None,
    data: str | Path | None = None,
    purpose: str | None = None,
    zone: str | None = None,
    language: str = "en",
) -> Lineage:
    """A service (``url``), or the embedded store in a folder (``data``): through the service that holds it, if one does.

    ``token``: without it, that of the environment's STEMGRAPH_TOKEN, so that a notebook holds no secret. ``purpose``:
    why it is asked, for the access log. ``zone``: an offset such as ``+08:00``, in which the times of tables stand (UTC
    without it), and of times that are typed without one (refused without it). ``language``: ``en`` or ``zh``.

    Raises BadInput, and what opening raises: NotFound, NotPermitted, Conflict (the folder is in use), StoreUnavailable.
    """
    if (url is None) == (data is None):
        raise BadInput("Say what to open.", remedy="Give url=… for a service, or data=… for a store's folder.")
    _check(zone, language)
    settings = Settings(
        data=Settings.data if data is None else Path(data),
        url=url,
        token=token or os.environ.get(f"{PREFIX}TOKEN"),
        purpose=purpose,
    )
    return Lineage(Held(settings), say=Texts(language), zone=zone, after=ExitStack())


def open_trial(*, zone: str | None = "+08:00", language: str = "en") -> Lineage:
    """The trial of ``stemgraph demo`` in a store of its own, which goes when it is closed. Raises as `open_lineage`."""
    _check(zone, language)
    with ExitStack() as after:
        folder = after.enter_context(tempfile.TemporaryDirectory(prefix="stemgraph-trial-"))
        held = Held(Settings(data=Path(folder) / "store"), prepare=_load_trial)
        return Lineage(held, say=Texts(language), zone=zone, after=after.pop_all())


async def _load_trial(service: Service) -> None:
    assert service.store is not None  # it is made within this process
    await load_trial(service.store)


def _check(zone: str | None, language: str) -> None:
    try:
        _offset(zone)
    except BadTime as error:
        raise BadInput(f"zone: {error}.", remedy="Write zone='+08:00'.", member="zone") from None
    _word(language, LANGUAGES, "language")


def _offset(zone: str | None) -> tzinfo:
    return UTC if zone is None else parse_zone(zone)


def _several(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else list(given)


def _words(given: Sequence[str] | None, known: Mapping[str, str], member: str) -> list[str] | None:
    """As GraphQL writes them."""
    return None if given is None else [known[_word(name, known, member)] for name in given]


def _word(name: str, known: Iterable[str], member: str) -> str:
    names = list(known)
    if name in names:
        return name
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
    raise BadInput(f"{member}: there is no {name!r}.", remedy=f"Did you mean {nearest!r}?", member=member)
