"""What the life of a certificate is called on pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.audits.deadlines import About, Deadline, Who
from app.audits.kept import Kept
from app.language import Language
from certification import Action, RiskLevel, State


@dataclass(frozen=True, slots=True)
class Due:
    """A line of what is due, ready to be shown."""

    what: str
    day: str
    whose: str
    overdue: bool


@dataclass(frozen=True)
class LifeWords:
    lang: Language

    @property
    def levels(self) -> Mapping[str, tuple[str, str]]:
        _ = self.lang.text
        return {
            RiskLevel.LOW: (_("Low risk"), "good"),
            RiskLevel.NORMAL: (_("Normal risk"), "info"),
            RiskLevel.HIGH: (_("High risk"), "warn"),
        }

    @property
    def factors(self) -> Mapping[str, str]:
        _ = self.lang.text
        return {
            "supply_tiers": _("Steps of the supply chain outside the organisation"),
            "sites": _("Sites"),
            "people": _("Members and workers"),
            "outside_production_percent": _("Share of production by others, in per cent"),
            "labelled_products": _("Products with the label"),
            "past_majors": _("Major nonconformities in the last audit"),
            "past_minors": _("Minor nonconformities in the last audit"),
            "open_complaints": _("Open complaints"),
            "upheld_complaints": _("Upheld complaints"),
        }

    @property
    def whose(self) -> Mapping[Who, str]:
        _ = self.lang.text
        return {
            Who.PRODUCER: _("The organisation"),
            Who.PROGRAMME: _("Programme manager"),
            Who.TEAM: _("Auditors"),
            Who.DECIDERS: _("Decision maker"),
            Who.PANEL: _("Appeal panel"),
        }

    def _stages(self) -> Mapping[State, str]:
        _ = self.lang.text
        return {
            State.APPLIED: _("Accept the application"),
            State.PROVISIONAL: _("Hand the self-assessment in"),
            State.SELF_ASSESSED: _("Review the papers"),
            State.DESK_REVIEWED: _("Plan the audit"),
            State.AUDIT_PLANNED: _("Conclude the audit"),
            State.AUDITED: _("Agree on corrective actions, or recommend"),
            State.CORRECTING: _("Recommend"),
            State.RECOMMENDED: _("Decide"),
            State.DECIDED: _("Issue the certificate"),
            State.SURVEILLANCE: _("Report on the look"),
            State.SUSPENDED: _("Reinstate or withdraw"),
        }

    def dues(self, kept: Kept, found: list[Deadline], today: object) -> list[Due]:
        _ = self.lang.text
        about = {
            About.CORRECTION: _("Corrective action for criterion {detail}"),
            About.LOOK: _("Next look"),
            About.RENEWAL: _("Begin the renewal of {detail}"),
            About.END: _("Certificate {detail} ends"),
            About.PANEL: _("Convene the appeal panel"),
            About.APPEAL: _("Settle the appeal"),
            About.REVIEW: _("Settle the review of a conflict of interest"),
        }
        stages = self._stages()
        return [
            Due(
                what=(stages[kept.case.state] if each.about is About.STAGE else about[each.about]).format(
                    detail=each.detail
                ),
                day=self.lang.day(each.due),
                whose=", ".join(self.whose[who] for who in Who if who in each.who),
                overdue=str(today) > each.due.isoformat(),
            )
            for each in found
        ]

    @property
    def actions(self) -> Mapping[Action, str]:
        _ = self.lang.text
        return {
            Action.PLAN_SURVEILLANCE: _("Plan a look"),
            Action.CONFIRM: _("Confirm the certificate"),
            Action.LODGE_APPEAL: _("Appeal"),
            Action.CONVENE: _("Convene the panel"),
            Action.UPHOLD: _("Settle the appeal"),
            Action.REPORT_CONFLICT: _("Report a conflict"),
            Action.SETTLE_REVIEW: _("Settle the review"),
            Action.SURRENDER: _("Give the certificate up"),
        }
