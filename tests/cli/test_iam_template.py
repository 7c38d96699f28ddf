"""`caretaker iam` with a template: the block in it is made and checked, and nothing else is touched."""

import json
from pathlib import Path

import pytest

from cli.iam_policy import LONGEST, MOST_CHARACTERS, MOST_POLICIES
from tests.cli.granting import TEMPLATE, many, run, service, written


def test_three_hundred_targets_fit_and_every_policy_is_small_enough_anywhere(folder: Path, template: Path) -> None:
    many(folder, 300)
    place = ("--partition", LONGEST.partition, "--region", LONGEST.region, "--account", LONGEST.account)
    policies = json.loads(run(folder, *place, "--format", "json").stdout)["policies"]
    assert 1 < len(policies) <= MOST_POLICIES
    assert max(policy["characters"] for policy in policies) <= MOST_CHARACTERS
    granted = [each for policy in policies for each in policy["document"]["Statement"][0]["Resource"]]
    assert len(set(granted)) == 300
    assert written(folder, template).count("Type: AWS::IAM::ManagedPolicy") == len(policies)


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
