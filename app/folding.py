"""How text is folded for search: no accents, no case."""

import unicodedata
from typing import Final

# `translate` has letters that do not decompose. Built-in functions alone, so that it works where PostgreSQL
# has no contrib modules; lower() last, so that it does so for Latin letters in any locale.
FOLD: Final = (
    r"lower(translate(regexp_replace(normalize({}, NFKD), E'[\u0300-\u036f]', '', 'g'), "
    "'đĐøØłŁı', 'dDoOlLi'))"
)
_LETTERS: Final = str.maketrans("đĐøØłŁı", "dDoOlLi")


def fold(said: str) -> str:
    """The same here as `FOLD` does in the database, for Latin letters."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", said) if not "\u0300" <= each <= "\u036f")
    return plain.translate(_LETTERS).lower()
