"""Pages of an organisation that wants to be certified."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

import certification as engine
from app.audits import application, evidence
from app.audits.application import Application, Correction
from app.audits.kept import Kept
from app.audits.models import Case
from app.audits.showing import Answerer, Corrector, FormData, Reader, shown, told
from app.audits.views import IN_AUDIT, as_told
from app.audits.words import Words
from app.errors import Missing, Refusal
from app.forms import Form
from app.organisations import service as organisations
from app.organisations.models import Organisation
from app.pages import go, language_of
from app.permissions import Actor
from app.routes import page_router
from app.transaction import Db, Now
from certification import Action, State

router = page_router()


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the task list; `state` completed, incomplete, blocked or waiting."""

    title: str
    href: str | None
    state: str
    hint: str = ""
    label: str = ""


def tasks_of(
    request: Request,
    organisation: Organisation,
    kept: Kept | None,
    lacking: set[engine.ApplicationPart],
    files: int,
) -> list[Task]:
    """At most seven things between signing up and the first audit."""
    _ = language_of(request).text
    words = Words(language_of(request))
    part = engine.ApplicationPart
    described = organisations.described(organisation) and part.SITES not in lacking
    signed = organisation.code_accepted_at is not None
    written = kept is not None and not lacking & set(application.WRITTEN_PARTS)
    accepted = kept is not None and kept.case.state is not State.APPLIED
    asked = len(kept.dossier.criteria) if kept else 0
    open_ones = engine.missing(kept.dossier.criteria, kept.dossier.answers) if kept else ()
    answered = bool(asked) and not open_ones

    def state(*, done: bool, ready: bool = True) -> str:
        return "completed" if done else "incomplete" if ready else "blocked"

    return [
        Task(
            _("Describe your organisation"),
            "/organisation",
            state(done=described),
            _("Who you are, where you work, how many people, what you make"),
        ),
        Task(
            _("Accept the code of practice"),
            "/certification/code",
            state(done=signed),
            _("What every organisation here commits itself to"),
        ),
        Task(
            _("Fill in the application"),
            "/certification/application" if signed else None,
            "waiting" if written and not accepted and not lacking else state(done=accepted, ready=signed),
            _("We are looking at it and will write to you; you can go on meanwhile")
            if written and not accepted and not lacking
            else _("Still missing: {parts}").format(
                parts=", ".join(words.parts[each] for each in part if each in lacking)
            )
            if kept and lacking
            else _("Papers, mission, accounts and references"),
        ),
        Task(
            _("Assess yourselves"),
            "/certification/assessment" if asked else None,
            state(done=answered, ready=bool(asked)),
            _("{done} of {all} criteria are complete").format(done=asked - len(open_ones), all=asked)
            if asked
            else _("After the application is saved and your organisation is described"),
        ),
        Task(
            _("Add evidence"),
            "/certification/evidence" if kept else None,
            state(done=files > 0, ready=kept is not None),
            _("{count} files so far").format(count=files) if files else _("Photos, scans, lists, minutes"),
        ),
        Task(
            _("Check your answers and hand in"),
            "/certification/submit" if answered and accepted else None,
            state(
                done=kept is not None and kept.case.state not in application.ANSWERABLE,
                ready=answered and accepted,
            ),
            _("After the self-assessment is complete and the application is accepted"),
        ),
    ]


@router.get("/certification")
def overview(request: Request, actor: Reader, db: Db, now: Now) -> Response:
    return _overview(request, actor, db, Form.empty(), now=now)


