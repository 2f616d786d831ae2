"""Templates: one environment a language, everything escaped, a name that is not given is an error."""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import jinja2

from graph.reader import id_text
from graph.rules.departures import recall
from graph.times import Moment
from graph.viewer import OWNER, Role
from graph.vocabulary import KINDS
from queries.impact import can_be_seed
from queries.whereabouts import WHEREABOUTS_KINDS
from service.messages import marked_up, spoken, tag_of
from service.pages.addresses import (
    impact_form_address,
    in_language,
    node_address,
    operation_address,
    search_address,
    trace_address,
    whereabouts_address,
)
from service.pages.zone import site_offset
from service.texts import LANGUAGES, Texts
from service.wording import (
    deviation_label,
    direction_label,
    field_label,
    field_unit,
    navigation,
    range_label,
    role_labels,
)
from visualize.values import moment_text, span_text
from visualize.words import edge_label, kind_label

__all__ = ["site_time", "template_of"]

_DUPLICATE: Final = re.compile(r"\(duplicate of ([A-Z]+-\d+)\)")  # as the list of the items notes it, in any language
_FOLDER: Final = Path(__file__).parent.parent / "templates"


def template_of(name: str, language: str) -> jinja2.Template:
    """The template as a reader of the language sees it."""
    return _environment(language).get_template(name)


def site_time(ms: int | None) -> str:
    """A time of the service's own clock to the second, in the zone of the machine it runs on, with the offset."""
    if ms is None:
        return ""
    return span_text(ms // 1000 * 1000, None, site_offset(ms))


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    say = Texts(language)
    environment.install_gettext_translations(say.catalogue, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    environment.globals |= {
        "language": language,
        "tag": say.tag,
        "languages": {name: Texts(name).tag for name in LANGUAGES},
        "node_address": node_address,
        "operation_address": operation_address,
        "search_address": search_address,
        "trace_address": trace_address,
        "impact_form_address": impact_form_address,
        "whereabouts_address": whereabouts_address,
        "can_be_followed": WHEREABOUTS_KINDS.__contains__,
        "can_be_seed": can_be_seed,
        "kinds": KINDS,
        "spoken": partial(spoken, say),
        "told": partial(marked_up, say),
        "tag_of": partial(tag_of, say),
        "recall": recall,
        "role_label": role_labels(say).__getitem__,
        "actor_name": lambda actor: role_labels(say)[Role.OWNER] if actor == OWNER.person else actor,
        "role_name": lambda name: role_labels(say).get(Role(name), name) if name else "",
        "deviation_label": partial(deviation_label, say),
        "direction_label": partial(direction_label, say),
        "field_label": partial(field_label, say),
        "range_label": partial(range_label, say),
        "field_unit": field_unit,
        "navigation": lambda may_import: navigation(say, may_import=may_import),
        "in_language": in_language,
    }
    environment.filters |= {
        "number": _number,
        "site_time": site_time,
        "moment": _moment,
        "id": id_text,
        "kind_label": lambda kind: kind_label(kind, language),
        "edge_label": lambda edge: edge_label(edge, language),
        "item_name": lambda name: _DUPLICATE.sub(say("(the same as %(item)s)", item=r"\1"), name),
        "address_part": lambda text: quote(str(text), safe=""),
    }
    return environment


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.15g}"


def _moment(moment: Moment | None) -> str:
    return "" if moment is None else moment_text(moment)
