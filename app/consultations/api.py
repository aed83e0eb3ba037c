"""JSON routes of consultations."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.complaints.filing import new_ticket
from app.consultations import commenting, schemas, service
from app.consultations.models import Consultation
from app.pacing import Pace
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.transaction import Db, Now
from governance import consultations as engine

router = api_router("consultations")

Visitor = Annotated[Actor | None, Depends(Anybody())]
Member = Annotated[Actor, Depends(Needs("complaint.answer"))]
Runner = Annotated[Actor, Depends(Needs("consultation.run"))]


def _rules(request: Request) -> engine.Rules:
    found: engine.Rules = request.app.state.settings.consultation_rules
    return found


Rules = Annotated[engine.Rules, Depends(_rules)]


def shown(session: Session, row: Consultation, rules: engine.Rules, now: Now) -> schemas.ConsultationOut:
    known = service.value(session, row)
    said = service.comments(session, row)
    voices = service.heard(said, rules)
    answered = known.state is engine.State.ANSWERED
    adoption = service.adopted(session).get(row.standard_key or "")
    return schemas.ConsultationOut(
        slug=row.slug,
        title=row.title,
        question=row.question,
        background=row.background,
        opens_on=row.opens_on,
        closes_on=row.closes_on,
        state=known.state,
        open_now=known.open_on(now.date()),
        standard_key=row.standard_key,
        adopted_on=adoption.adopted_on if adoption else None,
        answer_due_on=engine.answer_due(known, rules),
        heard=schemas.HeardOut(
            total=voices.total,
            by_region=dict(voices.by_region),
            by_kind=dict(voices.by_kind),
            missing=list(voices.missing),
            removed=sum(each.state == "removed" for each in said),
        ),
        themes=[
            schemas.ThemeOut(
                id=each.id,
                title=each.title,
                answer=each.answer if answered else None,
                changed=each.changed if answered else None,
                comments=sum(one.theme_id == each.id for one in said),
            )
            for each in service.themes(session, row)
        ],
        comments=[
            schemas.CommentOut(
                id=each.id,
                number=each.number or 0,
                words=each.words if each.state == "confirmed" else None,
                name=each.name if each.state == "confirmed" else "",
                kind=each.kind,
                country=each.country,
                region=each.region,
                theme=each.theme_id,
                removed_reason=each.removed_reason,
            )
            for each in said
        ],
    )


@router.get("/consultations", summary="Consultations, without drafts")
def everything(_visitor: Visitor, db: Db, now: Now, rules: Rules) -> schemas.ConsultationsOut:
    return schemas.ConsultationsOut(
        consultations=[shown(db, each, rules, now) for each in service.everything(db)]
    )


@router.get("/consultations/{consultation}", summary="One consultation with who was heard and the answers")
def one(consultation: str, _visitor: Visitor, db: Db, now: Now, rules: Rules) -> schemas.ConsultationOut:
    return shown(db, service.public(db, consultation), rules, now)


@router.post("/consultations/{consultation}/comments", status_code=201, summary="Comment without an account")
def comment(
    consultation: str, said: schemas.CommentIn, request: Request, _visitor: Visitor, *, db: Db, now: Now
) -> schemas.CommentSentOut:
    """It counts once confirmed: by the link in the mail, or with the receipt code."""
    Pace.of(request).need("comment", now)
    words = commenting.Said(said.words, said.kind, said.country, said.name)
    if said.email:
        address = request.app.state.settings.address
        commenting.by_mail(db, consultation, words, str(said.email), address=address, now=now)
        return schemas.CommentSentOut(code=None)
    _row, code = commenting.by_receipt(db, consultation, words, ticket=new_ticket(), now=now)
    return schemas.CommentSentOut(code=code)


@router.post("/consultations/{consultation}/comments/confirmation", summary="Confirm by the receipt code")
def confirm(
    consultation: str, said: schemas.ProofIn, _visitor: Visitor, db: Db, now: Now
) -> schemas.OutcomeOut:
    service.public(db, consultation)
    row, found = commenting.by_code(db, said.code)
    commenting.confirm(db, row, found, now=now)
    return schemas.OutcomeOut(outcome="confirmed", number=found.number or 0)


@router.post(
    "/consultations/{consultation}/own-comments", status_code=201, summary="Comment as your organisation"
)
def own_comment(
    consultation: str, said: schemas.OwnCommentIn, actor: Member, db: Db, now: Now
) -> schemas.OutcomeOut:
    made = commenting.as_organisation(db, actor, consultation, said.words, now=now)
    return schemas.OutcomeOut(outcome="confirmed", number=made.number or 0)


@router.post("/consultations", status_code=201, summary="Draft a question")
def draft(said: schemas.QuestionIn, actor: Runner, db: Db, now: Now, rules: Rules) -> schemas.ConsultationOut:
    made = service.save(db, actor, service.Question(**said.model_dump()), now=now)
    return shown(db, made, rules, now)


@router.put("/consultations/{consultation}", summary="Change a draft")
def change(
    consultation: str, said: schemas.QuestionIn, actor: Runner, *, db: Db, now: Now, rules: Rules
) -> schemas.ConsultationOut:
    made = service.save(db, actor, service.Question(**said.model_dump()), slug=consultation, now=now)
    return shown(db, made, rules, now)


@router.post("/consultations/{consultation}/opening", summary="Publish the question")
def publish(consultation: str, actor: Runner, db: Db, now: Now, rules: Rules) -> schemas.ConsultationOut:
    return shown(db, service.publish(db, actor, consultation, rules=rules, now=now), rules, now)


@router.post("/consultations/{consultation}/themes", status_code=201, summary="Add a theme")
def add_theme(
    consultation: str, said: schemas.ThemeIn, actor: Runner, *, db: Db, now: Now, rules: Rules
) -> schemas.ConsultationOut:
    service.add_theme(db, actor, consultation, said.title, now=now)
    return shown(db, service.load(db, consultation), rules, now)


@router.put("/consultations/{consultation}/themes/{theme_id}/answer", summary="Answer a theme")
def answer(
    consultation: str,
    theme_id: UUID,
    said: schemas.AnswerIn,
    actor: Runner,
    *,
    db: Db,
    now: Now,
    rules: Rules,
) -> schemas.ConsultationOut:
    service.answer_theme(db, actor, consultation, theme_id, answer=said.answer, changed=said.changed, now=now)
    return shown(db, service.load(db, consultation), rules, now)


@router.put(
    "/consultations/{consultation}/comments/{comment_id}/theme", summary="Put a comment under a theme"
)
def sort(
    consultation: str,
    comment_id: UUID,
    said: schemas.SortIn,
    actor: Runner,
    *,
    db: Db,
    now: Now,
    rules: Rules,
) -> schemas.ConsultationOut:
    service.sort(db, actor, consultation, comment_id, said.theme_id, now=now)
    return shown(db, service.load(db, consultation), rules, now)


@router.post(
    "/consultations/{consultation}/comments/{comment_id}/removal", summary="Remove, with a public reason"
)
def remove(
    consultation: str,
    comment_id: UUID,
    said: schemas.RemovalIn,
    actor: Runner,
    *,
    db: Db,
    now: Now,
    rules: Rules,
) -> schemas.ConsultationOut:
    service.remove(db, actor, consultation, comment_id, said.reason, rules=rules, now=now)
    return shown(db, service.load(db, consultation), rules, now)


@router.post("/consultations/{consultation}/answers", summary="Publish all answers")
def publish_answers(
    consultation: str, actor: Runner, db: Db, now: Now, rules: Rules
) -> schemas.ConsultationOut:
    return shown(db, service.publish_answers(db, actor, consultation, now=now), rules, now)


@router.post("/standard-adoptions", status_code=201, summary="Adopt a standard version that was consulted on")
def adopt(said: schemas.AdoptionIn, actor: Runner, db: Db, now: Now) -> schemas.AdoptionOut:
    made = service.adopt(db, actor, said.standard_key, now=now)
    return schemas.AdoptionOut(standard_key=made.standard_key, adopted_on=made.adopted_on)