def _overview(request: Request, actor: Actor, db: Db, form: Form, *, now: Now, status: int = 200) -> Response:
    organisation = organisations.own(db, actor)
    kept = application.own_case(db, actor)
    kept = as_told(kept, now) if kept else None
    running = kept if kept and kept.case.state not in application.OVER else None
    files = evidence.files_of(db, running.row.id) if running else []
    lacking = (
        application.missing_parts(db, organisation, running.row if running else None)
        if running is None or running.case.state is State.APPLIED
        else set()
    )
    return shown(
        request,
        "audits/certification.html",
        status=status,
        form=form,
        retractable=running is not None and bool(application.may_now(running, actor, Action.RETRACT, now)),
        organisation=organisation,
        kept=kept,
        holding=_holding(db, kept),
        begun=running is not None and running.case.state not in application.ANSWERABLE,
        over=kept is not None and running is None,
        tasks=tasks_of(request, organisation, running, lacking, len(files)),
        in_audit=kept is not None and kept.case.state in IN_AUDIT,
        corrections={each.criterion: each for each in kept.dossier.corrections} if kept else {},
        files=files,
    )


def _holding(db: Db, kept: Kept | None) -> Case | None:
    """The case of the certificate that holds beside a newer case."""
    held = application.holding_case(db, kept.organisation.id) if kept else None
    return held if held and kept and held.id != kept.row.id else None


