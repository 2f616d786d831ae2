"""What the service says to people, in their language: the gettext catalogues under ``locale/``.

The texts in the code are English; ``make messages`` collects them and compiles the catalogues.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import HTTPConnection

__all__ = ["LANGUAGES", "LANGUAGE_COOKIE", "Texts", "language_of"]

LANGUAGES: Final = {"en": "en", "zh": "zh_CN"}  # our name -> the catalogue's
LANGUAGE_COOKIE: Final = "stemgraph_language"
_FOLDER: Final = Path(__file__).parent / "locale"
_DOMAIN: Final = "stemgraph"


def language_of(connection: HTTPConnection) -> str:
    """``?language=``, else what was chosen before in this browser, else what the browser prefers, else English."""
    for asked in (connection.query_params.get("language"), connection.cookies.get(LANGUAGE_COOKIE)):
        if asked in LANGUAGES:
            return asked
    for preference in connection.headers.get("accept-language", "").split(","):
        tag = preference.partition(";")[0].strip().lower()
        if tag[:2] in LANGUAGES:
            return tag[:2]
    return "en"


class Texts:
    """The texts of one language: ``say("At ledger entry %(seq)s", seq=85)``."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.catalogue = _catalogue(LANGUAGES[language])

    @property
    def tag(self) -> str:
        """As browsers name the language."""
        return LANGUAGES[self.language].replace("_", "-")

    def __call__(self, text: str, **values: object) -> str:
        said = self.catalogue.gettext(text)
        return said % values if values else said


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(_DOMAIN, localedir=_FOLDER, languages=[language])
