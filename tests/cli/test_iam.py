"""`caretaker iam`: exactly what the targets need, in policies that IAM takes, in a block that nothing else touches."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import main
from cli.iam_policy import LONGEST, MOST_CHARACTERS, MOST_POLICIES
from fleet.policy import decide, statements_of

HEAD = """\
version: 1
service: {service}
owner: team
timezone: UTC
profiles:
  day: {{baseline: 2}}
targets:
"""
TEMPLATE = """\
# 99 € of comment, and a \ttab
Resources:
  Before: {Type: AWS::SNS::Topic}
  # begin caretaker iam: made, not written
  # end caretaker iam
  After: {Type: AWS::SNS::Topic}   # trailing blanks   \n\n\n"""
HERE = ("--region", "eu-west-1", "--account", "123456789012")
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:"
PING, GET = "lambda:InvokeFunction", "lambda:GetFunction"
PROVISIONED, ALIAS = "lambda:GetProvisionedConcurrencyConfig", "lambda:GetAlias"
CONCURRENCY = "lambda:GetFunctionConcurrency"


def service(folder: Path, *targets: str, name: str = "shop") -> Path:
    """A schedule file of these targets, such as "function: shop, alias: live"."""
    lines = "".join(f"  - {{{target}, profile: day}}\n" for target in targets)
    (folder / f"{name}.yaml").write_text(HEAD.format(service=name) + lines, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "schedules"
    made.mkdir()
    return made


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_bytes(TEMPLATE.encode())
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["iam", *(str(one) for one in arguments)])


def written(folder: Path, template: Path) -> str:
    ended = run(folder, "--write", template)
    assert ended.exit_code == 0, ended.output
    return template.read_bytes().decode()


def may(document: dict[str, object], action: str, resource: str) -> bool:
    return decide(statements_of(document), action, resource).allowed


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


def many(folder: Path, count: int) -> None:
    service(folder, *(f"function: shop-checkout-{n:03d}, alias: live" for n in range(count)))


def test_three_hundred_targets_fit_and_every_policy_is_small_enough_anywhere(folder: Path, template: Path) -> None:
    many(folder, 300)
    place = ("--partition", LONGEST.partition, "--region", LONGEST.region, "--account", LONGEST.account)
    policies = json.loads(run(folder, *place, "--format", "json").stdout)["policies"]
    assert 1 < len(policies) <= MOST_POLICIES
    assert max(policy["characters"] for policy in policies) <= MOST_CHARACTERS
    granted = [each for policy in policies for each in policy["document"]["Statement"][0]["Resource"]]
    assert len(set(granted)) == 300
    assert written(folder, template).count("Type: AWS::IAM::ManagedPolicy") == len(policies)


def test_the_longest_names_and_many_versions_of_one_function_stay_under_the_limit(folder: Path) -> None:
    service(folder, *(f'function: {"x" * 64}, version: "{version}"' for version in range(100_000, 100_150)))
    service(folder, *(f"function: {'y' * 64}, alias: {'z' * 100}-{n}" for n in range(50)), name="tax")
    policies = json.loads(run(folder, "--exact", "--format", "json").stdout)["policies"]
    assert max(policy["characters"] for policy in policies) <= MOST_CHARACTERS


def test_too_many_targets_are_an_error_that_names_two_ways_out(folder: Path, template: Path) -> None:
    many(folder, 600)
    ended = run(folder, "--write", template)
    assert ended.exit_code == 2
    assert "a role takes 10" in ended.stderr
    assert '"# by pattern: shop-*, pay-*"' in ended.stderr
    assert "two stacks" in ended.stderr
    assert template.read_bytes().decode() == TEMPLATE


def test_a_line_in_the_block_grants_names_by_pattern_and_stays(folder: Path, template: Path) -> None:
    many(folder, 600)
    service(folder, "function: pay, alias: live", name="pay")
    begin = "caretaker iam: made, not written\n"
    template.write_bytes(TEMPLATE.replace(begin, f"{begin}  # by pattern: shop-checkout-*\n").encode())
    text = written(folder, template)
    assert "  # by pattern: shop-checkout-*\n" in text
    assert text.count("AWS::IAM::ManagedPolicy") == 1
    assert "function:shop-checkout-*:*  # shop: live\n" in text
    assert "function:pay:*  # pay: live\n" in text
    assert run(folder, "--check", template).exit_code == 0


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


