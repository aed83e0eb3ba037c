"""What the engine's values are called on pages, with the tone that goes with each."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

import certification as engine
from app.audits.kept import Kept, Ruled
from app.audits.looking import Look
from app.audits.queue import Sort, Stage
from app.errors import Refusal
from app.folding import fold
from app.language import Language
from app.organisations.regions import REGION_OF
from certification import (
    Action,
    AnswerValue,
    ApplicationPart,
    AuditKind,
    CaseKind,
    CertificateStatus,
    InterestKind,
    Level,
    Outcome,
    ProductKind,
    PublicState,
    State,
    Verdict,
)
from certification.conditions import TookPart

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

Text: TypeAlias = Callable[[str], str]
Toned: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Words:
    """Everything that a page of this slice says for a value, in one language."""

    lang: Language

    @property
    def _(self) -> Text:
        return self.lang.text

    @property
    def states(self) -> Mapping[str, Toned]:
        _ = self._
        return {
            State.APPLIED: (_("Applied"), "info"),
            State.PROVISIONAL: (_("Self-assessment"), "info"),
            State.SELF_ASSESSED: (_("Handed in"), "info"),
            State.DESK_REVIEWED: (_("Papers reviewed"), "info"),
            State.AUDIT_PLANNED: (_("Audit planned"), "warn"),
            State.AUDITED: (_("Audited"), "warn"),
            State.CORRECTING: (_("Corrective actions"), "warn"),
            State.RECOMMENDED: (_("To be decided"), "warn"),
            State.DECIDED: (_("Decided"), "info"),
            State.CERTIFIED: (_("Certified"), "good"),
            State.SURVEILLANCE: (_("Surveillance"), "good"),
            State.SUSPENDED: (_("Suspended"), "bad"),
            State.WITHDRAWN: (_("Withdrawn"), "bad"),
            State.REFUSED: (_("Refused"), "bad"),
            State.RETRACTED: (_("Taken back"), "neutral"),
            State.LAPSED: (_("Run out"), "neutral"),
        }

    @property
    def public_states(self) -> Mapping[str, Toned]:
        _ = self._
        return {
            PublicState.APPLICANT: (_("Applicant"), "info"),
            PublicState.PROVISIONAL: (_("On the way"), "info"),
            PublicState.GUARANTEED: (_("Certified"), "good"),
            PublicState.RENEWAL_IN_PROGRESS: (_("Certified, renewal in progress"), "good"),
            PublicState.DEMOTED: (_("No longer certified"), "bad"),
            PublicState.SUSPENDED: (_("Suspended"), "bad"),
            PublicState.WITHDRAWN: (_("Withdrawn"), "bad"),
        }

    @property
    def changes(self) -> Mapping[str, Toned]:
        """What a version of a standard did to a criterion."""
        _ = self._
        return {
            engine.Change.ADDED: (_("New"), "good"),
            engine.Change.REMOVED: (_("Removed"), "bad"),
            engine.Change.CHANGED: (_("Changed"), "warn"),
        }

    @property
    def criterion_parts(self) -> Mapping[str, str]:
        """What the parts of a criterion are called, by the name of the field; words and level are shown."""
        _ = self._
        return {
            "principle": _("its principle"),
            "why": _("why it is asked"),
            "applies_to": _("who it applies to"),
            "evidence": _("what shows it"),
            "verify": _("how it is verified"),
            "weight": _("its weight"),
            "not_applicable_when": _("when it does not apply"),
        }

    @property
    def statuses(self) -> Mapping[str, Toned]:
        _ = self._
        return {
            CertificateStatus.ACTIVE: (_("In force"), "good"),
            CertificateStatus.SUSPENDED: (_("Suspended"), "bad"),
            CertificateStatus.WITHDRAWN: (_("Withdrawn"), "bad"),
            CertificateStatus.EXPIRED: (_("Run out"), "neutral"),
        }

    @property
    def answers(self) -> Mapping[str, Toned]:
        _ = self._
        return {
            AnswerValue.MET: (_("Met"), "good"),
            AnswerValue.PARTLY: (_("Partly met"), "warn"),
            AnswerValue.NOT_MET: (_("Not met"), "bad"),
            AnswerValue.NOT_APPLICABLE: (_("Not applicable"), "neutral"),
        }

    @property
    def verdicts(self) -> Mapping[str, Toned]:
        _ = self._
        return {
            Verdict.CONFORMITY: (_("Conformity"), "good"),
            Verdict.IMPROVEMENT: (_("Improvement"), "warn"),
            Verdict.MINOR: (_("Minor"), "bad"),
            Verdict.MAJOR: (_("Major"), "worst"),
            Verdict.NOT_APPLICABLE: (_("Not applicable"), "neutral"),
        }

    @property
    def outcomes(self) -> Mapping[str, Toned]:
        _ = self._
        return {
            Outcome.CERTIFY: (_("Certify"), "good"),
            Outcome.CERTIFY_WITH_CONDITIONS: (_("Certify with conditions"), "warn"),
            Outcome.REFUSE: (_("Refuse"), "bad"),
            Outcome.SUSPEND: (_("Suspend"), "bad"),
            Outcome.REINSTATE: (_("Reinstate"), "good"),
            Outcome.CONFIRM: (_("Confirm"), "good"),
            Outcome.WITHDRAW: (_("Withdraw"), "bad"),
        }

    @property
    def parts(self) -> Mapping[str, str]:
        _ = self._
        return {
            ApplicationPart.LEGAL_IDENTITY: _("Legal identity"),
            ApplicationPart.MISSION: _("Mission"),
            ApplicationPart.SITES: _("Sites"),
            ApplicationPart.MEMBERS_AND_WORKERS: _("Members and workers"),
            ApplicationPart.ACCOUNTS: _("Accounts"),
            ApplicationPart.REFERENCES: _("References"),
            ApplicationPart.CODE_OF_PRACTICE: _("Code of practice"),
        }

    @property
    def audits(self) -> Mapping[str, str]:
        _ = self._
        return {
            AuditKind.MONITORING_AUDIT: _("Monitoring audit"),
            AuditKind.PEER_VISIT: _("Peer visit"),
            AuditKind.SURVEILLANCE: _("Surveillance"),
            AuditKind.UNANNOUNCED: _("Unannounced audit"),
        }

    @property
    def interests(self) -> Mapping[str, str]:
        _ = self._
        return {
            InterestKind.EMPLOYMENT: _("I work or worked for it"),
            InterestKind.OWNERSHIP: _("I own or owned part of it"),
            InterestKind.TRADE: _("I trade or traded with it"),
            InterestKind.CONSULTANCY: _("I advise or advised it"),
            InterestKind.KINSHIP: _("I am related to somebody who leads it"),
        }

    @property
    def goods(self) -> Mapping[str, str]:
        _ = self._
        return {ProductKind.CRAFTS: _("Crafts"), ProductKind.FOOD: _("Food")}

    @property
    def stages(self) -> Mapping[Stage, str]:
        _ = self._
        return {
            Stage.APPLIED: _("Applied"),
            Stage.ASSESSING: _("Self-assessment"),
            Stage.TO_ASSIGN: _("To assign"),
            Stage.AUDIT: _("Audit"),
            Stage.CORRECTING: _("Correcting"),
            Stage.TO_DECIDE: _("To decide"),
            Stage.CERTIFIED: _("Certified"),
            Stage.CLOSED: _("Closed"),
        }

    @property
    def kinds(self) -> Mapping[CaseKind, str]:
        _ = self._
        return {CaseKind.INITIAL: _("First certificate"), CaseKind.RENEWAL: _("Renewal")}

    @property
    def sorts(self) -> Mapping[Sort, str]:
        _ = self._
        return {
            Sort.DUE: _("The most urgent first"),
            Sort.NAME: _("By name"),
            Sort.OPENED: _("The longest running first"),
        }

    @property
    def looks(self) -> Mapping[Look, str]:
        """Which criteria of a case are shown."""
        _ = self._
        return {
            Look.ALL: _("All"),
            Look.OPEN: _("Not judged"),
            Look.WEAK: _("Answer not met"),
            Look.BARE: _("Without evidence"),
            Look.FOUND: _("Nonconformities"),
        }

    @property
    def happenings(self) -> Mapping[str, str]:
        """Lines of the history that are not the engine's own."""
        _ = self._
        return {
            "application saved": _("Application saved."),
            "answered": _("Criteria answered: {criteria_count}."),
            "evidence added": _("Evidence added: {name}."),
            "evidence linked": _("Criteria that a file was linked to: {criteria_count}."),
            "evidence unlinked": _("Evidence taken away from {criterion}."),
            "evidence opened": _("Evidence opened."),
            "judge": _("Criteria judged: {criteria_count}."),
            "peers proposed": _("Peers proposed: {count}."),
            "decision maker assigned": _("Decision maker assigned: {person}."),
        }

    def level(self, criterion: engine.Criterion) -> str:
        _ = self._
        match criterion.level:
            case Level.ENTRY:
                return _("mandatory from entry")
            case Level.WITHIN:
                return _("within {months} months").format(months=criterion.months)
            case Level.IMPROVEMENT:
                return _("improvement")

    def refusal(self, no: Refusal | engine.Refusal) -> str:
        """The sentence of a refusal, in the reader's language where it has one."""
        if isinstance(no, engine.Refusal) or (isinstance(no, Ruled) and no.template):
            return self.filled(no.template, no.facts)
        return self._(no.detail)

    def filled(self, template: str, facts: Mapping[str, Any]) -> str:
        """A template of the engine with its facts; values of ours are said in the reader's words."""
        toned = {**self.states, **self.outcomes, **self.verdicts}
        known = {**{value: said for value, (said, _tone) in toned.items()}, **self.audits, **self.parts}
        said = {}
        for name, fact in facts.items():
            values = list(fact) if isinstance(fact, (list, tuple)) else [fact]
            said[f"{name}_count"] = str(len(values))
            said[name] = ", ".join(self._fact(each, known) for each in values)
        sentence = self._(template).format(**said)
        return sentence[:1].upper() + sentence[1:]

    def _fact(self, fact: object, known: Mapping[str, str]) -> str:
        """A value of ours in the reader's words, a day in the reader's form, all else as it is."""
        said = str(fact)
        if said in known:
            return known[said].lower()
        return self.lang.day(date.fromisoformat(said)) if _DAY.fullmatch(said) else said

    def reason(self, permission: engine.Permission) -> str:
        return self.refusal(permission.refusal) if permission.refusal else ""

    def not_deciding(self, kept: Kept, who: engine.Actor, permission: engine.Permission) -> str:
        """Why somebody does not decide. That they took part says more than that the time has not come."""
        if who.person in engine.took_part(kept.case, kept.dossier):
            return self.refusal(TookPart())
        return self.reason(permission)

    def event(self, action: str, facts: Mapping[str, Any], names: Mapping[str, str]) -> str:
        """One line of a case's history. `names`: of people, by id."""
        values = facts.get("values", facts)
        person = {"person": names.get(str(values["person"]), "?")} if "person" in values else {}
        if "template" in facts:
            return self.filled(facts["template"], {**values, **person})
        line = self.happenings.get(action)
        return self.filled(line, {**values, **person}) if line else self._(action)


