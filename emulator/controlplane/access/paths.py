"""Lambda, S3 and CloudFront: which action on which resource a method and a path mean. Pure.

Source: Service Authorization Reference, "Actions, resources, and condition keys" for AWS Lambda, Amazon S3 and Amazon
CloudFront. Lambda developer guide, "Fine-tuning the Resources and Conditions sections of policies": an operation that
names a version or an alias needs permission on the qualified ARN.
"""

from collections.abc import Callable

from emulator.controlplane.access.asked import Wish, arn, segments_of
from emulator.controlplane.ask import Ask
from emulator.controlplane.ministack import Account
from emulator.dataplane.exchange import Request

Shape = Callable[[Account, Ask], str]


def _function(account: Account, ask: Ask) -> str:
    return arn(account, "lambda", f"function:{ask.name or ask.body.get('FunctionName', '*')}")


def _qualified(account: Account, ask: Ask) -> str:
    return _function(account, ask) + (f":{ask.qualifier}" if ask.qualifier else "")


def _layer(account: Account, ask: Ask) -> str:
    return arn(account, "lambda", f"layer:{ask.name}")


def _layer_version(account: Account, ask: Ask) -> str:
    return f"{_layer(account, ask)}:{ask.sub.split('/')[2]}"


def _mapping(account: Account, ask: Ask) -> str:
    return arn(account, "lambda", f"event-source-mapping:{ask.name or '*'}")


def _named(_account: Account, ask: Ask) -> str:
    return ask.name or "*"


def _everything(_account: Account, _ask: Ask) -> str:
    return "*"