def test_a_line_in_the_block_makes_aliases_exact_and_stays(folder: Path, template: Path) -> None:
    service(folder, "function: shop, alias: live")
    begin = "caretaker iam: made, not written\n"
    template.write_bytes(TEMPLATE.replace(begin, f"{begin}  # aliases without weights\n").encode())
    text = written(folder, template)
    assert "  # aliases without weights\n\n  WarmerTargets1:\n" in text
    assert "function:shop:live  # shop: live\n" in text
    assert ":*" not in text
    assert run(folder, "--check", template).exit_code == 0


@pytest.mark.parametrize("pattern", ["*", "shop *", "arn:aws:lambda:*", "sh[o]p"])
def test_a_pattern_that_names_nothing_or_too_much_is_refused(folder: Path, template: Path, pattern: str) -> None:
    begin = "caretaker iam: made, not written\n"
    template.write_bytes(TEMPLATE.replace(begin, f"{begin}  # by pattern: {pattern}\n").encode())
    ended = run(service(folder, "function: shop, alias: live"), "--write", template)
    assert ended.exit_code == 2
    assert "a pattern is a function's name with * or ? in it" in ended.stderr


def test_the_rest_of_the_template_stays_byte_for_byte(folder: Path, template: Path) -> None:
    text = written(service(folder, "function: shop, alias: live"), template)
    before, _, rest = text.partition("caretaker iam: made, not written\n")
    inside, _, after = rest.partition("  # end caretaker iam\n")
    assert f"{before}caretaker iam: made, not written\n  # end caretaker iam\n{after}" == TEMPLATE
    assert inside == GOLDEN


GOLDEN = """\
  WarmerTargets1:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: What Caretaker's warmer may invoke and read. Made from its schedules.
      Roles: [!Ref WarmerRole]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: PingTargets
            Effect: Allow
            Action: [lambda:InvokeFunction, lambda:GetFunction, lambda:GetProvisionedConcurrencyConfig]
            Resource:
              - !Sub arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:shop:*  # shop: live
          - Sid: ReadAliasesAndLimits
            Effect: Allow
            Action: [lambda:GetFunction, lambda:GetFunctionConcurrency, lambda:GetAlias]
            Resource:
              - !Sub arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:shop
"""


def test_a_template_with_windows_line_ends_keeps_them(folder: Path, template: Path) -> None:
    template.write_bytes(TEMPLATE.replace("\n", "\r\n").encode())
    text = written(service(folder, "function: shop, alias: live"), template)
    assert text.count("\n") == text.count("\r\n") > 20


def test_writing_twice_gives_the_same_bytes_and_the_second_time_touches_no_file(folder: Path, template: Path) -> None:
    many(folder, 60)
    first = written(folder, template)
    marked = template.stat().st_mtime_ns
    ended = run(folder, "--write", template)
    assert "up to date" in ended.stderr
    assert (template.read_bytes().decode(), template.stat().st_mtime_ns) == (first, marked)


def test_the_order_of_files_and_targets_changes_nothing(folder: Path, template: Path) -> None:
    service(folder, "function: shop, alias: live", "function: pay, alias: live")
    first = written(folder, template)
    service(folder, "function: pay, alias: live", "function: shop, alias: live")
    assert written(folder, template) == first


def test_without_targets_the_block_is_empty_again(folder: Path, template: Path) -> None:
    written(service(folder, "function: shop, alias: live"), template)
    (folder / "shop.yaml").unlink()
    (folder / "platform.yaml").write_text("interval: 5m\n", encoding="utf-8")
    assert written(folder, template) == TEMPLATE
    assert run(folder).stderr == "no targets: the warmer needs no function\n"


def test_a_check_says_what_is_lacking_what_is_too_much_and_what_to_run(folder: Path, template: Path) -> None:
    written(service(folder, "function: shop, alias: live"), template)
    assert run(folder, "--check", template).exit_code == 0
    service(folder, "function: pay, alias: live")
    before = template.read_bytes()
    ended = run(folder, "--check", template)
    assert ended.exit_code == 1
    own = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
    assert f"  + {own}pay:*  # shop: live\n" in ended.stdout
    assert f"  - {own}shop:*  # shop: live\n" in ended.stdout
    assert f"run: caretaker iam {folder} --write {template}" in ended.stderr
    assert template.read_bytes() == before


