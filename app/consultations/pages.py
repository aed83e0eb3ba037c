"""Pages of consultations, for everybody."""

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import Response

from app.complaints.filing import new_ticket
from app.consultations import commenting, pages_running, service
from app.consultations.models import Consultation
from app.consultations.showing import FormData, kinds, shown, told
from app.errors import Missing, Refusal
from app.forms import Form
from app.organisations.pages import countries
from app.organisations.regions import REGION_OF
from app.pacing import Pace
from app.pages import go, language_of
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.transaction import Db, Now
from governance import consultations as engine
from governance.complaints import last_four

router = page_router()

Visitor = Annotated[Actor | None, Depends(Anybody())]
Member = Annotated[Actor, Depends(Needs("complaint.answer"))]
FIRST: Final = 50
"""Comments that the page shows before "show all"."""

# Before the routes that take any name.
router.include_router(pages_running.router)


@router.get("/consultations")
def everything(request: Request, _visitor: Visitor, db: Db, now: Now) -> Response:
    found = service.everything(db)
    values = {each.id: service.value(db, each) for each in found}
    return shown(
        request,
        "consultations.html",
        rows=found,
        values=values,
        counts={each.id: sum(c.state == "confirmed" for c in service.comments(db, each)) for each in found},
        drafts=[each for each in service.everything(db, drafts=True) if each.state == engine.State.DRAFT],
        adopted=service.adopted(db),
        today=now.date(),
    )


@router.get("/consultations/comments/{secret}")
def by_mail(request: Request, secret: str, _visitor: Visitor, db: Db) -> Response:
    """What a mail's link shows: a button, because programs open links too."""
    row, comment = commenting.by_secret(db, secret)
    return shown(request, "confirm.html", row=row, comment=comment, secret=secret)


@router.post("/consultations/comments/{secret}")
def confirm_mail(secret: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    row, comment = commenting.by_secret(db, secret)
    commenting.confirm(db, row, comment, now=now)
    return go(f"/consultations/{row.slug}", "comment-confirmed")


@router.get("/consultations/{consultation}")
def one(
    request: Request,
    consultation: str,
    visitor: Visitor,
    db: Db,
    now: Now,
    *,
    every: str = "",
) -> Response:
    row = service.public(db, consultation)
    return _one(request, db, now, row, _fresh(visitor), every=bool(every))


def _fresh(actor: Actor | None) -> Form:
    return Form.empty(ticket="" if actor else new_ticket(), proof="code")


def _one(
    request: Request,
    db: Db,
    now: Now,
    row: Consultation,
    form: Form,
    status: int = 200,
    *,
    every: bool = False,
) -> Response:
    lang = language_of(request)
    rules: engine.Rules = request.app.state.settings.consultation_rules
    known = service.value(db, row)
    said = service.comments(db, row)
    if not form.raw("ticket"):
        form.values["ticket"] = new_ticket()
    return shown(
        request,
        "one.html",
        status=status,
        row=row,
        form=form,
        known=known,
        themes=service.themes(db, row),
        said=said if every else said[-FIRST:],
        total=len(said),
        removed=sum(each.state == "removed" for each in said),
        heard=service.heard(said, rules),
        answer_due=engine.answer_due(known, rules),
        adoption=service.adopted(db).get(row.standard_key or ""),
        today=now.date(),
        kind_options=[(key, kinds(lang)[key]) for key in commenting.OWN_KINDS],
        countries=countries(lang),
    )


@router.post("/consultations/{consultation}/comments")
def comment(
    request: Request, consultation: str, form: FormData, _visitor: Visitor, *, db: Db, now: Now
) -> Response:
    """A comment without an account. With an address: a mail; without one: a code."""
    _ = language_of(request).text
    row = service.public(db, consultation)
    words = form.text("words", _("Write what you think."), most=commenting.LONGEST)
    name = form.text("name", most=120)
    kind = form.choice("kind", commenting.OWN_KINDS, _("Choose what you are."))
    country = form.choice("country", REGION_OF, _("Choose a country from the list."))
    proof = form.choice("proof", {"mail", "code"}, _("Choose how to confirm it."))
    email = form.email("email", _("Enter your email address.")) if proof == "mail" else ""
    said = commenting.Said(words, kind, country, name)
    try:
        form.check()
        Pace.of(request).need("comment", now)
        if proof == "mail":
            address = request.app.state.settings.address
            commenting.by_mail(db, consultation, said, email, address=address, now=now)
            return go(f"/consultations/{consultation}", "confirm-by-mail")
        _made, code = commenting.by_receipt(db, consultation, said, ticket=form.raw("ticket"), now=now)
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        if "ticket" in refusal.fields:
            form.values["ticket"] = ""
        return _one(request, db, now, row, form, told(request, form, refusal))
    return shown(request, "code.html", form=Form.empty(code=code), code=code, row=row)


@router.post("/consultations/{consultation}/comments/confirmation")
def confirm(
    request: Request, consultation: str, form: FormData, _visitor: Visitor, *, db: Db, now: Now
) -> Response:
    service.public(db, consultation)
    code = form.raw("code")
    row, found = commenting.by_code(db, code)
    if not last_four(code, form.raw("last_four")):
        form.fault(
            "last_four",
            language_of(request).text("These are not the last four characters of the code. Look again."),
        )
        return shown(request, "code.html", status=422, form=form, code=code, row=row)
    commenting.confirm(db, row, found, now=now)
    return go(f"/consultations/{row.slug}", "comment-confirmed")


@router.post("/consultations/{consultation}/own-comments")
def own_comment(
    request: Request, consultation: str, form: FormData, actor: Member, *, db: Db, now: Now
) -> Response:
    row = service.public(db, consultation)
    words = form.text("words", language_of(request).text("Write what you think."), most=commenting.LONGEST)
    try:
        form.check()
        commenting.as_organisation(db, actor, consultation, words, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        db.rollback()
        return _one(request, db, now, row, form, told(request, form, refusal))
    return go(f"/consultations/{consultation}", "comment-confirmed")
