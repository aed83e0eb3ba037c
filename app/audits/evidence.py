"""Files that show something: kept by their hash, linked to criteria, seen only by those who must."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import BinaryIO, Final
from uuid import UUID

from obstore.exceptions import NotFoundError
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app import files, history
from app.audits import models as rows
from app.audits.application import ANSWERABLE, need_case
from app.audits.kept import Kept, load
from app.audits.scanning import scan
from app.audits.sight import sees
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Organisation, Person
from app.permissions import Actor, Role
from app.public_copies import PICTURES, public_copy
from app.screening import screen
from certification import State

MOST_FILES: Final = 500
OPENED: Final = "evidence opened"
CLOSED: Final = frozenset(
    {State.RECOMMENDED, State.DECIDED, State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED}
)
"""While somebody decides, and after the end, what the decision rests on stays as it is."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a case and the criteria that it is linked to. `size` in bytes.

    `valid_until`: the last day on which it shows something. `replaced_by`: a newer version of it. `notes`:
    what its readers should know (`screening.SCRIPT`).
    """

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    uploaded_at: datetime
    criteria: tuple[str, ...]
    valid_until: date | None = None
    replaces: UUID | None = None
    replaced_by: UUID | None = None
    scanned: bool = False
    notes: tuple[str, ...] = ()
    public: bool = False
    altered: bool = False

    def expired(self, on: date) -> bool:
        return self.valid_until is not None and self.valid_until < on

    @property
    def picture(self) -> bool:
        return self.media_type in PICTURES


@dataclass(frozen=True, slots=True)
class About:
    """What somebody says of a file that they give."""

    name: str
    criteria: Collection[str] = ()
    valid_until: date | None = None
    replaces: UUID | None = None
    sha256: str | None = None  # as the sender computed it


@dataclass
class Differs(Refusal):
    """What arrived is not what was sent."""

    detail: str = "What arrived is not what was sent (its hash differs), so it was not kept. Send it again."
    code: str = "checksum-mismatch"
    title: str = "Not what was sent"
    status: int = 460  # as tus names it


def files_of(session: Session, case_id: UUID) -> list[File]:
    """All files of a case, the newest first; earlier versions too."""
    newer = aliased(rows.Evidence)
    found = session.execute(
        select(rows.Evidence, func.array_remove(func.array_agg(rows.EvidenceLink.criterion), None), newer.id)
        .select_from(rows.Evidence)
        .join(rows.EvidenceLink, rows.EvidenceLink.evidence_id == rows.Evidence.id, isouter=True)
        .join(newer, newer.replaces_id == rows.Evidence.id, isouter=True)
        .where(rows.Evidence.case_id == case_id)
        .group_by(rows.Evidence.id, newer.id)
        .order_by(rows.Evidence.uploaded_at.desc(), rows.Evidence.id.desc())
    )
    return [_file(evidence, criteria, replaced_by) for evidence, criteria, replaced_by in found]


def _file(row: rows.Evidence, criteria: Collection[str], replaced_by: UUID | None = None) -> File:
    in_order = tuple(sorted(criteria, key=lambda each: [int(part) for part in each.split(".")]))
    return File(
        row.id,
        row.name,
        row.media_type,
        row.size,
        row.sha256,
        row.uploaded_at,
        in_order,
        row.valid_until,
        row.replaces_id,
        replaced_by,
        row.scanned,
        tuple(row.notes),
        public=row.public_sha256 is not None,
        altered=row.altered_at is not None,
    )


def check(session: Session, kept: Kept, about: About, *, now: datetime) -> None:
    """Whether a file with these words may be added to the case now. Faulty or Refusal: why not."""
    _need_open(kept)
    _need_criteria(kept, about.criteria)
    if about.valid_until and about.valid_until < now.date():
        raise Faulty(fields={"valid_until": "This day is past. Enter the last day on which it is valid."})
    if about.replaces is not None:
        _replaceable(session, kept, about.replaces)
    count = session.scalar(select(func.count()).where(rows.Evidence.case_id == kept.row.id)) or 0
    if count >= MOST_FILES:
        raise Refusal(
            f"A case holds at most {MOST_FILES} files. Put several pages into one file.",
            code="too-many-files",
            title="No more files",
        )


def _replaceable(session: Session, kept: Kept, evidence_id: UUID) -> rows.Evidence:
    old = session.get(rows.Evidence, evidence_id)
    if old is None or old.case_id != kept.row.id:
        raise Faulty(fields={"replaces": "Choose one of your files."})
    if session.scalar(select(rows.Evidence.id).filter_by(replaces_id=evidence_id)):
        raise Faulty(fields={"replaces": "This file was replaced already. Replace its newest version."})
    return old


def add(
    session: Session,
    store: files.Store,
    actor: Actor,
    source: BinaryIO,
    about: About,
    *,
    limit: int,
    now: datetime,
    scanner: str | None = None,
) -> File:
    """Keep a file and link it. The same contents again: the file that is there, with the new links too.

    Faulty: empty, larger than `limit` bytes, not safe to keep, or a criterion that does not apply. Differs:
    not the hash that was stated. A file that replaces another takes over its links; the other one stays.
    """
    kept = need_case(session, actor)
    check(session, kept, about, now=now)
    found = files.measure(source, limit)
    if about.sha256 and about.sha256 != found.sha256:
        raise Differs
    same = select(rows.Evidence).filter_by(case_id=kept.row.id, sha256=found.sha256)
    row = session.scalars(same).one_or_none()
    if row is not None and about.replaces is not None:
        raise Faulty(fields={"file": f"You have this file already, as “{row.name}”. Choose the new version."})
    if row is None:
        seen = screen(source, found)
        scanned = scan(source, scanner)
        files.keep(store, source, found.sha256)
        row = rows.Evidence(
            case_id=kept.row.id,
            name=files.safe_name(about.name),
            media_type=seen.media_type,
            size=found.size,
            sha256=found.sha256,
            uploaded_by=actor.person_id,
            uploaded_at=now,
            valid_until=about.valid_until,
            replaces_id=about.replaces,
            scanned=scanned,
            notes=list(seen.notes),
        )
        session.add(row)
        session.flush()
        history.record(
            session,
            kept.row,
            "evidence replaced" if about.replaces else "evidence added",
            now=now,
            **actor.who,
            evidence=row.id,
            name=row.name,
            sha256=row.sha256,
            **({"replaces": about.replaces} if about.replaces else {}),
        )
    elif not files.there(store, found.sha256):  # lost by the store, and given again
        files.keep(store, source, found.sha256)
    criteria = set(about.criteria)
    if about.replaces is not None:
        criteria |= set(
            session.scalars(select(rows.EvidenceLink.criterion).filter_by(evidence_id=about.replaces))
        )
    return _link(session, kept, actor, row, criteria, now=now)


def set_expiry(
    session: Session, actor: Actor, evidence_id: UUID, valid_until: date | None, *, now: datetime
) -> File:
    """Say until which day a file shows something; None: without an end."""
    kept = need_case(session, actor)
    _need_open(kept)
    row = _own(session, kept, evidence_id)
    if valid_until != row.valid_until:
        row.valid_until, row.reminded_at = valid_until, None
        history.record(
            session, kept.row, "evidence expiry set", now=now, **actor.who, evidence=row.id, until=valid_until
        )
    return _link(session, kept, actor, row, (), now=now)


def publish(
    session: Session, store: files.Store, actor: Actor, evidence_id: UUID, *, public: bool, now: datetime
) -> File:
    """Make a copy of a picture that anybody may see, without where and when it was taken; or withdraw it.

    The file itself stays as confidential as it was. Faulty: not a picture.
    """
    kept = need_case(session, actor)
    row = session.get(rows.Evidence, evidence_id)
    if row is not None and row.case_id != kept.row.id:  # of an earlier case, and still shown
        kept = load(session, row.case_id, lock=True)
    if row is None or kept.organisation.id != actor.organisation_id:
        raise Missing
    if public and row.public_sha256 is None:
        if row.media_type not in PICTURES or not files.there(store, row.sha256):
            raise Faulty(fields={"file": "Only pictures can be made public: JPEG, PNG, WebP or GIF."})
        made = public_copy(BytesIO(files.read(store, row.sha256)))
        row.public_sha256 = files.measure(made, len(made.getbuffer())).sha256
        files.keep(store, made, row.public_sha256)
        history.record(session, kept.row, "public copy made", now=now, **actor.who, evidence=row.id)
    elif not public and row.public_sha256 is not None:
        row.public_sha256 = None
        history.record(session, kept.row, "public copy withdrawn", now=now, **actor.who, evidence=row.id)
    return _link(session, kept, actor, row, (), now=now)


def pictures_of(session: Session, organisation_id: UUID) -> list[rows.Evidence]:
    """The pictures that an organisation shows to everybody, from all of its cases, the newest first."""
    return list(
        session.scalars(
            select(rows.Evidence)
            .join(rows.Case, rows.Case.id == rows.Evidence.case_id)
            .where(rows.Case.organisation_id == organisation_id, rows.Evidence.public_sha256.is_not(None))
            .order_by(rows.Evidence.uploaded_at.desc(), rows.Evidence.id.desc())
        )
    )


def public_sha256(session: Session, evidence_id: UUID) -> str:
    """Where the public copy lies. Missing: there is none."""
    found = session.scalar(select(rows.Evidence.public_sha256).filter_by(id=evidence_id))
    if found is None:
        raise Missing
    return found


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody outside the organisation opened a file."""

    evidence: UUID
    person: str
    organisation: str
    at: datetime


