"""The certificate as a PDF to hang on a wall, with the signed one attached."""

from io import BytesIO
from typing import Final

import segno

import credentials as engine
from app.audits.registry import Holder
from app.credentials import service
from app.credentials.models import IssuedCredential
from app.language import language
from app.papers import Attachment, compile_paper
from app.settings import Settings
from certification import CertificateStatus, ProductKind

GREEN, CLAY = "#1d5c47", "#ab4024"
ATTACHED: Final = "certificate.json"
"""Name of the signed certificate within the PDF."""


def qr(address: str, *, dark: str = GREEN) -> str:
    """An address as a QR code: SVG of paths alone, without style or script; it survives some dirt."""
    drawn = BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgclass=None, lineclass=None, border=2, dark=dark, omitsize=True
    )
    return drawn.getvalue().decode()


def certificate_paper(settings: Settings, found: Holder, issued: IssuedCredential) -> bytes:
    """The same bytes each time, until the certificate's status changes or it is signed anew."""
    certificate, organisation, lang = found.certificate, found.organisation, language("en")
    address = service.page_of(settings, certificate.number)
    status = CertificateStatus(certificate.status)
    holds = status is CertificateStatus.ACTIVE
    changed = found.changes[-1].at if found.changes else certificate.issued_at
    place = ", ".join(each for each in (organisation.place, lang.country(organisation.country)) if each)
    return compile_paper(
        "certificate",
        {
            "title": f"Certificate {certificate.number}: {organisation.name}",
            "issuer": service.ISSUER,
            "number": certificate.number,
            "holder": organisation.name,
            "place": place,
            "country": organisation.country,
            "sentence": (
                f"meets the {found.standard.title}: auditors looked at every criterion that applies, "
                "and what they found not in conformity was corrected, or will be by a day that was agreed."
            ),
            "holds": holds,
            "standing": f"Not in force: {status} since {lang.day(changed.date())}.",
            "seal": GREEN if holds else CLAY,
            "valid": f"{lang.day(certificate.valid_from)} to {lang.day(certificate.valid_until)}",
            "goods": [service.GOODS.get(ProductKind(each), each) for each in certificate.product_categories],
            "standard": found.standard.title,
            "sites": certificate.sites,
            "decided": lang.day(found.decided_at.date()),
            "notice": found.standard.notice,
            "address": address,
            "shown": address.partition("://")[2],
            "qr": qr(address),
        },
        at=issued.issued_at,
        attachments=[
            Attachment(
                name=ATTACHED,
                media_type="application/vc",
                description=f"Certificate {certificate.number} as a W3C Verifiable Credential",
                text=engine.as_json(issued.document),
            )
        ],
    )
