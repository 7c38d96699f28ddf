from typing import Any

import pytest

from caretaker_kit.priming import event_for

HTTP_V2 = {
    "version": "2.0",
    "rawPath": "/warmz/",
    "rawQueryString": "",
    "headers": {"host": "shop.example"},
    "requestContext": {"http": {"method": "GET", "path": "/warmz/"}, "stage": "$default"},
}
REST = {
    "resource": "/{proxy+}",
    "httpMethod": "GET",
    "path": "/warmz/",
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": {"proxy": "warmz/"},
    "requestContext": {"httpMethod": "GET", "resourcePath": "/{proxy+}", "path": "/warmz/"},
}


def test_an_http_v2_event_gets_the_path_in_both_its_places() -> None:
    primed = event_for(HTTP_V2, "/products/?page=2&tag=a&tag=b")
    assert primed is not None
    assert primed["rawPath"] == primed["requestContext"]["http"]["path"] == "/products/"
    assert primed["rawQueryString"] == "page=2&tag=a&tag=b"
    assert primed["headers"] == HTTP_V2["headers"]


def test_a_rest_event_gets_the_path_and_the_query_in_all_its_places() -> None:
    primed = event_for(REST, "/products/?page=2&tag=a&tag=b")
    assert primed is not None
    assert primed["path"] == primed["requestContext"]["path"] == "/products/"
    assert primed["pathParameters"] == {"proxy": "products/"}
    assert primed["requestContext"]["resourcePath"] == "/{proxy+}"
    assert primed["queryStringParameters"] == {"page": "2", "tag": "b"}
    assert primed["multiValueQueryStringParameters"] == {"page": ["2"], "tag": ["a", "b"]}


def test_a_resource_path_that_is_the_path_itself_follows_it() -> None:
    event = {"httpMethod": "GET", "path": "/warmz/", "requestContext": {"resourcePath": "/warmz"}}
    primed = event_for(event, "/products/")
    assert primed is not None
    assert primed["requestContext"]["resourcePath"] == "/products"


def test_the_ping_s_own_event_stays_as_it_was() -> None:
    event: dict[str, Any] = {"rawPath": "/a", "requestContext": {"http": {"method": "GET", "path": "/a"}}}
    event_for(event, "/b")
    assert event == {"rawPath": "/a", "requestContext": {"http": {"method": "GET", "path": "/a"}}}


@pytest.mark.parametrize(
    "event",
    [
        None,
        "text",
        {"source": "aws.events"},
        {"httpMethod": "POST", "path": "/a"},
        {"rawPath": "/a", "requestContext": {"http": {"method": "DELETE", "path": "/a"}}},
        {"httpMethod": "GET", "path": None},
        # Adapters differ in the place from which they take the method: what one of them would write is not replayed.
        {"httpMethod": "GET", "path": "/a", "requestContext": {"http": {"method": "POST", "path": "/a"}}},
        {"httpMethod": "GET", "path": "/a", "requestContext": {"httpMethod": "DELETE"}},
        {"path": "/a", "requestContext": "text"},
    ],
)
def test_an_event_that_is_no_http_read_is_not_replayed(event: object) -> None:
    assert event_for(event, "/b") is None
