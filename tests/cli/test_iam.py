"""`caretaker iam`: exactly what the targets need, in policies that IAM takes."""

import json
from pathlib import Path

import pytest

from cli.iam_policy import MOST_CHARACTERS
from tests.cli.granting import (
    ALIAS,
    CONCURRENCY,
    GET,
    HERE,
    LAMBDA,
    PING,
    PROVISIONED,
    many,
    may,
    run,
    service,
)


@pytest.mark.parametrize(
    ("target", "granted"),
    [
        (
            "function: shop, alias: live",
            {
                (PING, "shop:live"),
                (PING, "shop:7"),
                (PING, "shop:12345"),
                (GET, "shop"),
                (GET, "shop:live"),
                (GET, "shop:7"),
                (GET, "shop:12345"),
                (CONCURRENCY, "shop"),
                (ALIAS, "shop"),
                (PROVISIONED, "shop:live"),
                (PROVISIONED, "shop:7"),
                (PROVISIONED, "shop:12345"),
            },
        ),
        (
            'function: shop, version: "7"',
            {(PING, "shop:7"), (GET, "shop"), (GET, "shop:7"), (CONCURRENCY, "shop"), (PROVISIONED, "shop:7")},
        ),
        (
            'function: shop, alias: "$LATEST"',
            {(PING, "shop:$LATEST"), (GET, "shop"), (GET, "shop:$LATEST"), (CONCURRENCY, "shop")},
        ),
    ],
)
def test_a_target_gives_what_its_ticks_ask_for_and_nothing_of_its_neighbours(
    folder: Path, target: str, granted: set[tuple[str, str]]
) -> None:
    document = json.loads(run(service(folder, target), *HERE).stdout)
    functions = [
        "shop",
        "shop:live",
        "shop:7",
        "shop:12345",
        "shop:$LATEST",
        "shop2",
        "shop2:live",
        "sho:live",
        "shop-x",
    ]
    actions = [PING, GET, PROVISIONED, ALIAS, CONCURRENCY, "lambda:DeleteFunction", "lambda:UpdateFunctionCode"]
    found = {(action, one) for action in actions for one in functions if may(document, action, f"{LAMBDA}{one}")}
    # The pattern for versions covers $LATEST: see `Needs.published`.
    beyond = {(action, "shop:$LATEST") for action in (PING, GET, PROVISIONED)} if "live" in target else set()
    assert found == granted | beyond


@pytest.mark.parametrize("off", ["enabled: false", "strategy: provisioned"])
def test_a_target_that_is_switched_off_is_granted_for_the_day_it_is_switched_on(folder: Path, off: str) -> None:
    document = json.loads(run(service(folder, f"function: shop, alias: live, {off}"), *HERE).stdout)
    assert may(document, PING, f"{LAMBDA}shop:live")


def test_a_service_on_a_dry_run_is_granted_as_well(folder: Path) -> None:
    file = service(folder, "function: shop, alias: live") / "shop.yaml"
    file.write_text(file.read_text().replace("owner: team\n", "owner: team\ndryRun: true\n"), encoding="utf-8")
    assert may(json.loads(run(folder, *HERE).stdout), PING, f"{LAMBDA}shop:live")


def test_functions_elsewhere_are_granted_where_they_are(folder: Path) -> None:
    far, other = "arn:aws:lambda:us-east-1:999999999999:function:far", "222222222222:function:other"
    service(folder, f'function: "{far}", alias: live', f'function: "{other}", version: "3"')
    document = json.loads(run(folder, *HERE).stdout)
    assert may(document, PING, f"{far}:live")
    assert may(document, PING, "arn:aws:lambda:eu-west-1:222222222222:function:other:3")
    assert not may(document, PING, f"{LAMBDA}far:live")


