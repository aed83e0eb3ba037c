"""Whether a file is a certificate of ours that holds: the one question that everybody asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from credentials import did as dids
from credentials import jwt, proof
from credentials.attached import credential_in
from credentials.form import BASE_CONTEXT, LARGEST_FILE, CredentialFault, read_instant, read_object
from credentials.status import Purpose, bit, unpacked

LIST_TYPE: Final = "BitstringStatusListCredential"


class Outcome(StrEnum):
    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET = "not yet valid"
    ALTERED = "altered"
    UNKNOWN_KEY = "unknown key"
    REVOKED_KEY = "revoked key"
    STATUS_UNKNOWN = "status unknown"
    UNREADABLE = "unreadable"


SENTENCES: Final[Mapping[Outcome, str]] = {
    Outcome.VALID: "It is genuine, nothing in it was changed, and it holds.",
    Outcome.SUSPENDED: "It is genuine, but suspended: it does not hold for now.",
    Outcome.REVOKED: "It is genuine, but was withdrawn or replaced: it does not hold any more.",
    Outcome.EXPIRED: "It is genuine, but its time is over.",
    Outcome.NOT_YET: "It is genuine, but its time has not begun.",
    Outcome.ALTERED: "Something in it was changed after it was signed. Do not rely on it.",
    Outcome.UNKNOWN_KEY: "The key that signed it is not one of the issuer's keys that are known here.",
    Outcome.REVOKED_KEY: (
        "The key that signed it was revoked by its issuer. Ask for the certificate again: it was signed anew."
    ),
    Outcome.STATUS_UNKNOWN: (
        "It is genuine and in time, but no current status list says whether it was suspended or withdrawn."
    ),
    Outcome.UNREADABLE: "This is not a signed certificate.",
}


@dataclass(frozen=True, slots=True)
class Verification:
    """`document` is what the signature covers, there only when it is good. `detail` says more."""

    outcome: Outcome
    detail: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""

    @property
    def sentence(self) -> str:
        return SENTENCES[self.outcome]

    @property
    def genuine(self) -> bool:
        """Whether the signature is good, whatever became of the certificate since."""
        return bool(self.document)


class _No(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, outcome: Outcome, detail: str = "") -> None:
        self.outcome, self.detail = outcome, detail


@dataclass(frozen=True, slots=True)
class _Read:
    document: Mapping[str, Any]
    method: str


def verify(
    file: bytes,
    *,
    at: datetime,
    did_documents: Iterable[Mapping[str, Any]] = (),
    status_lists: Iterable[bytes] = (),
) -> Verification:
    """Check a credential: JSON with its proof, a VC-JWT, or the PDF in which one is attached.

    `did_documents`: the issuers that are believed, each by its DID document. `status_lists`: status list
    credentials, as JSON or VC-JWT; those that are not signed by the same issuer count for nothing.
    """
    known = list(did_documents)
    try:
        read = _read(file, known)
    except _No as no:
        return Verification(no.outcome, no.detail)
    try:
        _in_time(read.document, at)
        _of_good_standing(read.document, known, status_lists, at)
    except _No as no:
        return Verification(no.outcome, no.detail, read.document, read.method)
    return Verification(Outcome.VALID, "", read.document, read.method)


def _read(file: bytes, known: list[Mapping[str, Any]]) -> _Read:
    """The document of a file, once its signature is found good."""
    if len(file) > LARGEST_FILE:
        raise _No(Outcome.UNREADABLE, "The file is larger than any certificate.")
    try:
        if file.lstrip()[:5] == b"%PDF-":
            file = credential_in(file)
        text = file.decode("utf-8-sig")
        token = jwt.opened(text) if jwt.looks_like(text) else None
        document = token.document if token else read_object(text)
        method = token.method if token else proof.method_of(document)
        issuer = issuer_of(document)
        _of_the_data_model(document)
        if method.partition("#")[0] != issuer:
            raise _No(Outcome.ALTERED, "It names one issuer, and the key of another.")
        key = _key(known, issuer, method)
        agreed = token.agrees(key.public) if token else proof.agrees(document, key.public)
    except UnicodeDecodeError as fault:
        raise _No(Outcome.UNREADABLE, "The file is neither JSON, nor a token, nor a PDF.") from fault
    except CredentialFault as fault:
        raise _No(Outcome.UNREADABLE, str(fault)) from fault
    if not agreed:
        raise _No(Outcome.ALTERED)
    if not key.may_assert:
        raise _No(Outcome.REVOKED_KEY, f"Revoked: {key.revoked}." if key.revoked else "")
    return _Read(document, method)


def issuer_of(document: Mapping[str, Any]) -> str:
    """The issuer's identifier. CredentialFault: there is none."""
    issuer = document.get("issuer")
    found = issuer.get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(found, str):
        raise CredentialFault("It names no issuer.")
    return found


