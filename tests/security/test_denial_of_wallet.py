"""Nobody makes the warmer spend without bound: ceilings, a share that stays free, one run at a time, no retries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model import ConcurrencyFacts, FunctionRef
from profiles.bounds import MAX_CEILING
from profiles.evaluate import demand_at
from profiles.reader import Document, read_documents
from tests.template.reading import Stack, read_template
from warmer.budget import allow

PLATFORM = Document(file="platform.yaml", data=f"version: 1\nmaxConcurrency: {MAX_CEILING}\n".encode())
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def greedy(functions: int) -> Document:
    """As many functions as fit, each with the most that the language lets them ask for."""
    targets = ", ".join(f"{{function: f{number}, alias: live, profile: p, scale: 10}}" for number in range(functions))
    text = f"version: 1\nservice: s\nowner: o\ntimezone: UTC\nprofiles: {{p: {{baseline: {MAX_CEILING}}}}}\n"
    return Document(file="shop.yaml", data=f"{text}targets: [{targets}]\n".encode())


@pytest.mark.parametrize("functions", [1, 100, 5_000])
def test_the_greediest_file_gets_what_the_account_leaves_and_no_more(functions: int) -> None:
    schedules = read_documents([PLATFORM, greedy(functions)])
    (service,) = schedules.services
    wanted = [
        (target.function, demand_at(service, target, NOON, platform=schedules.platform).level)
        for target in service.targets
    ]
    facts = {function: ConcurrencyFacts(region="eu-west-1", account_unreserved=1000) for function, _ in wanted}

    allowed = allow(wanted, facts)

    assert {level for _, level in wanted} == {MAX_CEILING}
    assert sum(one.count for one in allowed) == 800
    assert all(one.limit for one in allowed)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, MAX_CEILING)), max_size=60),
    st.integers(0, 5_000),
    st.integers(10, 90),
)
def test_whatever_is_asked_for_the_users_share_stays_free(
    asked: list[tuple[int, int]], unreserved: int, share: int
) -> None:
    wanted = [(FunctionRef(text=f"f{number}"), count) for number, count in asked]
    facts = {function: ConcurrencyFacts(region="eu-west-1", account_unreserved=unreserved) for function, _ in wanted}

    counts = [one.count for one in allow(wanted, facts, users_share=share)]

    assert sum(counts) <= unreserved * (100 - share) / 100
    assert all(0 <= count <= most for count, (_, most) in zip(counts, wanted, strict=True))


@pytest.fixture
def stack() -> Stack:
    return Stack(read_template(), DeployHook="true", SchedulesBucketCreate="true", JanitorLayers="true")


@pytest.mark.parametrize("function", ["WarmerFunction", "JanitorFunction"])
def test_each_function_runs_once_at_a_time_for_a_bounded_time_and_is_not_tried_again(
    stack: Stack, function: str
) -> None:
    found: dict[str, Any] = stack.function(function)

    assert found["ReservedConcurrentExecutions"] == 1
    assert found["Timeout"] <= 900
    assert found["EventInvokeConfig"]["MaximumRetryAttempts"] == 0


def test_what_is_kept_is_kept_for_a_bounded_time(stack: Stack) -> None:
    assert all(group["RetentionInDays"] <= 400 for group in stack.resources("AWS::Logs::LogGroup").values())
    assert stack.resources("AWS::DynamoDB::Table")["StateTable"]["TimeToLiveSpecification"]["Enabled"]
    assert stack.resources("AWS::S3::Bucket")["SchedulesBucket"]["LifecycleConfiguration"]["Rules"]


def test_an_override_ends_by_itself() -> None:
    until = (NOON + timedelta(days=365)).strftime("%Y-%m-%dT%H:%M")
    more = f'overrides: [{{name: o, from: "2026-11-24T12:00", until: "{until}", mode: set, concurrency: 9, '
    more += "reason: r, ticket: t}]"
    document = Document(file="shop.yaml", data=greedy(1).data + more.encode())

    assert [one.code for one in read_documents([PLATFORM, document]).errors] == ["E302"]
