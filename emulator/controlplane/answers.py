"""The answers of Lambda's control plane that ministack gives otherwise, or not at all.

Each takes the request and what the control plane records, and answers as AWS does, refuses, or returns None: then
ministack's own answer is right. Pure. What only ministack can do (to delete, to publish) stays with it; the answer
here is whether it may. Not emulated: resource policies of the same statement id on two qualifiers, code signing, and
the lifecycle of capacity providers and durable executions.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.controlplane.ask import Ask, Refused, invalid, missing
from emulator.controlplane.pages import MAPPINGS_PAGE, Page
from emulator.controlplane.records import LATEST, Configuration, FunctionRecord
from emulator.dataplane.exchange import Answer, json_answer

# Source: Lambda developer guide, "Configuring reserved concurrency": 100 units stay for functions without their own.
UNRESERVED_MINIMUM = 100
# Source: Lambda API reference, ListFunctions: these are left out of listings, "to get additional fields (...) use
# GetFunction".
_NOT_LISTED = frozenset(
    {
        "State",
        "StateReason",
        "StateReasonCode",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "RuntimeVersionConfig",
    }
)


def delete_function(ask: Ask, record: FunctionRecord) -> Answer | None:
    """DeleteFunction: with a qualifier one published version that no alias needs, without one the whole function."""
    version = ask.qualifier
    if version is None:
        return None
    if version == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    if not (version.isascii() and version.isdigit()):
        raise invalid("Deletion of aliases is not currently supported.")
    if needing := sorted(alias.name for alias in record.aliases.values() if alias.sends_to(version)):
        raise Refused(
            409,
            "ResourceConflictException",
            f"Unable to delete version because the following aliases reference it: [{', '.join(needing)}]",
        )
    return None if version in record.versions else Answer(status=204)


def put_alias(ask: Ask, record: FunctionRecord) -> Answer | None:
    """CreateAlias and UpdateAlias: every version that the alias would send traffic to must exist."""
    if str(ask.body.get("Name", "")).isdigit():
        raise Refused(400, "ValidationException", f"1 validation error detected: Value '{ask.body['Name']}' at 'name'")
    version = ask.body.get("FunctionVersion")
    weights = (ask.body.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    for number in (*([version] if version else []), *weights):
        if record.configuration(number) is None:
            raise missing(f"{record.arn}:{number}")
    present = record.aliases.get(ask.sub.removeprefix("/aliases/"))
    primary = version or (present.version if present else None)
    if weights and LATEST in (primary, *weights):
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    if primary in weights:
        raise invalid(
            f"Invalid function version {primary}. "
            f"Function version {primary} is already included in routing configuration."
        )
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    return None


def list_aliases(ask: Ask, record: FunctionRecord) -> Answer | None:
    """ListAliases: 50 a page; a FunctionVersion shows the aliases that send it any traffic. GetAlias is ministack's."""
    if ask.sub.strip("/") != "aliases":
        return None
    wanted = ask.query.get("FunctionVersion")
    matching = [alias for alias in record.aliases.values() if wanted is None or alias.sends_to(wanted)]
    shown, marker = Page.asked_for(ask.query).cut(matching, lambda alias: (alias.name, 0))
    return _listing("Aliases", [alias.shown for alias in shown], marker)


def list_versions(ask: Ask, record: FunctionRecord) -> Answer | None:
    """ListVersionsByFunction: `$LATEST` first, then the versions in their order, 50 a page."""
    shown, marker = Page.asked_for(ask.query).cut(record.numbered, lambda item: ("", item[0]))
    return _listing("Versions", [_listed(record, configuration) for _, configuration in shown], marker)


def list_functions(ask: Ask, records: Sequence[FunctionRecord]) -> Answer:
    """ListFunctions: 50 a page; with FunctionVersion=ALL every version of every function, `$LATEST` included."""
    every = ask.query.get("FunctionVersion")
    if every not in (None, "ALL"):
        raise Refused(400, "ValidationException", f"1 validation error detected: Value '{every}' at 'functionVersion'")
    items = [
        (record, number, configuration)
        for record in records
        for number, configuration in (record.numbered if every else [(0, record.latest)])
    ]
    shown, marker = Page.asked_for(ask.query).cut(items, lambda item: (item[0].name, item[1]))
    listed = [_listed(record, configuration, qualified=bool(every)) for record, _, configuration in shown]
    return _listing("Functions", listed, marker)


