"""Papers: PDFs that typst sets from data, the same bytes for the same data, with letters for most scripts.

They are PDF/A-3a (to be kept) and PDF/UA-1 (to be read aloud). Under both, a letter that no font has is an
error rather than an empty box: it is then written as its code point, and the paper says so.
"""

import importlib.resources
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

TEMPLATES: Final = Path(__file__).parent / "paper_templates"
_NO_LETTER: Final = re.compile(r'the text `"((?:[^"\\]|\\.)+)"` could not be displayed')
_CODE: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
_MOST: Final = 60
"""Different letters without a font that one paper is set again for."""
# Of Han characters, each country writes its own variants.
_HAN: Final = {"JP": "JP", "KR": "KR", "TW": "TC", "HK": "HK"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file within the paper."""

    name: str
    media_type: str
    description: str
    text: str


@cache
def _fonts() -> typst.Fonts:
    """Noto, from the packages that bring it: nothing of the machine, so that every machine sets the same."""
    folders = [
        importlib.resources.files(package).joinpath(*inside)
        for package, *inside in (
            ("fontpkg_noto_serif", "files"),
            ("manimgx_fonts",),
            ("manimgx_fonts_cjk",),
        )
    ]
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[Path(str(each)) for each in folders],
    )


def compile_paper(
    template: str, data: Mapping[str, Any], *, at: datetime, attachments: Sequence[Attachment] = ()
) -> bytes:
    """The PDF of `template` (a name in `paper_templates`, without its ending).

    `data` is JSON to the template: text in it stays text, whatever it holds. `at`: when the PDF
    says that it was made. `data["country"]`, where it is there, chooses among the variants of Han characters.
    """
    unset: list[str] = []
    while True:
        wanted = {
            **_without(data, unset),
            "unset": unset,
            "han": f"Noto Sans CJK {_HAN.get(str(data.get('country', '')), 'SC')}",
            "attachments": [
                {"name": each.name, "type": each.media_type, "about": each.description, "text": each.text}
                for each in attachments
            ],
        }
        try:
            made = typst.compile(
                TEMPLATES / f"{template}.typ",
                root=TEMPLATES,
                font_paths=_fonts(),
                ignore_system_fonts=True,
                format="pdf",
                sys_inputs={"data": json.dumps(wanted)},
                pdf_standards=["a-3a", "ua-1"],
                timestamp=int(at.timestamp()),
            )
        except typst.TypstError as fault:
            missing = letters_without_font(str(fault))
            if not missing or len(unset) >= _MOST:
                raise
            unset += [each for each in missing if each not in unset]
        else:
            return made


def letters_without_font(words: str) -> list[str]:
    """Those that typst names in its refusal."""
    found = _NO_LETTER.search(words)
    if not found:
        return []
    return sorted(set(_CODE.sub(lambda code: chr(int(code[1], 16)), found[1])))


def _without(value: Any, unset: Sequence[str]) -> Any:
    """The same data with a letter that cannot be set as its code point, like [U+2D5C]."""
    if isinstance(value, str):
        for letter in unset:
            value = value.replace(letter, f"[U+{ord(letter):04X}]")
        return value
    if isinstance(value, Mapping):
        return {name: _without(inner, unset) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without(inner, unset) for inner in value]
    return value
