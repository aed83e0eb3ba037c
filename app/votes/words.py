"""Words of votes, in the reader's language."""

from app.language import Language
from app.organisations.regions import Region
from app.votes import service
from app.votes.casting import Reason
from governance import ballots as engine


def bodies(lang: Language) -> dict[str, str]:
    _ = lang.text
    boards = {each.value: _("Board of the region %(region)s") % {"region": _(each.value)} for each in Region}
    return {service.GENERAL: _("General meeting")} | boards


def answers(lang: Language) -> dict[str, str]:
    """Of a motion."""
    _ = lang.text
    return {"yes": _("Yes"), "no": _("No"), "abstain": _("Abstain")}


def reasons(lang: Language) -> dict[str, str]:
    _ = lang.text
    return {
        Reason.OVER: _("The vote is over."),
        Reason.VOTED: _("Your organisation has voted. A vote is cast once and never changed."),
        Reason.REGION: _("This board is elected by the members of its region."),
        Reason.LATER: _("Your organisation became a full member after the roll was fixed."),
        Reason.PROVISIONAL: _("Your organisation holds no certificate yet: provisional members do not vote."),
        Reason.SUSPENDED: _("Your certificate is suspended: suspended members do not vote."),
        Reason.NOT_ADMITTED: _("Your organisation has not been admitted as a full member."),
        Reason.NOT_A_MEMBER: _("Bodies that certify, and who runs the platform, have no vote."),
    }


def outcome(made: engine.Board, lang: Language) -> str:
    """One line: what was decided."""
    _ = lang.text
    if not made.result.reached:
        return _("Not decided: too few took part")
    if made.result.carried is not None:
        return _("Carried") if made.result.carried else _("Not carried")
    names = {each.key: each.name for each in made.paper.options}
    elected = ", ".join(names[each] for each in made.result.elected)
    return _("Elected: %(names)s") % {"names": elected} if elected else _("Nobody was elected")


def option_name(row_kind: str, option: engine.Option, lang: Language) -> str:
    if row_kind == engine.Kind.MOTION:
        return answers(lang)[option.key]
    return f"{option.name} ({option.of})" if option.of else option.name