def action_words(lang: Language) -> Mapping[Action, str]:
    """What a button for an action says."""
    _ = lang.text
    return {
        Action.ACCEPT: _("Accept the application"),
        Action.REOPEN: _("Give the self-assessment back"),
        Action.ASSIGN: _("Assign"),
        Action.DESK_REVIEW: _("Finish the review of papers"),
        Action.PLAN_AUDIT: _("Plan the audit"),
        Action.JUDGE: _("Judge criteria"),
        Action.CONCLUDE_AUDIT: _("Conclude the audit"),
        Action.REQUEST_CORRECTIONS: _("Agree to the corrective actions"),
        Action.RECOMMEND: _("Recommend"),
        Action.SEND_BACK: _("Send back to the audit"),
        Action.DECIDE: _("Decide"),
        Action.DECLINE: _("Decline the application"),
        Action.CONFIRM: _("Confirm the certificate"),
        Action.SUSPEND: _("Suspend"),
        Action.REINSTATE: _("Reinstate"),
        Action.WITHDRAW: _("Withdraw"),
        Action.SUBMIT: _("Hand in"),
    }


def meant(words: Collection[str], lang: Language) -> dict[str, Collection[str]]:
    """Codes of countries and kinds of goods that are called so in the reader's language, by word."""
    goods = Words(lang).goods
    names = [(code, lang.country(code)) for code in REGION_OF] + [(each, goods[each]) for each in goods]
    folded = [(code, fold(name)) for code, name in names]
    return {word: [code for code, name in folded if fold(word) in name] for word in words if len(word) > 2}
