"""Refusals in the words of EPCIS 2.0: problem documents whose type is one of the standard's exceptions."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from app.errors import Missing, Refusal, in_plain_words
from app.transaction import TransactionalRoute

VERSIONS: Final = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-EPCIS-Min": "2.0.0",
    "GS1-EPCIS-Max": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-CBV-Min": "2.0.0",
    "GS1-CBV-Max": "2.0.0",
    "GS1-EPC-Format": "No_Preference",
}
"""With every answer: which versions of the standard are spoken, and that identifiers stay as captured."""
_BY_STATUS: Final = {
    HTTPStatus.UNAUTHORIZED: "epcisException:SecurityException",
    HTTPStatus.FORBIDDEN: "epcisException:SecurityException",
    HTTPStatus.NOT_FOUND: "epcisException:NoSuchResourceException",
}


@dataclass
class EpcisFault(Refusal):
    """A refusal of the EPCIS interface; `code` is the whole type."""

    code: str = "epcisException:ValidationException"
    status: int = HTTPStatus.BAD_REQUEST

    @staticmethod
    def validation(fields: Mapping[str, str]) -> "EpcisFault":
        """The document is not EPCIS: what is wrong, by JSON pointer."""
        return EpcisFault(
            "This is no valid EPCIS 2.0 document. Mend what is named and send it again; nothing was stored.",
            fields=fields,
            title="Not valid",
        )

    @staticmethod
    def parameter(name: str, words: str) -> "EpcisFault":
        """A parameter of a query cannot be used."""
        return EpcisFault(
            f"{name}: {words}",
            fields={f"/{name}": words},
            code="epcisException:QueryParameterException",
            title="The query cannot be answered",
        )


class EpcisRoute(TransactionalRoute):
    """Answers and refusals of a route as the standard wants them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def in_standard_words(request: Request) -> Response:
            _check_versions(request)
            try:
                reply = await handler(request)
            except Refusal as refusal:
                if refusal.status in _BY_STATUS and not isinstance(refusal, EpcisFault):
                    refusal.code = _BY_STATUS[HTTPStatus(refusal.status)]
                raise
            except RequestValidationError as fault:
                if any(each["loc"][0] == "path" for each in fault.errors()):
                    raise Missing(code=_BY_STATUS[HTTPStatus.NOT_FOUND]) from fault
                raise EpcisFault.validation(
                    {
                        "/" + "/".join(str(part) for part in each["loc"][1:]): in_plain_words(each)
                        for each in fault.errors()
                    }
                ) from fault
            for name, value in VERSIONS.items():
                reply.headers.setdefault(name, value)
            return reply

        return in_standard_words


def _check_versions(request: Request) -> None:
    """Refuse a caller who speaks no version of ours, or who wants identifiers rewritten."""
    wanted = request.headers
    for standard in ("EPCIS", "CBV"):
        least, most = wanted.get(f"GS1-{standard}-Min", "0"), wanted.get(f"GS1-{standard}-Max", "99")
        if _version(least) > (2, 0, 0) or _version(most) < (2, 0, 0):
            raise EpcisFault(
                f"{standard} 2.0.0 is spoken here.",
                code="epcisException:NotAcceptableException",
                title="No version that both speak",
                status=HTTPStatus.NOT_ACCEPTABLE,
            )
    if wanted.get("GS1-EPC-Format", "No_Preference") != "No_Preference":
        raise EpcisFault(
            "Identifiers are given as they were captured: leave GS1-EPC-Format out.",
            code="epcisException:NotAcceptableException",
            title="This form of identifiers is not made here",
            status=HTTPStatus.NOT_ACCEPTABLE,
        )


def _version(text: str) -> tuple[int, ...]:
    parts = [
        int(part) if part.isascii() and part.isdigit() and len(part) < 6 else 0 for part in text.split(".")
    ]
    return tuple([*parts, 0, 0, 0][:3])