@router.post("/certification/retract")
def retract(request: Request, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    """Take the application back."""
    reasons = form.text("reasons", language_of(request).text("Say why."), most=4_000)
    try:
        form.check()
        application.retract(db, actor, reasons, now=now)
    except Refusal as refusal:
        return _overview(request, actor, db, form, now=now, status=told(request, form, refusal))
    return go("/certification", "saved")


@router.get("/certification/code")
def code_page(request: Request, actor: Reader, db: Db) -> Response:
    organisation = organisations.own(db, actor)
    return shown(request, "audits/code.html", organisation=organisation, form=Form.empty())


@router.post("/certification/code")
def accept_code(request: Request, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    if not form.ticked("accepted"):
        form.fault("accepted", language_of(request).text("Tick the box to accept the code of practice."))
        organisation = organisations.own(db, actor)
        return shown(request, "audits/code.html", status=422, organisation=organisation, form=form)
    organisations.accept_code(db, actor, now=now)
    return go("/certification", "saved")


@router.get("/certification/application")
def application_page(request: Request, actor: Reader, db: Db, now: Now) -> Response:
    kept = application.own_case(db, actor)
    row = kept.row if kept and kept.case.state not in application.OVER else None
    written = row.application if row else {}
    form = Form.empty(
        **{part.value: written.get(part.value, "") for part in application.WRITTEN_PARTS},
        supply_tiers=row.supply_tiers if row else "",
        outside_percent=row.outside_percent if row else "",
    )
    choices = [] if row else application.standards_open(now.date())
    form.values["standard"] = choices[0].key if choices else ""
    return _application(request, form, choices, row is None or row.state == State.APPLIED)


def _application(
    request: Request,
    form: Form,
    choices: Sequence[engine.Standard],
    changeable: object,
    status: int = 200,
) -> Response:
    """`choices`: the standards that a case may begin with today; none where a case is open already."""
    _ = language_of(request).text
    return shown(
        request,
        "audits/application.html",
        status=status,
        form=form,
        changeable=bool(changeable),
        standards=[
            (each.key, each.title, _("{n} criteria").format(n=len(each.criteria))) for each in choices
        ],
        longest=application.LONGEST_PART,
    )


@router.post("/certification/application")
def save_application(request: Request, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    said = Application(
        parts={
            part: form.text(part.value, most=application.LONGEST_PART) for part in application.WRITTEN_PARTS
        },
        supply_tiers=form.integer("supply_tiers", most=20),
        outside_percent=form.integer("outside_percent", most=100),
        standard=form.raw("standard"),
    )
    try:
        form.check()
        application.save_application(db, actor, said, now=now)
    except Refusal as refusal:
        kept = application.own_case(db, actor)
        begun = kept is not None and kept.case.state not in application.OVER
        choices = [] if begun else application.standards_open(now.date())
        return _application(request, form, choices, changeable=True, status=told(request, form, refusal))
    return go("/certification", "saved")


@router.get("/certification/submit")
def submit_page(request: Request, actor: Reader, db: Db, now: Now) -> Response:
    return _submit(request, application.need_case(db, actor, lock=False), actor, now, Form.empty())


def _submit(
    request: Request, kept: Kept, actor: Actor, now: Now, form: Form, *, status: int = 200
) -> Response:
    return shown(
        request,
        "audits/submit.html",
        status=status,
        form=form,
        kept=kept,
        lacking=engine.missing(kept.dossier.criteria, kept.dossier.answers),
        scores=engine.scores(kept.standard, kept.dossier.criteria, kept.dossier.answers),
        permission=application.may_now(kept, actor, Action.SUBMIT, now),
    )


@router.post("/certification/submit")
def submit(request: Request, form: FormData, actor: Answerer, db: Db, now: Now) -> Response:
    try:
        application.submit(db, actor, now=now)
    except Refusal as refusal:
        kept = application.need_case(db, actor, lock=False)
        return _submit(request, kept, actor, now, form, status=told(request, form, refusal))
    return go("/certification", "submitted")


@router.get("/certification/corrections/{criterion}")
def correction_page(request: Request, criterion: str, actor: Corrector, db: Db) -> Response:
    """Answer one nonconformity, or say what shows that it is corrected."""
    kept = application.need_case(db, actor, lock=False)
    return _correction(request, db, kept, criterion, Form.empty())


def _correction(
    request: Request, db: Db, kept: Kept, criterion: str, form: Form, *, status: int = 200
) -> Response:
    finding = kept.dossier.findings.get(criterion)
    if finding is None or kept.case.state in IN_AUDIT:
        raise Missing
    written = [each for each in kept.dossier.corrections if each.criterion == criterion]
    return shown(
        request,
        "audits/correction.html",
        status=status,
        form=form,
        kept=kept,
        criterion=kept.criterion(criterion),
        finding=finding,
        correction=written[-1] if written else None,
        files=[
            {
                "name": each.name,
                "href": f"/evidence/{each.id}",
                "kind": "image" if each.picture else "file",
                "about": language_of(request).day(each.uploaded_at),
            }
            for each in evidence.files_of(db, kept.row.id)
            if criterion in each.criteria and each.replaced_by is None
        ],
    )


@router.post("/certification/corrections/{criterion}")
def open_correction(
    request: Request, criterion: str, form: FormData, *, actor: Corrector, db: Db, now: Now
) -> Response:
    _ = language_of(request).text
    cause = form.text("cause", _("Say why it happened."), most=4_000)
    change = form.text("correction", _("Say what you change."), most=4_000)
    due = form.day("due", _("Enter the day by which it is done."))
    try:
        form.check()
        assert due is not None
        application.open_correction(db, actor, Correction(criterion, cause, change, due), now=now)
    except Refusal as refusal:
        kept = application.need_case(db, actor, lock=False)
        return _correction(request, db, kept, criterion, form, status=told(request, form, refusal))
    return go("/certification", "saved")


@router.post("/certification/corrections/{criterion}/proof")
def offer_proof(
    request: Request, criterion: str, form: FormData, *, actor: Corrector, db: Db, now: Now
) -> Response:
    """The words of a proof, and a file if there is one."""
    _ = language_of(request).text
    kept = application.need_case(db, actor, lock=False)
    found = [each for each in kept.dossier.corrections if each.criterion == criterion]
    if not found:
        raise Missing
    proof = form.text("proof", _("Say what shows that it is corrected."), most=4_000)
    try:
        form.check()
        application.offer_proof(db, actor, found[-1].id, proof, now=now)
        file = form.files.get("file")
        if file:
            evidence.add(
                db,
                request.app.state.store,
                actor,
                file.file,
                evidence.About(file.filename or "", [criterion]),
                limit=request.app.state.settings.evidence_limit_bytes,
                scanner=request.app.state.settings.scanner,
                now=now,
            )
    except Refusal as refusal:
        return _correction(request, db, kept, criterion, form, status=told(request, form, refusal))
    return go("/certification", "saved")
