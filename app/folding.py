"""How text is folded for search: no accents, no case."""

from typing import Final

# `translate` has letters that do not decompose. Built-in functions alone, so that it works where PostgreSQL
# has no contrib modules; lower() last, so that it does so for Latin letters in any locale.
FOLD: Final = (
    r"lower(translate(regexp_replace(normalize({}, NFKD), E'[\u0300-\u036f]', '', 'g'), "
    "'đĐøØłŁı', 'dDoOlLi'))"
)
