"""Credit transfers for a bank: ISO 20022 pain.001.001.09 (CustomerCreditTransferInitiation). Pure.

Elements after the message definition report of ISO 20022 (https://www.iso20022.org/iso-20022-message-definitions,
payments initiation); what banks of SEPA ask for in them after EPC132-08.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from app.language import digits
from app.payouts.accounts import by_sepa, latin
from app.payouts.models import PayoutBatch, PayoutDetails, PayoutInstruction
from app.settings import PayoutAccount

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LONGEST_NAME: Final = 70
NO_BIC: Final = "NOTPROVIDED"
"""In the place of a BIC that nobody has to give within SEPA."""


def document(
    batch: PayoutBatch,
    transfers: Sequence[tuple[PayoutInstruction, PayoutDetails]],
    own: PayoutAccount,
    *,
    now: datetime,
) -> str:
    """One message with one payment of all the transfers of a batch, as XML.

    Whoever pays bears the charges (`DEBT`), so that a maker receives the whole amount; within SEPA each side
    bears its bank's (`SLEV`), and the amount arrives whole by the scheme's own rule.
    """
    root = Element("Document", xmlns=NAMESPACE)
    message = SubElement(root, "CstmrCdtTrfInitn")
    total = amount_text(sum(each.amount for each, _to in transfers), batch.currency)
    head = SubElement(message, "GrpHdr")
    _put(head, "MsgId", batch.number)
    _put(head, "CreDtTm", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _put(head, "NbOfTxs", str(len(transfers)))
    _put(head, "CtrlSum", total)
    _put(head, "InitgPty/Nm", latin(own.holder)[:LONGEST_NAME])
    payment = SubElement(message, "PmtInf")
    _put(payment, "PmtInfId", batch.number)
    _put(payment, "PmtMtd", "TRF")
    _put(payment, "BtchBookg", "false")  # one line of the statement for each, so that each is matched
    _put(payment, "NbOfTxs", str(len(transfers)))
    _put(payment, "CtrlSum", total)
    _put(payment, "ReqdExctnDt/Dt", batch.pay_on.isoformat())
    _put(payment, "Dbtr/Nm", latin(own.holder)[:LONGEST_NAME])
    _put(payment, "DbtrAcct/Id/IBAN", own.iban)
    _agent(payment, "DbtrAgt", own.bic)
    for instruction, to in transfers:
        _transfer(payment, instruction, to, own)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _transfer(
    payment: Element, instruction: PayoutInstruction, to: PayoutDetails, own: PayoutAccount
) -> None:
    made = SubElement(payment, "CdtTrfTxInf")
    names = SubElement(made, "PmtId")
    _put(names, "InstrId", instruction.reference)
    _put(names, "EndToEndId", instruction.reference)
    sepa = by_sepa(instruction.currency, to.iban, own.iban)
    if sepa:
        _put(made, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _put(made, "Amt/InstdAmt", amount_text(instruction.amount, instruction.currency)).set(
        "Ccy", instruction.currency
    )
    _put(made, "ChrgBr", "SLEV" if sepa else "DEBT")
    if to.bic or not sepa:
        _agent(made, "CdtrAgt", to.bic, to.country)
    creditor = SubElement(made, "Cdtr")
    _put(creditor, "Nm", latin(to.holder)[:LONGEST_NAME])
    if to.country:
        _put(creditor, "PstlAdr/Ctry", to.country)
    if to.iban:
        _put(made, "CdtrAcct/Id/IBAN", to.iban)
    else:
        _put(made, "CdtrAcct/Id/Othr/Id", to.account_number)
    _put(made, "RmtInf/Ustrd", f"Fairhaul {instruction.reference}")


def _agent(at: Element, name: str, bic: str, country: str = "") -> None:
    agent = SubElement(SubElement(at, name), "FinInstnId")
    if bic:
        _put(agent, "BICFI", bic)
        return
    if country:
        _put(agent, "PstlAdr/Ctry", country)
    _put(agent, "Othr/Id", NO_BIC)


def _put(at: Element, path: str, text: str) -> Element:
    """Make the elements of a path, the last one with a text."""
    for name in path.split("/"):
        at = SubElement(at, name)
    at.text = text
    return at


def amount_text(minor: int, currency: str) -> str:
    """Minor units with a point, as the message writes amounts.

    >>> amount_text(165500, "USD"), amount_text(7, "JPY"), amount_text(5, "KWD")
    ('1655.00', '7', '0.005')
    """
    places = digits(currency)
    if not places:
        return str(minor)
    whole, rest = divmod(minor, 10**places)
    return f"{whole}.{rest:0{places}d}"
