"""Lambda's layers, through botocore over HTTP."""

from collections.abc import Iterator

import boto3
import pytest

from fleet.aws.asking import Asking
from fleet.aws.layers import AwsLayers
from fleet.aws.rate import Pace, TimeBox
from fleet.layers import LayerVersion, by_layer
from fleet.model import VersionNumber
from fleet.ports import AccessDenied
from tests.fleet.stub_api import Refusal, StubApi, serving

ARN = "arn:aws:lambda:eu-west-1:123456789012:layer:deps"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubApi]:
    with serving(StubApi(answers={}), monkeypatch) as stub:
        yield stub


@pytest.fixture
def layers(api: StubApi) -> AwsLayers:
    return AwsLayers(Asking(client=boto3.client("lambda"), service="lambda", pace=Pace(1000, TimeBox())))


def a_version(number: int) -> LayerVersion:
    return LayerVersion(layer="deps", number=VersionNumber(number), arn=f"{ARN}:{number}")


def test_every_version_of_every_layer_is_listed(api: StubApi, layers: AwsLayers) -> None:
    api.answers["ListLayers"] = {"Layers": [{"LayerName": "deps"}]}
    api.answers["ListLayerVersions"] = {
        "LayerVersions": [{"LayerVersionArn": f"{ARN}:{number}", "Version": number} for number in (10, 9)]
    }
    assert by_layer(layers.listing()) == {"deps": (a_version(9), a_version(10))}


def test_what_latest_and_every_version_have_is_in_use(api: StubApi, layers: AwsLayers) -> None:
    api.answers["ListFunctions"] = {
        "Functions": [
            {"FunctionName": "shop", "Version": "$LATEST", "Layers": [{"Arn": f"{ARN}:9"}]},
            {"FunctionName": "shop", "Version": "1", "Layers": [{"Arn": f"{ARN}:3"}, {"Arn": f"{ARN}:4"}]},
            {"FunctionName": "till", "Version": "$LATEST"},
        ]
    }
    assert layers.used() == {f"{ARN}:9", f"{ARN}:3", f"{ARN}:4"}


def test_a_policy_is_who_else_may_use_it_and_its_absence_is_nobody(api: StubApi, layers: AwsLayers) -> None:
    api.answers["GetLayerVersionPolicy"] = {"Policy": '{"Statement":[]}', "RevisionId": "1"}
    assert layers.shared_with(a_version(3)) == '{"Statement":[]}'
    api.answers["GetLayerVersionPolicy"] = Refusal(status=404, code="ResourceNotFoundException")
    assert layers.shared_with(a_version(3)) is None
    api.answers["GetLayerVersionPolicy"] = Refusal(status=403, code="AccessDeniedException")
    with pytest.raises(AccessDenied, match="GetLayerVersionPolicy"):
        layers.shared_with(a_version(3))


def test_a_delete_names_the_layer_and_the_version(api: StubApi, layers: AwsLayers) -> None:
    api.answers["DeleteLayerVersion"] = {}
    layers.delete(a_version(3))
    assert api.asked == [("DeleteLayerVersion", "/2018-10-31/layers/deps/versions/3")]
