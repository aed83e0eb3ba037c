"""Numbers of accounts, checked as far as anybody can without asking a bank. Pure."""

import re
import unicodedata
from typing import Final

# Length of an IBAN by country: IBAN registry of ISO 13616, kept by SWIFT.
IBAN_LENGTHS: Final = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d{2})",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 "
        "EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 "
        "IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 "
        "NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 "
        "SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30",
    )
}
# Countries whose banks take euro transfers of the SEPA schemes (EPC409-09); others joined lately, and are
# paid like everybody else.
SEPA: Final = frozenset(
    re.findall(
        "[A-Z]{2}",
        "AD AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO SE SI "
        "SK SM VA",
    )
)
LATIN: Final = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
"""What every bank can write (the Latin set of SWIFT and of SEPA, EPC217-08)."""
_PLAIN: Final = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "’": "'",
        "‘": "'",
        "–": "-",
        "&": "+",
        "ı": "i",
    }
)
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{1,30}")
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9\-]{0,32}[A-Za-z0-9])?")
_STRIPE: Final = re.compile(r"acct_[A-Za-z0-9]{1,60}")


def squeezed(typed: str) -> str:
    """A number as it is stored: capitals, without the spaces and hyphens of print."""
    return re.sub(r"[\s\-]", "", typed).upper()


def iban_fault(iban: str) -> str:
    """What is wrong with a squeezed IBAN, in a sentence; empty: its form, length and check digits are right
    (ISO 13616, ISO 7064 MOD 97-10).

    >>> iban_fault("NL91ABNA0417164300")
    ''
    """
    if not _IBAN.fullmatch(iban):
        return "Enter an IBAN like NL91 ABNA 0417 1643 00."
    wanted = IBAN_LENGTHS.get(iban[:2])
    if wanted is None:
        return f"Accounts in {iban[:2]} have no IBAN. Enter the account number and the BIC."
    if len(iban) != wanted:
        return f"An IBAN of {iban[:2]} has {wanted} characters; this has {len(iban)}."
    if int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 != 1:
        return "The check digits do not agree: a character of this IBAN is wrong."
    return ""


def good_bic(bic: str) -> bool:
    """Whether a squeezed BIC has the form of ISO 9362."""
    return _BIC.fullmatch(bic) is not None


def good_phone(phone: str) -> bool:
    """Whether a squeezed number is international, with + and country code (E.164)."""
    return _PHONE.fullmatch(phone) is not None


def good_account(number: str) -> bool:
    return _ACCOUNT.fullmatch(number) is not None


def good_stripe_account(name: str) -> bool:
    return _STRIPE.fullmatch(name) is not None


def latin(text: str) -> str:
    """A text in the signs that every bank can write: accents fall, what has no Latin form is left out."""
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return " ".join("".join(sign for sign in plain if LATIN.fullmatch(sign)).split())


def loses_letters(text: str) -> bool:
    """Whether `latin` would drop a letter or figure of it."""
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return any(sign.isalnum() and not LATIN.fullmatch(sign) for sign in plain)


def hidden(number: str) -> str:
    """The last four signs, for those who need not know the rest."""
    return f"…{number[-4:]}" if len(number) > 4 else number


def by_sepa(currency: str, iban: str, own_iban: str) -> bool:
    """Whether a transfer between the two can go by SEPA: euros, and both banks in its countries."""
    return currency == "EUR" and iban[:2] in SEPA and own_iban[:2] in SEPA
