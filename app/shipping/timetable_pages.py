"""Pages of a service's timetable: sailings that come round, and a sailing that changes."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.catalogue.service import Stale
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping import rate_cards, timetable
from app.shipping.models import Sailing, Service
from app.shipping.rate_cards import LONGEST_NAME, LONGEST_VOYAGE
from app.shipping.rhythm import Every
from app.shipping.timetable import Rhythm
from app.shipping.typed import capacities, quantity_in, sailing_said, show_stored, typed_version
from app.shipping.words import WM
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Writer = Annotated[Actor, Depends(Needs("rate-card.write"))]
FIELD_OF: Final = {"capacity_g": "capacity_kg", "capacity_cm3": "capacity_m3"}


@router.get("/rate-cards/{service_id}/rhythm")
def rhythm_page(request: Request, service_id: UUID, db: Db, now: Now, actor: Writer) -> Response:
    service = _own(db, actor, service_id)
    form = Form.empty(
        every=Every.TWO_WEEKS,
        weekday="1",
        since=max(now.date(), service.valid_from),
        until=service.valid_until,
    )
    return _rhythm(request, db, service, form)


@router.post("/rate-cards/{service_id}/rhythm")
def add_by_rhythm(
    request: Request, service_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    """Show the days first; enter them where they were confirmed."""
    service = _own(db, actor, service_id)
    said = rhythm_said(form, language_of(request))
    if said is None:
        return _rhythm(request, db, service, form, status=422)
    try:
        coming = timetable.coming(db, actor, service_id, said, now=now)
        if form.raw("confirmed") == "yes":
            timetable.add_by_rhythm(db, actor, service_id, said, now=now)
            return go(f"/rate-cards/{service_id}", "saved")
    except Faulty as refusal:
        form.take(_named(refusal))
        return _rhythm(request, db, service, form, status=422)
    return _rhythm(request, db, service, form, coming=coming)


def rhythm_said(form: Form, lang: Language) -> Rhythm | None:
    """What was typed; None where there is a fault, which is left in the form."""
    _ = lang.text
    every = form.choice("every", set(Every), _("Choose how often it leaves."))
    weekday = form.choice("weekday", {str(each) for each in range(7)}, _("Choose a day of the week."))
    since = form.day("since", _("Enter the first day that counts."))
    until = form.day("until", _("Enter the last day that counts."))
    transit = form.integer(
        "transit_days", _("Enter how many days it is on the way."), most=LONGEST_VOYAGE.days
    )
    vessel = form.text("vessel", most=LONGEST_NAME)
    capacity_g, capacity_cm3 = capacities(form)
    if form.errors or since is None or until is None:
        return None
    return Rhythm(Every(every), int(weekday), since, until, transit, vessel, capacity_g, capacity_cm3)


def every_words(lang: Language) -> list[tuple[str, str]]:
    _ = lang.text
    return [
        (Every.WEEK, _("every week")),
        (Every.TWO_WEEKS, _("every second week")),
        (Every.THREE_WEEKS, _("every third week")),
        (Every.FOUR_WEEKS, _("every fourth week")),
        (Every.FIRST, _("the first of each month")),
        (Every.SECOND, _("the second of each month")),
        (Every.THIRD, _("the third of each month")),
        (Every.FOURTH, _("the fourth of each month")),
        (Every.LAST, _("the last of each month")),
    ]


def weekdays(lang: Language) -> list[tuple[str, str]]:
    return [(str(number), lang.locale.days["format"]["wide"][number]) for number in range(7)]


@router.get("/rate-cards/{service_id}/sailings/{sailing_id}/edit")
def edit_sailing(request: Request, service_id: UUID, sailing_id: UUID, *, db: Db, actor: Writer) -> Response:
    service, sailing = _own_sailing(db, actor, service_id, sailing_id)
    return _sailing(request, db, service, sailing, Form.empty(**_fields(sailing)))


@router.post("/rate-cards/{service_id}/sailings/{sailing_id}/edit")
def change_sailing(
    request: Request, service_id: UUID, sailing_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    service, sailing = _own_sailing(db, actor, service_id, sailing_id)
    said = sailing_said(form, language_of(request).text)
    if said is None:
        return _sailing(request, db, service, sailing, form, status=422)
    try:
        timetable.change_sailing(
            db, actor, service_id, sailing_id, said, version=typed_version(form), now=now
        )
    except Missing:
        raise
    except Faulty as refusal:
        form.take(_named(refusal))
        return _sailing(request, db, service, sailing, form, status=422)
    except Stale as refusal:
        form.fault("", refusal.detail)
        show_stored(form, _fields(sailing), language_of(request))
        return _sailing(request, db, service, sailing, form, status=409)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _sailing(request, db, service, sailing, form, status=int(refusal.status))
    return go(f"/rate-cards/{service_id}", "saved")


def _fields(sailing: Sailing) -> dict[str, Any]:
    return {
        "departs_on": sailing.departs_on,
        "arrives_on": sailing.arrives_on,
        "vessel": sailing.vessel,
        "capacity_kg": quantity_in(1000, sailing.capacity_g) if sailing.capacity_g else "",
        "capacity_m3": quantity_in(WM, sailing.capacity_cm3) if sailing.capacity_cm3 else "",
        "version": sailing.version,
    }


def _named(refusal: Faulty) -> Faulty:
    return Faulty(fields={FIELD_OF.get(name, name): words for name, words in refusal.fields.items()})


def _own(db: Session, actor: Actor, service_id: UUID) -> Service:
    service = rate_cards.own_service(db, actor, service_id)
    if service.organisation_id != actor.organisation_id:
        raise Missing
    return service


def _own_sailing(db: Session, actor: Actor, service_id: UUID, sailing_id: UUID) -> tuple[Service, Sailing]:
    service = _own(db, actor, service_id)
    sailing = db.get(Sailing, sailing_id)
    if sailing is None or sailing.service_id != service.id:
        raise Missing
    return service, sailing


def _rhythm(
    request: Request, db: Session, service: Service, form: Form, *, status: int = 200, coming: Any = None
) -> Response:
    del db
    lang = language_of(request)
    today: date = request.state.now.date()
    return page(
        request,
        "shipping/rhythm.html",
        status=status,
        form=form,
        service=service,
        coming=coming,
        every=every_words(lang),
        weekdays=weekdays(lang),
        today=today,
    )


def _sailing(
    request: Request, db: Session, service: Service, sailing: Sailing, form: Form, *, status: int = 200
) -> Response:
    return page(
        request,
        "shipping/sailing.html",
        status=status,
        form=form,
        service=service,
        sailing=sailing,
        booked=timetable.is_booked(db, sailing.id),
        today=request.state.now.date(),
    )
