"""One small application behind every adapter, each warmable with one line. Runs as Lambda functions of the tests."""

import json
from typing import Any

import awsgi
import serverless_wsgi
from apig_wsgi import make_lambda_handler
from aws_lambda_powertools.event_handler import (
    ALBResolver,
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    LambdaFunctionUrlResolver,
)
from chalice import Chalice, Response
from lambdawarmer import warmer

from caretaker_kit import warmable


def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """A WSGI application with one route."""
    known = environ["PATH_INFO"] == "/warmz/"
    start_response("200 OK" if known else "404 Not Found", [("Content-Type", "application/json")])
    return [json.dumps({"status": "ok" if known else "absent"}).encode()]


def route(resolver: Any) -> Any:
    """The same route for one of Powertools' resolvers."""

    @resolver.get("/warmz/")
    def warmz() -> dict[str, str]:
        return {"status": "ok"}

    return resolver


@warmer
def warmed_by_lambda_warmer(event: Any, _context: Any) -> Any:
    """What a team has that uses lambda-warmer-py."""
    return {"statusCode": 200, "body": json.dumps(event)}


chalice = Chalice(app_name="warmable")


@chalice.route("/warmz")
def chalice_warmz() -> Response:
    """Chalice routes without the slash at the end."""
    return Response({"status": "ok"}, status_code=200)


apig_wsgi = warmable(make_lambda_handler(wsgi))
serverless = warmable(lambda event, context: serverless_wsgi.handle_request(wsgi, event, context))
aws_wsgi = warmable(lambda event, context: awsgi.response(wsgi, event, context))
powertools_rest = warmable(route(APIGatewayRestResolver()).resolve)
powertools_http = warmable(route(APIGatewayHttpResolver()).resolve)
powertools_url = warmable(route(LambdaFunctionUrlResolver()).resolve)
powertools_alb = warmable(route(ALBResolver()).resolve)
chalice_app = warmable(chalice)
