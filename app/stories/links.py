"""Which links lead from a lot: the types of GS1's web vocabulary and of UNTP, and the set of them (RFC 9264).

GS1-Conformant Resolver 1.2; https://ref.gs1.org/voc/linkTypes.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from app.stories.telling import Story
from credentials.passport import LINK_TYPES

GS1: Final = "https://ref.gs1.org/voc/"
LINKSET: Final = "application/linkset+json"
ALL: Final = ("linkset", "all")
"""Words that ask for the set; GS1's version 1.1 called it `all`."""


@dataclass(frozen=True, slots=True)
class Link:
    type: str
    href: str
    title: str
    media_type: str = "text/html"

    @property
    def names(self) -> frozenset[str]:
        """What it may be asked for by: its address, or short with the prefix that everybody uses."""
        short = self.type.removeprefix(GS1)
        if short != self.type:
            return frozenset({self.type, f"gs1:{short}", f"https://gs1.org/voc/{short}"})
        return frozenset({self.type, f"untp:{self.type.removeprefix(LINK_TYPES)}"})


def links_of(told: Story, page: str) -> list[Link]:
    """`page`: absolute address of the story. The first is where nobody asked for one."""
    site = page.partition("/lots/")[0]
    found = [
        Link(f"{GS1}defaultLink", page, "The story of this lot"),
        Link(f"{GS1}pip", page, "The story of this lot"),
        Link(f"{LINK_TYPES}dpp", f"{page}/passport.json", "Digital Product Passport", "application/vc"),
        Link(f"{GS1}sustainabilityInfo", f"{page}#emissions", "Greenhouse gases of transport"),
    ]
    if told.proof:
        certificate = f"{site}/registry/{told.proof.certificate.number}"
        found += [
            Link(f"{GS1}certificationInfo", certificate, "The maker's certificate"),
            Link(
                f"{LINK_TYPES}dcc",
                f"{certificate}/certificate.json",
                "Conformity credential",
                "application/vc",
            ),
        ]
    if told.events:
        found += [
            Link(f"{GS1}traceability", f"{page}#way", "How it came"),
            Link(f"{LINK_TYPES}dte", f"{page}/events.json", "Digital Traceability Event", "application/vc"),
        ]
    return found


def asked(links: list[Link], wanted: str) -> Link | None:
    """The link of a type; None: there is none."""
    return next((each for each in links if wanted in each.names), None)


def linkset(links: list[Link], anchor: str) -> bytes:
    """The set of links of one thing."""
    members: dict[str, Any] = {"anchor": anchor}
    for each in links:
        members.setdefault(each.type, []).append(
            {"href": each.href, "title": each.title, "type": each.media_type}
        )
    return json.dumps({"linkset": [members]}, ensure_ascii=False, indent=2).encode()


def resolver(site: str) -> dict[str, Any]:
    """The description that a resolver keeps at /.well-known/gs1resolver."""
    return {
        "name": "Fairhaul: lots of fair-trade goods",
        "resolverRoot": site,
        "supportedPrimaryKeys": ["01"],
        "supportedLinkType": [
            {"namespace": GS1, "prefix": "gs1:"},
            {"namespace": LINK_TYPES, "prefix": "untp:"},
        ],
        "linkTypeDefaultCanBeLinkset": False,
    }
