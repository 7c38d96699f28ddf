"""The Spring Boot shop through a snapshot and a restore, by the hooks of Lambda's own runtime client."""

import shutil

import pytest

from bench.runtime import Environment
from tests.examples.caller import event
from tests.examples.packages import ROOT
from tests.examples.spring import built

pytestmark = [pytest.mark.java, pytest.mark.timeout(900)]
NO_HOLD = {"v": 1, "burst": "0f8c", "of": 1, "release_at_ms": 0, "max_hold_ms": 0}


def test_a_restored_environment_is_new_and_its_database_is_reached_again() -> None:
    package, java = built(), shutil.which("java")
    assert java is not None, "no java command: install a JDK"
    command = [
        java,
        # Which hooks org.crac hands on to: Lambda's.
        "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac",
        "-cp",
        f"{package}:{package}/lib/*:{ROOT}/.tools/java/lib/*",
        "com.amazonaws.services.lambda.runtime.api.client.AWSLambda",
        "shop.Handler::handleRequest",
    ]
    variables = {
        "AWS_LAMBDA_FUNCTION_NAME": "spring-shop",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_REGION": "eu-west-1",
        # Connections that priming opens before the snapshot are dead after it; Spring must have closed them.
        "CARETAKER_PRIME": "/warmz,/products",
    }
    with Environment(command, variables=variables, directory=package) as environment:
        environment.initialised()
        reply, _ = environment.invoke(event("http-v2", "/products/1"))
        assert reply["statusCode"] == 200
        first, _ = environment.invoke(event("http-v2", "/warmz"), block=NO_HOLD)
    assert first["statusCode"] == 200
    # A restored environment has no init of its own; its age counts from the restore.
    assert first["caretaker"]["init_ms"] is None
    assert first["caretaker"]["invocations"] == 2