# By method and path after the date; a star stands for a name.
_LAMBDA: dict[tuple[str, str], tuple[str, Shape]] = {
    ("GET", "account-settings"): ("GetAccountSettings", _everything),
    ("GET", "functions"): ("ListFunctions", _everything),
    ("POST", "functions"): ("CreateFunction", _function),
    ("GET", "functions/*"): ("GetFunction", _qualified),
    ("DELETE", "functions/*"): ("DeleteFunction", _qualified),
    ("POST", "functions/*/invocations"): ("InvokeFunction", _qualified),
    ("PUT", "functions/*/code"): ("UpdateFunctionCode", _function),
    ("GET", "functions/*/configuration"): ("GetFunctionConfiguration", _qualified),
    ("PUT", "functions/*/configuration"): ("UpdateFunctionConfiguration", _function),
    ("GET", "functions/*/concurrency"): ("GetFunctionConcurrency", _function),
    ("PUT", "functions/*/concurrency"): ("PutFunctionConcurrency", _function),
    ("DELETE", "functions/*/concurrency"): ("DeleteFunctionConcurrency", _function),
    ("GET", "functions/*/provisioned-concurrency"): ("GetProvisionedConcurrencyConfig", _qualified),
    ("PUT", "functions/*/provisioned-concurrency"): ("PutProvisionedConcurrencyConfig", _qualified),
    ("DELETE", "functions/*/provisioned-concurrency"): ("DeleteProvisionedConcurrencyConfig", _qualified),
    ("GET", "functions/*/aliases"): ("ListAliases", _function),
    ("POST", "functions/*/aliases"): ("CreateAlias", _function),
    ("GET", "functions/*/aliases/*"): ("GetAlias", _function),
    ("PUT", "functions/*/aliases/*"): ("UpdateAlias", _function),
    ("DELETE", "functions/*/aliases/*"): ("DeleteAlias", _function),
    ("GET", "functions/*/versions"): ("ListVersionsByFunction", _function),
    ("POST", "functions/*/versions"): ("PublishVersion", _function),
    ("GET", "functions/*/policy"): ("GetPolicy", _qualified),
    ("POST", "functions/*/policy"): ("AddPermission", _qualified),
    ("DELETE", "functions/*/policy/*"): ("RemovePermission", _qualified),
    ("GET", "functions/*/event-invoke-config"): ("GetFunctionEventInvokeConfig", _qualified),
    ("PUT", "functions/*/event-invoke-config"): ("PutFunctionEventInvokeConfig", _qualified),
    ("GET", "functions/*/event-invoke-config/list"): ("ListFunctionEventInvokeConfigs", _function),
    ("GET", "functions/*/durable-executions"): ("ListDurableExecutionsByFunction", _qualified),
    ("GET", "tags/*"): ("ListTags", _named),
    ("POST", "tags/*"): ("TagResource", _named),
    ("DELETE", "tags/*"): ("UntagResource", _named),
    ("GET", "event-source-mappings"): ("ListEventSourceMappings", _everything),
    ("GET", "event-source-mappings/*"): ("GetEventSourceMapping", _mapping),
    ("GET", "layers"): ("ListLayers", _everything),
    ("GET", "layers/*/versions"): ("ListLayerVersions", _everything),
    ("POST", "layers/*/versions"): ("PublishLayerVersion", _layer),
    ("GET", "layers/*/versions/*"): ("GetLayerVersion", _layer_version),
    ("DELETE", "layers/*/versions/*"): ("DeleteLayerVersion", _layer_version),
    ("GET", "layers/*/versions/*/policy"): ("GetLayerVersionPolicy", _layer_version),
}
# The last part of these paths is a word of the API and not a name.
_WORDS = frozenset({"list", "policy"})
_S3_OBJECT = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_S3_BUCKET = {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
# What a query names is another operation than the path's; S3 has dozens of them.
_S3_PLAIN = frozenset(
    {"list-type", "prefix", "delimiter", "encoding-type", "max-keys", "marker", "continuation-token", "start-after"}
    | {"fetch-owner", "x-id", "versionId", "partNumber"}
)


def of_lambda(account: Account, request: Request) -> Wish | None:
    """What an operation of Lambda needs; None for one that is not known here."""
    ask = Ask.read(request)
    if ask is None:
        return None
    parts = [ask.resource, *(["*"] if ask.name else []), *ask.sub.strip("/").split("/")]
    path = "/".join(part if _is_word(number, part) else "*" for number, part in enumerate(filter(None, parts)))
    if ask.query.get("List") == "ALL" and path.endswith("/provisioned-concurrency"):
        return Wish(action="lambda:ListProvisionedConcurrencyConfigs", resource=_function(account, ask))
    found = _LAMBDA.get((request.method, path))
    return None if found is None else Wish(action=f"lambda:{found[0]}", resource=found[1](account, ask))


def of_s3(request: Request) -> Wish | None:
    """What an operation on a bucket or an object needs, the bucket in the path; None for all others."""
    bucket, _, key = "/".join(segments_of(request)).partition("/")
    query = {name: value for name, value in request.query.items() if not name.startswith("X-Amz-")}
    if not bucket or set(query) - _S3_PLAIN:
        return None
    if key:
        version = "Version" if "versionId" in query and request.method != "PUT" else ""
        action = _S3_OBJECT.get(request.method, "").replace("Object", f"Object{version}")
        return Wish(action=f"s3:{action}", resource=f"arn:aws:s3:::{bucket}/{key}") if action else None
    action = _S3_BUCKET.get(request.method, "")
    context = {"s3:prefix": (query["prefix"],)} if "prefix" in query else {}
    return Wish(action=f"s3:{action}", resource=f"arn:aws:s3:::{bucket}", context=context) if action else None


def of_cloudfront(request: Request) -> Wish | None:
    """What listing CloudFront's distributions needs; None for all others."""
    if request.method == "GET" and segments_of(request)[1:] == ["distribution"]:
        return Wish(action="cloudfront:ListDistributions", resource="*")
    return None


def _is_word(number: int, part: str) -> bool:
    """Resource, name, what of it, which of those, what of that: the second and the fourth are names."""
    return number in {0, 2, 4} or part in _WORDS