def looks(session: Session, case_id: UUID) -> dict[UUID, list[Look]]:
    """Who opened each file of a case, the newest first: the last 1,000 times, as its history has them."""
    found = session.execute(
        select(history.Happening.facts, history.Happening.at, Person.name, Organisation.name)
        .join(Person, Person.id == history.Happening.person_id)
        .join(Organisation, Organisation.id == history.Happening.organisation_id)
        .where(history.Happening.subject_kind == "case", history.Happening.subject_id == case_id)
        .where(history.Happening.action == OPENED)
        .order_by(history.Happening.at.desc())
        .limit(1_000)
    )
    by_file: dict[UUID, list[Look]] = {}
    for facts, at, person, organisation in found:
        evidence_id = UUID(facts["evidence"])
        by_file.setdefault(evidence_id, []).append(Look(evidence_id, person, organisation, at))
    return by_file


def link(
    session: Session, actor: Actor, evidence_id: UUID, criteria: Collection[str], *, now: datetime
) -> File:
    """Link a file to more criteria."""
    kept = need_case(session, actor)
    _need_open(kept)
    _need_criteria(kept, criteria)
    return _link(session, kept, actor, _own(session, kept, evidence_id), criteria, now=now)


def _link(
    session: Session,
    kept: Kept,
    actor: Actor,
    row: rows.Evidence,
    criteria: Collection[str],
    *,
    now: datetime,
) -> File:
    if criteria:
        new = session.scalars(
            insert(rows.EvidenceLink)
            .values([{"evidence_id": row.id, "criterion": each} for each in sorted(set(criteria))])
            .on_conflict_do_nothing()
            .returning(rows.EvidenceLink.criterion)
        ).all()
        if new:
            history.record(
                session,
                kept.row,
                "evidence linked",
                now=now,
                **actor.who,
                evidence=row.id,
                criteria=list(new),
            )
    return _file(
        row, session.scalars(select(rows.EvidenceLink.criterion).filter_by(evidence_id=row.id)).all()
    )


