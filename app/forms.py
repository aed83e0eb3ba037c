"""Reading what a person typed: each value with its unit, each fault in words that say what to do.

    form = await Form.read(request)
    name = form.text("name", _("Enter the name of the organisation"), most=120)
    price = form.money("price", "USD", _("Enter the price"))
    form.check()          # raises Faulty with every fault at once

What was typed stays in `form.values`, so that a page shows it again.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email
from fastapi import Request
from starlette.datastructures import UploadFile

from app.errors import Faulty
from app.language import digits

LARGEST: Final = 10**12
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Form:
    def __init__(
        self,
        values: Mapping[str, str],
        lists: Mapping[str, list[str]] | None = None,
        text: Callable[[str], str] = str,
    ) -> None:
        self.values: dict[str, Any] = dict(values)
        self.lists = dict(lists or {})
        for name, chosen in self.lists.items():
            if len(chosen) > 1:
                self.values[name] = chosen
        self.files: dict[str, UploadFile] = {}
        self.errors: dict[str, str] = {}
        self._ = text

    @classmethod
    async def read(cls, request: Request) -> "Form":
        """What the request carries; the parser refuses above 1,000 fields or 1 MiB in one."""
        from app.pages import language_of

        typed = await request.form()
        values = {key: value for key, value in typed.items() if isinstance(value, str)}
        lists = {key: [v for v in typed.getlist(key) if isinstance(v, str)] for key in typed}
        form = cls(values, lists, language_of(request).text)
        form.files = {
            key: value for key, value in typed.items() if isinstance(value, UploadFile) and value.filename
        }
        return form

    @classmethod
    def empty(cls, **values: object) -> "Form":
        """A form that shows what is known already."""
        return cls({key: "" if value is None else str(value) for key, value in values.items()})

    def put_list(self, name: str, chosen: Collection[str]) -> None:
        """Show these as chosen in a group of checkboxes."""
        self.values[name] = self.lists[name] = list(chosen)

    def fault(self, name: str, words: str) -> None:
        self.errors.setdefault(name, words)

    def take(self, refusal: Faulty) -> None:
        """Add the faults that a use case found."""
        for name, words in refusal.fields.items():
            self.fault(name.strip("/").split("/")[-1], self._(words))

    def check(self) -> None:
        if self.errors:
            raise Faulty(fields=self.errors)

    def raw(self, name: str) -> str:
        value = self.values.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def text(self, name: str, missing: str = "", *, most: int = 200, least: int = 0) -> str:
        """Text without control characters; `missing` empty: it may be left out."""
        value = _CONTROL.sub("", self.raw(name).replace("\r\n", "\n"))
        if not value and missing:
            self.fault(name, missing)
        elif len(value) > most:
            self.fault(
                name,
                self._("Use at most {most} characters; this has {count}.").format(
                    most=most, count=len(value)
                ),
            )
        elif value and len(value) < least:
            self.fault(name, self._("Use at least {least} characters.").format(least=least))
        return value

    def email(self, name: str, missing: str) -> str:
        value = self.text(name, missing, most=254)
        if value and name not in self.errors:
            try:
                return validate_email(value, check_deliverability=False, test_environment=True).normalized
            except EmailNotValidError:
                self.fault(name, self._("Enter an email address like name@example.org."))
        return value

    def choice(self, name: str, allowed: Collection[str], missing: str) -> str:
        value = self.raw(name)
        if value not in allowed:
            self.fault(name, missing)
        return value

    def choices(self, name: str, allowed: Collection[str]) -> list[str]:
        chosen = [value for value in self.lists.get(name, []) if value]
        if any(value not in allowed for value in chosen):
            self.fault(name, self._("Choose from the list."))
        return chosen

    def ticked(self, name: str) -> bool:
        return self.raw(name) in {"on", "yes", "true", "1"}

    def integer(self, name: str, missing: str = "", *, least: int = 0, most: int = LARGEST) -> int:
        """A whole number; spaces and thousands' commas are read over."""
        value = self.raw(name).replace(" ", "").replace("\u202f", "").replace("\u00a0", "")
        if not value:
            if missing:
                self.fault(name, missing)
            return 0
        if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", value):
            value = value.replace(",", "")
        if not re.fullmatch(r"[+-]?\d{1,15}", value):
            self.fault(name, self._("Enter a whole number in figures, like 12."))
            return 0
        return self._within(name, int(value), least, most)

    def money(
        self, name: str, currency: str, missing: str = "", *, least: int = 0, most: int = LARGEST
    ) -> int:
        """An amount as people write it, "1,234.50" or "1234,5", in minor units of `currency`."""
        value = _plain_number(self.raw(name))
        if not value:
            if missing:
                self.fault(name, missing)
            return 0
        try:
            minor = (
                Decimal(value).scaleb(digits(currency)) if re.fullmatch(r"[+-]?[\d.]{1,20}", value) else None
            )
        except InvalidOperation:
            minor = None
        if digits(currency) < 3 and _EITHER.fullmatch(self.raw(name)):
            self.fault(
                name,
                self._(
                    "This could mean two amounts. Write it without marks between thousands, like 3000.00."
                ),
            )
            return 0
        if minor is None:
            self.fault(name, self._("Enter an amount in {currency}, like 12.50.").format(currency=currency))
            return 0
        if minor != minor.to_integral_value():
            self.fault(
                name,
                self._("{currency} has {places} decimal places. Leave the others out.").format(
                    currency=currency, places=digits(currency)
                ),
            )
            return 0
        return self._within(name, int(minor), least, most, currency)

    def measure(
        self, name: str, missing: str, *, to_base: int, unit: str, least: int = 1, most: int = LARGEST
    ) -> int:
        """A decimal number in `unit`, as a whole number of base units (`to_base` of them make one)."""
        value = _plain_number(self.raw(name))
        if not value:
            if missing:
                self.fault(name, missing)
            return 0
        try:
            base = Decimal(value) * to_base if re.fullmatch(r"[+-]?[\d.]{1,20}", value) else None
        except InvalidOperation:
            base = None
        if _EITHER.fullmatch(self.raw(name)) and "," in self.raw(name):
            self.fault(
                name,
                self._("This could mean two numbers. Write it without marks between thousands, like 1500."),
            )
            return 0
        if base is None:
            self.fault(name, self._("Enter a number in {unit}, like 1.5.").format(unit=unit))
            return 0
        if base != base.to_integral_value():
            self.fault(name, self._("This is finer than we can weigh or measure. Use fewer decimal places."))
            return 0
        if base < least:
            self.fault(name, self._("Enter a number in {unit} above 0.").format(unit=unit))
            return 0
        if base > most:
            self.fault(
                name,
                self._("Enter at most {most} {unit}.").format(most=Decimal(most) / to_base, unit=unit),
            )
            return 0
        return int(base)

    def day(self, name: str, missing: str = "") -> date | None:
        """A date as browsers send it, 2026-01-22."""
        value = self.raw(name)
        if not value:
            if missing:
                self.fault(name, missing)
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault(name, self._("Enter a date as year-month-day, like 2026-01-22."))
            return None

    def _within(self, name: str, value: int, least: int, most: int, currency: str = "") -> int:
        if least <= value <= most:
            return value
        low: object = Decimal(least).scaleb(-digits(currency)) if currency else least
        high: object = Decimal(most).scaleb(-digits(currency)) if currency else most
        words = self._("Enter {low} or more.") if value < least else self._("Enter {high} or less.")
        self.fault(name, words.format(low=low, high=high))
        return 0


_EITHER: Final = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")


def _plain_number(typed: str) -> str:
    """Read "1,234.50", "1.234,50", "1 234,50" and "1234.50" all as "1234.50"."""
    value = re.sub(r"[\s\u00a0\u202f']", "", typed)
    dot, comma = value.rfind("."), value.rfind(",")
    if dot >= 0 and comma >= 0:
        thousands, sign = (",", ".") if dot > comma else (".", ",")
        whole, _, places = value.rpartition(sign)
        if not re.fullmatch(rf"[+-]?\d{{1,3}}(\{thousands}\d{{3}})+", whole):
            return value  # unreadable, and refused by who asked
        return f"{whole.replace(thousands, '')}.{places}"
    for sign in ",.":
        if value.count(sign) > 1:
            return value.replace(sign, "")
    return value.replace(",", ".")
