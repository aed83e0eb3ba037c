"""Complaints in the reader's words."""

from app.language import Language


def states(lang: Language) -> dict[str, tuple[str, str]]:
    """State -> words and tone."""
    _ = lang.text
    return {
        "received": (_("Received"), "neutral"),
        "acknowledged": (_("Acknowledged"), "info"),
        "admitted": (_("Being examined"), "info"),
        "refused": (_("Not admitted"), "neutral"),
        "examined": (_("Examined, answer being written"), "info"),
        "answered": (_("Answered"), "good"),
        "remedied": (_("Put right"), "good"),
        "closed": (_("Closed"), "neutral"),
        "withdrawn": (_("Withdrawn"), "neutral"),
    }


def actions(lang: Language) -> dict[str, str]:
    """What was done, as the register says it."""
    _ = lang.text
    return {
        "file": _("Received, in the week of this day"),
        "acknowledge": _("An ombudsperson has taken it"),
        "admit": _("Admitted: it will be examined"),
        "refuse": _("Not admitted"),
        "examine": _("Both sides were heard; what was found"),
        "answer": _("Answered"),
        "remedy": _("What was ordered is done and checked"),
        "close": _("Closed"),
        "withdraw": _("Withdrawn, in the week of this day"),
        "appeal": _("Appealed: another ombudsperson looks at the result"),
        "uphold": _("The appeal: the result stands"),
        "overturn": _("The appeal: the result is void, it begins again"),
    }


def abouts(lang: Language) -> dict[str, str]:
    _ = lang.text
    return {
        "member": _("A member organisation"),
        "decision": _("A decision on a certificate"),
        "platform": _("The platform itself"),
    }


def outcomes(lang: Language) -> dict[str, tuple[str, str]]:
    _ = lang.text
    return {
        "upheld": (_("Upheld"), "bad"),
        "partly upheld": (_("Partly upheld"), "warn"),
        "not upheld": (_("Not upheld"), "neutral"),
    }


def relations(lang: Language) -> list[tuple[str, str]]:
    _ = lang.text
    return [
        ("worker", _("I work there, or worked there")),
        ("maker", _("I make or grow for them")),
        ("buyer", _("I buy, or sell on, what they make")),
        ("neighbour", _("I live nearby, or belong to the community")),
        ("organisation", _("I write for an organisation")),
        ("other", _("Something else")),
        ("unsaid", _("I would rather not say")),
    ]


def interests(lang: Language) -> list[tuple[str, str]]:
    _ = lang.text
    return [
        ("none", _("No interest at all")),
        ("employment", _("I work or worked for it")),
        ("ownership", _("I own a part of it")),
        ("trade", _("I trade with it")),
        ("consultancy", _("I advise or advised it")),
        ("kinship", _("A relative or friend is in it")),
    ]
