"""Validation by the rules of GS1's schema: good documents, and what breaks them, by path."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.epcis.handovers import STEPS, Handover, Place, events
from logistics.epcis.validation import events_of, faults_of
from logistics.epcis.vocabulary import CONTEXT
from tests.app.epcis.documents import EVENTS, alone, document
from tests.conftest import NOON

MISSING = object()


@pytest.mark.parametrize("kind", EVENTS)
def test_each_type_is_valid_alone_and_in_a_document(kind: str) -> None:
    assert faults_of(alone(kind)) == {}
    assert faults_of(document(EVENTS[kind])) == {}
    assert events_of(document(EVENTS[kind])) == [EVENTS[kind]]
    assert "/@context" in faults_of(EVENTS[kind])


@pytest.mark.parametrize(
    ("kind", "field", "value", "at"),
    [
        ("ObjectEvent", "action", MISSING, "/action"),
        ("ObjectEvent", "action", "LOOK", "/action"),
        ("ObjectEvent", "action", "OBSERVE", "/ilmd"),
        ("ObjectEvent", "epcList", MISSING, "/"),
        ("ObjectEvent", "epcList", ["urn:a:b", "urn:a:b"], "/epcList/1"),
        ("ObjectEvent", "epcList", ["17"], "/epcList/0"),
        ("ObjectEvent", "bizStep", "urn:epcglobal:cbv:bizstep:shipping", "/bizStep"),
        ("ObjectEvent", "eventTime", "2026-01-04T09:30:00", "/eventTime"),
        ("ObjectEvent", "eventTime", "2026-02-30T09:30:00Z", "/eventTime"),
        ("ObjectEvent", "eventTimeZoneOffset", "+14:30", "/eventTimeZoneOffset"),
        ("ObjectEvent", "colour", "red", "/colour"),
        ("ObjectEvent", "parentID", "urn:a:b", "/parentID"),
        ("ObjectEvent", "persistentDisposition", {}, "/persistentDisposition"),
        (
            "ObjectEvent",
            "errorDeclaration",
            {"reason": "incorrect_data"},
            "/errorDeclaration/declarationTime",
        ),
        ("ObjectEvent", "readPoint", {}, "/readPoint/id"),
        ("AggregationEvent", "childQuantityList", [{"quantity": 1}], "/childQuantityList/0/epcClass"),
        (
            "AggregationEvent",
            "childQuantityList",
            [{"epcClass": "urn:a:b", "uom": "kg"}],
            "/childQuantityList/0/uom",
        ),
        ("TransactionEvent", "bizTransactionList", [], "/bizTransactionList"),
        ("TransactionEvent", "epcList", MISSING, "/"),
        ("TransformationEvent", "outputEPCList", MISSING, "/"),
        ("TransformationEvent", "action", "ADD", "/action"),
        ("AssociationEvent", "parentID", MISSING, "/parentID"),
        ("AssociationEvent", "sensorElementList", [{}], "/sensorElementList/0/sensorReport"),
    ],
)
def test_a_fault_is_told_by_its_path(kind: str, field: str, value: Any, at: str) -> None:
    event = alone(kind)
    if value is MISSING:
        del event[field]
    else:
        event[field] = value
    assert at in faults_of(event)
    inside = document(
        EVENTS["TransactionEvent"], {name: each for name, each in event.items() if name != "@context"}
    )
    assert "/epcisBody/eventList/1" + (at if at != "/" else "") in faults_of(inside)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("AggregationEvent", {"action": "DELETE", "childEPCs": [], "childQuantityList": []}),
        ("TransformationEvent", {"transformationID": "urn:demo:batch:1", "outputEPCList": []}),
        ("ObjectEvent", {"bizStep": "https://weave.example/steps/drying"}),
        ("ObjectEvent", {"eventTime": "2016-12-31T23:59:60Z"}),
        ("ObjectEvent", {"weave:note": {"weave:by": ["x", 1, None]}}),
        ("ObjectEvent", {"certificationInfo": "https://weave.example/certificates/1"}),
        ("ObjectEvent", {"type": "weave:DryingEvent"}),
    ],
)
def test_what_the_schema_allows_is_taken(kind: str, change: dict[str, Any]) -> None:
    assert faults_of(alone(kind) | change) == {}


def test_what_cannot_be_kept_is_refused() -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = {"weave:in": deep}
    for odd in ("a\0b", "\ud800", float("nan"), deep):
        assert faults_of(alone("ObjectEvent") | {"weave:note": odd})


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["ObjectEvent", "EPCISDocument"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "@context", "epcisBody", "eventList", "x:y"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(anything)
def test_no_input_breaks_the_validator(value: Any) -> None:
    assert faults_of(value)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_of_a_shipment_is_valid(step: str) -> None:
    place = Place("urn:demo:hub", "urn:demo:hub-keeper")
    for parts in ((), ("urn:demo:line:1",)):
        told = events(
            step,
            Handover("urn:demo:unit", parts, "urn:demo:pool", place, place, NOON),
            ["urn:demo:e:1", "urn:demo:e:2"],
        )
        assert told
        assert [faults_of({"@context": CONTEXT} | each) for each in deepcopy(told)] == [{}] * len(told)
