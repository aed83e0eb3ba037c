"""Files of plots: taken only without a fault, kept as they were given, seen by their producer alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import files, history
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor
from app.plots.drawing import drawing_of
from app.plots.models import PlotFile
from app.stories.models import Lot
from logistics.plots import LARGEST_FILE, Checked, check_plots

LONGEST_NAME: Final = 120
MOST_FAULTS: Final = 30
"""Faults that are told at once: a file with one mistake has it in each plot."""
MOST_FILES: Final = 100


@dataclass
class FaultyPlots(Faulty):
    """The file has faults; `fields` names the first of them by JSON pointer, `facts` how many there are."""

    detail: str = "The file has faults, so nothing was kept. Mend them and send it again."
    code: str = "faulty-plots"


@dataclass(frozen=True, slots=True)
class Given:
    """A file read and judged. `sha256` and `size` are of its bytes."""

    checked: Checked
    sha256: str
    content: bytes


def read(source: BinaryIO) -> Given:
    """Faulty: it is empty or larger than a statement may be. FaultyPlots: its plots have faults."""
    measured = files.measure(source, LARGEST_FILE)
    source.seek(0)
    content = source.read()
    checked = check_plots(content)
    if checked.faults:
        fields: dict[str, str] = {}
        for fault in checked.faults[:MOST_FAULTS]:
            fields.setdefault(fault.pointer or "/", fault.reason)
        raise FaultyPlots(fields=fields, facts={"faults": len(checked.faults)})
    return Given(checked, measured.sha256, content)


def add(
    session: Session, store: files.Store, actor: Actor, source: BinaryIO, name: str, *, now: datetime
) -> PlotFile:
    """Faulty: no name, the same file again, too many files. FaultyPlots: see `read`."""
    faults: dict[str, str] = {}
    if not name.strip():
        faults["name"] = "Enter a name by which you know these plots again."
    elif len(name) > LONGEST_NAME:
        faults["name"] = f"Use at most {LONGEST_NAME} characters."
    held = select(func.count()).select_from(PlotFile)
    if (
        session.scalar(held.filter_by(organisation_id=actor.organisation_id, removed_at=None)) or 0
    ) >= MOST_FILES:
        faults["file"] = f"You have {MOST_FILES} files already. Remove one that no lot uses."
    if faults:
        raise Faulty(fields=faults)
    given = read(source)
    if session.scalar(
        select(PlotFile.id).filter_by(
            organisation_id=actor.organisation_id, sha256=given.sha256, removed_at=None
        )
    ):
        raise Faulty(fields={"file": "You have this file already."})
    files.keep(store, BytesIO(given.content), given.sha256)
    row = PlotFile(
        id=uuid7(now),
        organisation_id=actor.organisation_id,
        name=name.strip(),
        sha256=given.sha256,
        plots=len(given.checked.plots),
        area_ha=given.checked.area_ha,
        drawing=drawing_of(given.checked.plots),
        added_at=now,
        added_by=actor.person_id,
    )
    session.add(row)
    session.flush()
    history.record(session, row, "added", now=now, **actor.who, plots=row.plots, sha256=row.sha256)
    return row


def owned(session: Session, actor: Actor) -> Sequence[PlotFile]:
    """The actor's files, newest first."""
    return session.scalars(
        select(PlotFile)
        .filter_by(organisation_id=actor.organisation_id, removed_at=None)
        .order_by(PlotFile.added_at.desc(), PlotFile.id.desc())
    ).all()


def own(session: Session, actor: Actor, plot_file_id: UUID) -> PlotFile:
    """Missing: there is none, or it is another producer's."""
    row = session.scalars(
        select(PlotFile).filter_by(id=plot_file_id, organisation_id=actor.organisation_id, removed_at=None)
    ).one_or_none()
    if row is None:
        raise Missing
    return row


def remove(session: Session, actor: Actor, plot_file_id: UUID, *, now: datetime) -> None:
    """Refusal: a lot has it. The bytes stay in the store, where another file may have the same hash."""
    row = own(session, actor, plot_file_id)
    if codes := lots_of(session, row):
        raise Refusal(
            f"Lots have these plots: {', '.join(codes[:5])}. Take them from the lots first.",
            code="plots-in-use",
        )
    row.removed_at = now
    session.flush()
    history.record(session, row, "removed", now=now, **actor.who)


def lots_of(session: Session, row: PlotFile) -> Sequence[str]:
    """Codes of the lots that grew on these plots."""
    return session.scalars(select(Lot.code).filter_by(plot_file_id=row.id).order_by(Lot.made_at)).all()


def content(store: files.Store, row: PlotFile) -> bytes:
    """The file as it was given. Missing: the store has lost it."""
    if not files.there(store, row.sha256):
        raise Missing
    return files.read(store, row.sha256)