def _of_the_data_model(document: Mapping[str, Any]) -> None:
    """What "Verifiable Credentials Data Model v2.0" asks of every credential."""
    contexts, types = document.get("@context"), document.get("type")
    if not isinstance(contexts, list) or contexts[:1] != [BASE_CONTEXT]:
        raise CredentialFault("It is not a credential of the data model 2.0.")
    if not isinstance(types, list) or "VerifiableCredential" not in types:
        raise CredentialFault("It is not a verifiable credential.")
    if not subjects_of(document):
        raise CredentialFault("It says nothing of anybody.")


def subjects_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a credential speaks of: one subject, or several in a list (section 4.8); empty: of nothing."""
    said = document.get("credentialSubject")
    listed = said if isinstance(said, list) else [said]
    found: list[Mapping[str, Any]] = [each for each in listed if isinstance(each, dict)]
    return found if len(found) == len(listed) else []


def _key(known: list[Mapping[str, Any]], issuer: str, method: str) -> dids.Method:
    for each in known:
        if each.get("id") == issuer and (found := dids.method(each, method)) is not None:
            return found
    raise _No(Outcome.UNKNOWN_KEY, method)


def _in_time(document: Mapping[str, Any], at: datetime) -> None:
    try:
        begins, ends = (
            read_instant(document[name]) if name in document else None for name in ("validFrom", "validUntil")
        )
    except CredentialFault as fault:
        raise _No(Outcome.UNREADABLE, str(fault)) from fault
    if begins is not None and at < begins:
        raise _No(Outcome.NOT_YET, f"From {begins:%d %B %Y}.")
    if ends is not None and at >= ends:
        raise _No(Outcome.EXPIRED, f"Until {ends:%d %B %Y, %H:%M} UTC.")


def _of_good_standing(
    document: Mapping[str, Any], known: list[Mapping[str, Any]], status_lists: Iterable[bytes], at: datetime
) -> None:
    """Nothing, if no list has its bit set. A credential without an entry cannot be revoked: it stands."""
    stated = document.get("credentialStatus", [])
    entries = stated if isinstance(stated, list) else [stated]
    if not entries:
        return
    lists = {}
    for each in status_lists:
        try:
            read = _read(each, known).document
            _in_time(read, at)
        except _No:
            continue
        if issuer_of(read) == issuer_of(document):
            lists[read.get("id")] = read
    unknown = False
    found: set[Purpose] = set()
    for each in entries:
        answer = _listed(each, lists)
        if answer is None:
            unknown = True
        elif answer:
            found.add(Purpose(each["statusPurpose"]))
    if Purpose.REVOCATION in found:
        raise _No(Outcome.REVOKED)
    if Purpose.SUSPENSION in found:
        raise _No(Outcome.SUSPENDED)
    if unknown:
        raise _No(Outcome.STATUS_UNKNOWN)


def _listed(entry: Any, lists: Mapping[Any, Mapping[str, Any]]) -> bool | None:
    """Whether its bit is set; None where that cannot be told. Section 3.2, "Validate Algorithm"."""
    if not isinstance(entry, dict) or entry.get("type") != "BitstringStatusListEntry":
        return None
    listed = lists.get(entry.get("statusListCredential"))
    purpose, index = entry.get("statusPurpose"), entry.get("statusListIndex")
    if listed is None or purpose not in set(Purpose) or LIST_TYPE not in listed["type"]:
        return None
    subject = listed["credentialSubject"]
    if (
        not isinstance(subject, dict)
        or subject.get("statusPurpose") != purpose
        or not (isinstance(index, str) and index.isascii() and index.isdecimal() and len(index) < 20)
    ):
        return None
    try:
        bits = unpacked(str(subject.get("encodedList")))
        return bit(bits, int(index))
    except (CredentialFault, IndexError, ValueError):
        return None