def unlink(session: Session, actor: Actor, evidence_id: UUID, criterion: str, *, now: datetime) -> None:
    """The file no longer belongs to that answer. Only before it is handed in: what was looked at stays."""
    kept = need_case(session, actor)
    row = _own(session, kept, evidence_id)
    kept.criterion(criterion)
    if kept.case.state not in ANSWERABLE:
        raise Refusal(
            "The self-assessment was handed in, so its evidence stays. You can add more.",
            code="evidence-stays",
            title="Evidence stays",
        )
    gone = session.scalars(
        delete(rows.EvidenceLink)
        .where(rows.EvidenceLink.evidence_id == row.id, rows.EvidenceLink.criterion == criterion)
        .returning(rows.EvidenceLink.criterion)
    ).all()
    if not gone:
        raise Missing
    history.record(
        session, kept.row, "evidence unlinked", now=now, **actor.who, evidence=row.id, criterion=criterion
    )


def readable(session: Session, actor: Actor, evidence_id: UUID, *, now: datetime) -> rows.Evidence:
    """The file, if the actor may see it. Whoever is not of the organisation leaves a line in the history."""
    found = session.execute(
        select(rows.Evidence, rows.Case).join(rows.Case).where(rows.Evidence.id == evidence_id)
    ).one_or_none()
    if found is None:
        raise Missing
    evidence, case = found
    if case.organisation_id == actor.organisation_id and Role.PRODUCER in actor.roles:
        return evidence
    if not sees(session, actor, case.id):
        raise Missing
    history.record(session, case, OPENED, now=now, **actor.who, evidence=evidence.id)
    return evidence


def altered(session: Session, store: files.Store, case_id: UUID) -> tuple[str, ...]:
    """Names of files whose contents are not, or no longer, those that were uploaded."""
    return altered_of(store, files_of(session, case_id))


def altered_of(store: files.Store, some: Iterable[File]) -> tuple[str, ...]:
    """The same, of files that are known already."""
    return tuple(each.name for each in some if not intact(store, each.sha256))


def intact(store: files.Store, sha256: str) -> bool:
    try:
        return files.hash_of(store, sha256) == sha256
    except (NotFoundError, FileNotFoundError):
        return False


def _own(session: Session, kept: Kept, evidence_id: UUID) -> rows.Evidence:
    row = session.get(rows.Evidence, evidence_id)
    if row is None or row.case_id != kept.row.id:
        raise Missing
    return row


def _need_open(kept: Kept) -> None:
    if kept.case.state in CLOSED:
        raise Refusal(
            "The case is being decided or is closed, so no file can be added now.",
            code="evidence-closed",
            title="No files now",
        )


def _need_criteria(kept: Kept, criteria: Collection[str]) -> None:
    known = {each.id for each in kept.dossier.criteria}
    unknown = sorted(set(criteria) - known)
    if unknown:
        raise Faulty(fields={"criteria": f"These criteria are not asked of you: {', '.join(unknown)}."})
