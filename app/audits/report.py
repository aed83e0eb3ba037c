"""The audit report as a paper: confidential, for the organisation, its auditors and who decides."""

from collections import Counter
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.audits import evidence, sight
from app.audits.kept import Kept, load, names_of
from app.audits.words import Words
from app.errors import Missing, Refusal
from app.language import Language, language
from app.papers import compile_paper
from app.permissions import Actor, Role
from certification import Sample, State, Verdict

BEFORE: Final = (
    State.APPLIED,
    State.PROVISIONAL,
    State.SELF_ASSESSED,
    State.DESK_REVIEWED,
    State.AUDIT_PLANNED,
)
"""Where the audit is not concluded: there is nothing to report yet."""


def readable(session: Session, actor: Actor, case_id: UUID) -> Kept:
    """A case whose report the actor may read. Missing: not there, or not theirs. Refusal: not concluded."""
    if not sight.sees(session, actor, case_id):
        kept = load(session, case_id)
        if Role.PRODUCER not in actor.roles or kept.organisation.id != actor.organisation_id:
            raise Missing
    kept = load(session, case_id)
    if kept.case.state in BEFORE or not kept.dossier.findings:
        raise Refusal(
            "The audit is not concluded, so there is no report of it yet.",
            code="no-report",
            title="No report yet",
        )
    return kept


def audit_report(session: Session, kept: Kept) -> bytes:
    """The PDF; the same bytes until something that it tells of changes."""
    lang = language("en")
    words = Words(lang)
    case, dossier = kept.case, kept.dossier
    files = [each for each in evidence.files_of(session, case.id) if each.replaced_by is None]
    moments = [
        *(each.at for each in dossier.findings.values()),
        *(each.verified_at or each.opened_at for each in dossier.corrections),
        *(each.uploaded_at for each in files),
    ]
    told = max(moments)
    return compile_paper(
        "report",
        {
            "title": f"Audit report: {kept.organisation.name}",
            "holder": kept.organisation.name,
            "country": kept.organisation.country,
            "place": ", ".join(
                each for each in (kept.organisation.place, lang.country(kept.organisation.country)) if each
            ),
            "standard": kept.standard.title,
            "notice": kept.standard.notice,
            "case": str(case.id),
            "cycle": case.cycle,
            "told": lang.moment(told),
            "plan": _plan(kept, words, lang),
            "team": _team(session, kept),
            "counts": _counts(kept, words),
            "principles": _principles(kept, words, files),
            "corrections": _corrections(session, kept, lang),
            "files": [
                {
                    "name": each.name,
                    "day": lang.day(each.uploaded_at),
                    "criteria": ", ".join(each.criteria),
                    "hash": each.sha256,
                    "altered": each.altered,
                }
                for each in files
            ],
            "recommendation": _recommendation(kept, words, lang),
        },
        at=told,
    )


def _plan(kept: Kept, words: Words, lang: Language) -> dict[str, Any] | None:
    plan = kept.case.plan
    if plan is None:
        return None
    return {
        "kind": words.audits[plan.kind],
        "days": f"{lang.day(plan.starts)} to {lang.day(plan.ends)}",
        "samples": [
            {"label": label, "chosen": "; ".join(each.chosen), "draw": _draw(each)}
            for label, each in (("Sites sampled", plan.sample), ("Members sampled", plan.members))
            if each is not None
        ],
    }


def _draw(sample: Sample) -> str:
    return (
        f"{len(sample.chosen)} of {sample.frame_size}, risk {sample.level}, by {sample.method}, "
        f"seed {sample.seed}, frame {sample.frame_digest}"
    )


def _team(session: Session, kept: Kept) -> list[str]:
    names = names_of(session, kept.case.evaluators)
    lead = kept.case.lead
    return sorted(f"{name} (lead)" if person == lead else name for person, name in names.items())


def _counts(kept: Kept, words: Words) -> list[dict[str, Any]]:
    counted = Counter(each.verdict for each in kept.dossier.findings.values())
    return [
        {"label": words.verdicts[verdict][0], "count": counted[verdict], "verdict": verdict.value}
        for verdict in Verdict
    ]


def _principles(kept: Kept, words: Words, files: list[evidence.File]) -> list[dict[str, Any]]:
    found = kept.dossier.findings
    return [
        {
            "number": principle.number,
            "title": principle.title,
            "criteria": [
                {
                    "id": each.id,
                    "text": each.text,
                    "verdict": found[each.id].verdict.value if each.id in found else "",
                    "label": words.verdicts[found[each.id].verdict][0] if each.id in found else "Not judged",
                    "facts": found[each.id].facts if each.id in found else "",
                    "files": [file.name for file in files if each.id in file.criteria],
                }
                for each in kept.dossier.criteria
                if each.principle == principle.number
            ],
        }
        for principle in kept.standard.principles
    ]


def _corrections(session: Session, kept: Kept, lang: Language) -> list[dict[str, Any]]:
    verifiers = {each.verified_by for each in kept.dossier.corrections if each.verified_by}
    names = names_of(session, verifiers)
    return [
        {
            "criterion": each.criterion,
            "cause": each.cause,
            "correction": each.correction,
            "proof": each.proof,
            "due": lang.day(each.due),
            "standing": (
                f"Verified by {names.get(each.verified_by, '')} on {lang.day(each.verified_at)}"
                if each.verified_by and each.verified_at
                else "Open"
            ),
        }
        for each in kept.dossier.corrections
    ]


def _recommendation(kept: Kept, words: Words, lang: Language) -> dict[str, str] | None:
    said = kept.case.recommendation
    if said is None:
        return None
    return {"outcome": words.outcomes[said.outcome][0], "reasons": said.reasons, "day": lang.day(said.at)}