def test_the_document_is_what_iam_takes_golden(folder: Path) -> None:
    service(folder, "function: shop, alias: live", 'function: pay, alias: "$LATEST"', 'function: tax, version: "3"')
    ended = run(folder, *HERE)
    ping, latest, aliases, limits = json.loads(ended.stdout)["Statement"]
    assert (ping["Sid"], ping["Resource"]) == ("PingTargets", [f"{LAMBDA}shop:*", f"{LAMBDA}tax:3"])
    assert (latest["Sid"], latest["Resource"]) == ("PingLatest", [f"{LAMBDA}pay:$LATEST"])
    assert (aliases["Sid"], aliases["Resource"]) == ("ReadAliasesAndLimits", [f"{LAMBDA}shop"])
    assert (limits["Sid"], limits["Resource"]) == ("ReadLimits", [f"{LAMBDA}pay", f"{LAMBDA}tax"])
    assert ended.stderr.startswith("3 functions in 1 policy, of ")


def test_without_a_region_cloudformation_s_names_stand_for_it(folder: Path) -> None:
    ended = run(service(folder, "function: shop, alias: live"))
    assert '"arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:shop:*"' in ended.stdout
    assert "give --region and --account" in ended.stderr


@pytest.mark.parametrize(
    ("region", "start"),
    [("cn-north-1", "arn:aws-cn:"), ("us-gov-west-1", "arn:aws-us-gov:"), ("eu-west-1", "arn:aws:")],
)
def test_a_region_says_which_partition_it_is_of(folder: Path, region: str, start: str) -> None:
    ended = run(service(folder, "function: shop, alias: live"), "--region", region, "--account", "123456789012")
    assert f'"{start}lambda:{region}:123456789012:function:shop:*"' in ended.stdout


@pytest.mark.parametrize("option", [("--region", "Ireland"), ("--account", "shop"), ("--partition", "azure")])
def test_a_place_that_makes_no_arn_is_refused(folder: Path, option: tuple[str, str]) -> None:
    ended = run(service(folder, "function: shop, alias: live"), *option)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "which is no ARN of a function; give them like aws, eu-west-1 and 123456789012" in ended.stderr


def test_the_json_form_lists_every_policy_with_its_size(folder: Path) -> None:
    many(folder, 100)
    answer = json.loads(run(folder, *HERE, "--format", "json").stdout)
    assert answer["functions"] == 100
    assert len(answer["policies"]) > 1
    for policy in answer["policies"]:
        assert policy["characters"] == len(json.dumps(policy["document"], separators=(",", ":")))


def test_the_longest_names_and_many_versions_of_one_function_stay_under_the_limit(folder: Path) -> None:
    service(folder, *(f'function: {"x" * 64}, version: "{version}"' for version in range(100_000, 100_150)))
    service(folder, *(f"function: {'y' * 64}, alias: {'z' * 100}-{n}" for n in range(50)), name="tax")
    policies = json.loads(run(folder, "--exact", "--format", "json").stdout)["policies"]
    assert max(policy["characters"] for policy in policies) <= MOST_CHARACTERS


def test_aliases_without_weights_are_granted_by_their_exact_names(folder: Path) -> None:
    service(folder, "function: shop, alias: live", "function: shop, alias: beta", 'function: shop, alias: "$LATEST"')
    ended = run(folder, *HERE, "--exact")
    document = json.loads(ended.stdout)
    assert "*" not in ended.stdout
    invoked = {
        one for one in ("", ":live", ":beta", ":blue", ":7", ":$LATEST") if may(document, PING, f"{LAMBDA}shop{one}")
    }
    assert invoked == {":live", ":beta", ":$LATEST"}
    assert may(document, ALIAS, f"{LAMBDA}shop")
    assert may(document, PROVISIONED, f"{LAMBDA}shop:live")


@pytest.mark.parametrize(
    "options",
    [("--write", "t.yaml", "--check", "t.yaml"), ("--check", "t.yaml", *HERE), ("--write", "t.yaml", "--exact")],
)
def test_options_that_do_not_go_together_are_refused(folder: Path, options: tuple[str, ...]) -> None:
    ended = run(service(folder, "function: shop, alias: live"), *options)
    assert ended.exit_code == 2
    assert "usage" not in ended.stdout.lower()
