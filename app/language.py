"""The reader's language: texts, numbers, money, dates and measures."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from babel import Locale, dates, negotiate_locale, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

FOLDER: Final = Path(__file__).parent / "translations"
_NAMES: Final = {"en": "English", "es": "Español", "fr": "Français", "pt": "Português"}
# English stands in the code; another language is offered once its catalogue is there.
LOCALES: Final = {
    code: name
    for code, name in _NAMES.items()
    if code == "en" or (FOLDER / code / "LC_MESSAGES" / "messages.po").exists()
}


class Language:
    """Everything that depends on the reader's locale. Cheap to make, safe to share."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.locale = Locale.parse(code)
        self.texts = _texts(code)

    @property
    def direction(self) -> str:
        return "rtl" if self.locale.text_direction == "rtl" else "ltr"

    def text(self, message: str) -> str:
        return self.texts.gettext(message)

    def texts_by_number(self, one: str, many: str, number: int) -> str:
        return self.texts.ngettext(one, many, number)

    def amount(self, minor: int, currency: str) -> str:
        """Money as a number alone, "449.12": the currency stands at the column's head."""
        return numbers.format_decimal(
            major(minor, currency),
            format=f"#,##0.{'0' * digits(currency)}" if digits(currency) else "#,##0",
            locale=self.locale,
        )

    def money(self, minor: int, currency: str) -> str:
        """Money with its currency, "USD 449.12": a code cannot be mistaken for another country's dollar."""
        return f"{currency} {self.amount(minor, currency)}"

    def number(self, value: float | Decimal, places: int = 0) -> str:
        pattern = "#,##0." + "0" * places if places else "#,##0"
        return numbers.format_decimal(value, format=pattern, locale=self.locale)

    def percent(self, share: float, places: int = 0) -> str:
        pattern = "#,##0" + ("." + "0" * places if places else "") + " %"
        return numbers.format_percent(share, format=pattern, locale=self.locale)

    def weight(self, grams: int) -> str:
        kilograms = Decimal(grams) / 1000
        places = _places(grams)
        return f"{self.number(kilograms, places)} kg"

    def volume(self, cubic_centimetres: int) -> str:
        """Litres below a tenth of a cubic metre: "4.5 l" is easier to picture than "0.0045 m³"."""
        if cubic_centimetres < 100_000:
            return f"{self.number(Decimal(cubic_centimetres) / 1000, _places(cubic_centimetres))} l"
        places = 2 if cubic_centimetres % 10_000 == 0 else 3
        return f"{self.number(Decimal(cubic_centimetres) / 1_000_000, places)} m³"

    def day(self, value: date | datetime) -> str:
        """As in "22 January 2026"."""
        return dates.format_date(value, "d MMMM y", locale=self.locale)

    def short_day(self, value: date | datetime) -> str:
        """As in "22 Jan"."""
        return dates.format_date(value, "d MMM", locale=self.locale)

    def weekday(self, value: date | datetime) -> str:
        """As in "Thursday 22 January"."""
        return dates.format_date(value, "EEEE d MMMM", locale=self.locale)

    def moment(self, value: datetime) -> str:
        """As in "22 January 2026, 18:00 UTC"."""
        return f"{self.day(value)}, {dates.format_time(value, 'HH:mm', locale=self.locale)} UTC"

    def country(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))


@lru_cache
def language(code: str) -> Language:
    return Language(code if code in LOCALES else "en")


def chosen(cookie: str | None, own: str | None, accepted: str) -> str:
    """The locale to use: the one just chosen, else the person's own, else what the browser asks for."""
    for wish in (cookie, own):
        if wish in LOCALES:
            return wish
    asked = [part.split(";")[0].strip().replace("-", "_") for part in accepted.split(",") if part.strip()]
    asked += [each.split("_")[0] for each in asked]
    return negotiate_locale(asked, list(LOCALES)) or "en"


def digits(currency: str) -> int:
    """Decimal places of a currency: 0 for JPY, 2 for USD, 3 for KWD (ISO 4217)."""
    return numbers.get_currency_precision(currency)


def _places(thousandths: int) -> int:
    """The decimal places of a measure that say something: 3.12 kg, 2.6 kg, 2 kg."""
    return next(places for places, each in enumerate((1000, 100, 10, 1)) if thousandths % each == 0)


def major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-digits(currency))


def _texts(code: str) -> NullTranslations:
    """The catalogue of a locale, compiled from its .po when that is newer."""
    source = FOLDER / code / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return NullTranslations()
    return _compiled(source, code)


def _compiled(source: Path, code: str) -> NullTranslations:
    import io

    buffer = io.BytesIO()
    with source.open("rb") as lines:
        write_mo(buffer, read_po(lines, locale=code))
    buffer.seek(0)
    return Translations(buffer)