def publish_version(ask: Ask, record: FunctionRecord) -> Answer | None:
    """PublishVersion: its two conditions. That unchanged code gives the present version is ministack's own answer.

    Source: the message and status of a hash that does not match, measured on AWS, github.com/floci-io/floci issue 2822.
    """
    wanted, present = ask.body.get("CodeSha256"), record.latest["CodeSha256"]
    if wanted and wanted != present:
        raise invalid(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({present}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    revision = ask.body.get("RevisionId")
    if revision and revision != record.latest.get("RevisionId"):
        raise Refused(
            412,
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        )
    return None


def get_policy(ask: Ask, record: FunctionRecord) -> Answer | None:
    """GetPolicy: the statements of the function, version or alias that is asked for, and of no other."""
    if ask.qualifier and not record.has_qualifier(ask.qualifier):
        raise missing(f"{record.arn}:{ask.qualifier}")
    arn = f"{record.arn}:{ask.qualifier}" if ask.qualifier else record.arn
    statements = [each for each in record.policy.get("Statement", []) if each.get("Resource") == arn]
    if not statements:
        raise Refused(404, "ResourceNotFoundException", "The resource you requested does not exist.")
    policy = json.dumps({**record.policy, "Statement": statements})
    return json_answer(200, {"Policy": policy, "RevisionId": record.latest["RevisionId"]})


def list_provisioned(ask: Ask, record: FunctionRecord) -> Answer | None:
    """ListProvisionedConcurrencyConfigs: 50 a page. Other reads of provisioned concurrency are ministack's."""
    if ask.query.get("List") != "ALL":
        return None
    present = [item for item in record.provisioned.items() if record.has_qualifier(item[0])]
    shown, marker = Page.asked_for(ask.query).cut(present, lambda item: (item[0], 0))
    items = [{"FunctionArn": f"{record.arn}:{qualifier}", **config} for qualifier, config in shown]
    return _listing("ProvisionedConcurrencyConfigs", items, marker)


def put_concurrency(ask: Ask, records: Sequence[FunctionRecord], limit: int) -> Answer | None:
    """PutFunctionConcurrency: refused when too little would stay for functions without a reservation."""
    value = ask.body.get("ReservedConcurrentExecutions")
    if not isinstance(value, int) or value < 0:
        raise Refused(
            400,
            "ValidationException",
            f"1 validation error detected: Value '{value}' at 'reservedConcurrentExecutions'",
        )
    others = sum(record.reserved or 0 for record in records if record.name != ask.name)
    if limit - others - value < UNRESERVED_MINIMUM:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{UNRESERVED_MINIMUM}]."
        )
    return None


def account_settings(records: Sequence[FunctionRecord], limit: int) -> Answer:
    """GetAccountSettings: the code of every version counts, and reservations lower the unreserved rest."""
    sizes = [configuration.get("CodeSize", 0) for record in records for _, configuration in record.numbered]
    reserved = sum(record.reserved or 0 for record in records)
    return json_answer(
        200,
        {
            # Source: Lambda developer guide, "Lambda quotas": 75 GB of code, 250 MB unzipped, 50 MB zipped.
            "AccountLimit": {
                "TotalCodeSize": 75 * 1024**3,
                "CodeSizeUnzipped": 250 * 1024**2,
                "CodeSizeZipped": 50 * 1024**2,
                "ConcurrentExecutions": limit,
                "UnreservedConcurrentExecutions": limit - reserved,
            },
            "AccountUsage": {"TotalCodeSize": sum(sizes), "FunctionCount": len(records)},
        },
    )


def without_tags(answer: Mapping[str, Any], denial: str) -> dict[str, Any]:
    """GetFunction's answer to a caller without lambda:ListTags.

    Source: Lambda API reference, GetFunction, TagsError.
    """
    kept = {name: value for name, value in answer.items() if name != "Tags"}
    return {**kept, "TagsError": {"ErrorCode": "AccessDeniedException", "Message": denial}}


def shown_function(ask: Ask, record: FunctionRecord, answer: Mapping[str, Any], code_url: str) -> Answer:
    """GetFunction: ministack's answer, with the code of the version asked for and the ARN as it was asked for."""
    configuration = dict(answer["Configuration"])
    if ask.qualifier:
        configuration["FunctionArn"] = f"{record.arn}:{ask.qualifier}"
    code = dict(answer["Code"])
    if "Location" in code:
        code["Location"] = f"{code_url}?name={record.name}&version={configuration['Version']}"
    return json_answer(200, {**answer, "Configuration": configuration, "Code": code})


def mappings_query(query: Mapping[str, str]) -> dict[str, str]:
    """The query of ListEventSourceMappings with at most 100 items a page: the rest of the answer is ministack's."""
    size = query.get("MaxItems", "")
    return {**query, **({"MaxItems": str(MAPPINGS_PAGE)} if size.isdigit() and int(size) > MAPPINGS_PAGE else {})}


OfFunction = Callable[[Ask, FunctionRecord], Answer | None]

# By method and the path's first part after the function's name.
OF_FUNCTION: Mapping[tuple[str, str], OfFunction] = {
    ("DELETE", ""): delete_function,
    ("POST", "aliases"): put_alias,
    ("PUT", "aliases"): put_alias,
    ("GET", "aliases"): list_aliases,
    ("GET", "versions"): list_versions,
    ("POST", "versions"): publish_version,
    ("GET", "policy"): get_policy,
    ("GET", "provisioned-concurrency"): list_provisioned,
}


def _listed(record: FunctionRecord, configuration: Configuration, *, qualified: bool = True) -> dict[str, Any]:
    arn = f"{record.arn}:{configuration['Version']}" if qualified else record.arn
    kept = {key: value for key, value in configuration.items() if key not in _NOT_LISTED}
    return {**kept, "FunctionArn": arn}


def _listing(member: str, items: list[Any], marker: str | None) -> Answer:
    return json_answer(200, {member: items, **({"NextMarker": marker} if marker else {})})
