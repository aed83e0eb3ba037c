"""The calculator answers in words with sources, and says what it does not know."""

from fastapi.testclient import TestClient

ASKED = "/duties?hs_code=0901.21&origin=ET&to=NL&value=10000&currency=EUR&weight=800&on=2026-11-24"


def test_general_duty_preference_and_saving(client: TestClient) -> None:
    shown = client.get(ASKED)
    assert shown.status_code == 200
    assert "EUR 750.00" in shown.text
    assert "EUR 750.00 saved by Everything But Arms" in shown.text
    assert "only a registered exporter (REX)" in shown.text
    assert 'href="https://taric-check.com/browse/0901B210000?lang=en"' in shown.text
    assert len(shown.content) < 30_000


def test_what_is_not_known_is_said(client: TestClient) -> None:
    shown = client.get("/duties?hs_code=460219&origin=KE&to=GB&value=100&currency=GBP&on=2026-11-24")
    assert shown.status_code == 200
    assert "No general duty is known for 460219 into GB" in shown.text
    assert "rate not known here: ask" in shown.text


def test_a_short_code_leads_to_its_lines(client: TestClient) -> None:
    shown = client.get("/duties?hs_code=442090&origin=VN&to=US&value=100&currency=USD&on=2026-11-24")
    assert "hs_code=44209080&amp;origin=VN&amp;to=US" in shown.text
    assert "Jewellery boxes and the like of wood, not lined with textile" in shown.text


def test_each_fault_stands_at_its_field(client: TestClient) -> None:
    shown = client.get("/duties?hs_code=12&origin=XX&to=BR&value=&currency=XXX&weight=heavy&on=x")
    assert shown.status_code == 422
    for name in ("origin", "to", "currency", "weight", "on"):
        assert f'id="f-{name}-error"' in shown.text, name
    refused = client.get("/duties?hs_code=coffee&origin=ET&to=NL&value=1&currency=EUR&on=2026-11-24")
    assert (refused.status_code, "is not a customs code" in refused.text) == (422, True)
    union = client.get("/duties?hs_code=090121&origin=ET&to=NL&value=1&currency=JPY&on=2026-11-24")
    assert union.status_code == 422
    assert "No exchange rate from JPY to EUR" in union.text


def test_origin_and_guide(client: TestClient) -> None:
    yes = client.get("/duties/origin?wholly_obtained=yes&unaltered_on_the_way=yes")
    assert "the criterion is P" in yes.text
    assert "Ask before you claim it" in client.get("/duties/origin?wholly_obtained=unsure").text
    guide = client.get("/duties/guide")
    assert "EUR 6,000" in guide.text
    assert len(guide.content) < 30_000


def test_the_api_gives_the_same(client: TestClient) -> None:
    asked = "/api/duties?hs_code=090121&origin=ET&to=NL&value=1000000&currency=EUR&on=2026-11-24"
    found = client.get(asked).json()
    assert (found["duty"], found["saved"], found["currency"]) == (75_000, 75_000, "EUR")
    assert found["preferences"][0]["registered_exporter"] is True
    assert found["general"]["source"]["address"].startswith("https://taric-check.com/")
    missing = client.get(asked.replace("090121", "460219")).json()
    assert (missing["duty"], "No general duty" in missing["fault"]) == (None, True)
    refused = client.get(asked.replace("to=NL", "to=BR"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/to"
    origin = client.get("/api/duties/origin?wholly_obtained=yes&unaltered_on_the_way=yes").json()
    assert origin["criterion"] == "P"
    assert client.get("/api/duties/tariffs").json() == []