def test_machines_read_whether_the_block_is_current_and_what_differs(folder: Path, template: Path) -> None:
    written(service(folder, "function: shop, alias: live"), template)
    assert json.loads(run(folder, "--check", template, "--format", "json").stdout)["current"] is True
    service(folder, "function: pay, alias: live")
    ended = run(folder, "--check", template, "--format", "json")
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["template"], told["current"]) == (1, str(template), False)
    assert [arn.split(":function:")[1] for arn in told["missing"]] == ["pay", "pay:*  # shop: live"]
    assert [arn.split(":function:")[1] for arn in told["superfluous"]] == ["shop", "shop:*  # shop: live"]


def test_a_block_edited_by_hand_fails_the_check(folder: Path, template: Path) -> None:
    text = written(service(folder, "function: shop, alias: live"), template)
    template.write_bytes(text.replace("Effect: Allow", "Effect:  Allow").encode())
    ended = run(folder, "--check", template)
    assert (ended.exit_code, ended.stdout) == (1, "  the same ARNs in another form\n")


def test_two_aliases_of_one_function_are_one_grant_with_both_who_ask(folder: Path, template: Path) -> None:
    service(folder, "function: shop, alias: live", "function: shop, alias: beta", 'function: shop, alias: "$LATEST"')
    text = written(folder, template)
    assert text.count("function:shop:*  # shop: $LATEST, beta, live\n") == 1


def test_each_line_says_which_services_ask_for_it(folder: Path, template: Path) -> None:
    service(folder, 'function: pay, version: "7"', 'function: pay, version: "8"')
    service(folder, 'function: pay, alias: "$LATEST"', "function: shop, alias: beta", name="tax")
    service(folder, "function: shop, alias: live", name="zoo")
    text = written(folder, template)
    for line in (
        "pay:7  # shop: 7",
        "pay:8  # shop: 8",
        "pay:$LATEST  # tax: $LATEST",
        "shop:*  # tax: beta; zoo: live",
    ):
        assert text.count(f"function:{line}\n") == 1


@pytest.mark.parametrize("name", ["yes", "123", "a_b-c", "-x", "x" * 64])
def test_any_name_that_lambda_takes_is_one_yaml_scalar(folder: Path, template: Path, name: str) -> None:
    text = written(service(folder, f'function: "{name}", alias: live'), template)
    assert f"function:{name}:*  # shop: live\n" in text


@pytest.mark.parametrize(
    "text",
    [
        "Resources: {}\n",
        "  # begin caretaker iam\n",
        "  # end caretaker iam\n  # begin caretaker iam\n",
        "  # begin caretaker iam\n  # end caretaker iam\n" * 2,
    ],
)
def test_a_template_without_exactly_one_place_for_the_block_is_refused(folder: Path, template: Path, text: str) -> None:
    template.write_text(text, encoding="utf-8")
    ended = run(service(folder, "function: shop, alias: live"), "--write", template)
    assert ended.exit_code == 2
    assert "there must be one of each, in this order" in ended.stderr
    assert template.read_text(encoding="utf-8") == text


def test_a_template_that_is_not_there_or_no_text_is_named(folder: Path, tmp_path: Path) -> None:
    service(folder, "function: shop, alias: live")
    missing = run(folder, "--check", tmp_path / "no.yaml")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
    binary = run(folder, "--check", tmp_path / "picture.png")
    assert (missing.exit_code, binary.exit_code) == (2, 2)
    assert "no.yaml: No such file or directory; name the template" in missing.stderr
    assert "picture.png: not a text in UTF-8" in binary.stderr


def test_schedules_with_a_mistake_change_nothing(folder: Path, template: Path) -> None:
    service(folder, "function: shop, alias: live", "function: shop")
    ended = run(folder, "--write", template)
    assert ended.exit_code == 1
    assert "shop.yaml:9:" in ended.stderr
    assert template.read_bytes().decode() == TEMPLATE


@pytest.mark.parametrize(
    "options",
    [("--write", "t.yaml", "--check", "t.yaml"), ("--check", "t.yaml", *HERE), ("--write", "t.yaml", "--exact")],
)
def test_options_that_do_not_go_together_are_refused(folder: Path, options: tuple[str, ...]) -> None:
    ended = run(service(folder, "function: shop, alias: live"), *options)
    assert ended.exit_code == 2
    assert "usage" not in ended.stdout.lower()
