"""Numbers that people read, say and type: of pools and orders, and payment references with check digits."""

from typing import Final
from uuid import UUID

# Crockford's base 32: no I, L, O or U, so that nothing is misread or misheard.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def number_of(prefix: str, row: UUID) -> str:
    """A short number from the random end of a row's id: "P-7K3M9QX". Columns keep it unique."""
    value = row.int
    figures = []
    for _ in range(7):
        value, rest = divmod(value, 32)
        figures.append(ALPHABET[rest])
    return f"{prefix}-{''.join(reversed(figures))}"


def reference_of(number: str) -> str:
    """A structured creditor reference (ISO 11649): "RF", two check digits, the order's number."""
    body = number.replace("-", "")
    return f"RF{98 - _remainder(body + 'RF00'):02d}{body}"


def plain_reference(typed: str) -> str:
    """As stored: without the spaces of print."""
    return "".join(typed.split()).upper()


def good_reference(reference: str) -> bool:
    """Whether the check digits of a plain reference are right: a slip of one figure is always seen."""
    if not (
        5 <= len(reference) <= 25
        and reference.startswith("RF")
        and reference.isascii()
        and reference.isalnum()
    ):
        return False
    return _remainder(reference[4:] + reference[:4]) == 1


def printed(reference: str) -> str:
    """In groups of four, as on a bank's form."""
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))


def _remainder(text: str) -> int:
    """ISO 7064 MOD 97-10: letters count as 10 to 35."""
    return int("".join(str(int(sign, 36)) for sign in text)) % 97
