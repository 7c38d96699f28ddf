"""The manual's part on cost: its numbers are counted from what the functions write and what the template has."""

import json
import re

import pytest

from tests.template.checkout import ROOT
from tests.template.costs import (
    A_GB_OF_LOGS,
    ARM_GB_S,
    ARM_PROVISIONED_GB_S,
    MONTH_S,
    TICKS,
    Counts,
    counted,
    table,
)
from tests.template.emitted import lines_of_both

MANUAL = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
COST = re.sub(r"\s+", " ", MANUAL.split("\n## Cost\n")[1])


@pytest.fixture(scope="module")
def counts() -> Counts:
    return counted()


def test_the_table_is_what_is_counted(counts: Counts) -> None:
    lines = list(table(counts))
    assert [line for line in lines if line not in COST] == [], "make it anew: .venv/bin/python -m tests.template.costs"


def test_a_service_has_few_metrics_of_its_own_and_the_warmer_those_of_the_whole(counts: Counts) -> None:
    assert counts.service <= 4
    assert counts.warmer <= 32
    assert counts.janitor >= 8


def test_what_pings_and_provisioned_concurrency_cost_is_what_the_prices_make_of_it() -> None:
    (gb_s, on_demand) = (20 * TICKS * 0.230, 20 * TICKS * 0.230 * ARM_GB_S)
    assert (
        f"about {round(gb_s, -4):,.0f} GB-seconds a month, some {on_demand:.2f} USD on arm64 ({ARM_GB_S:.10f} USD"
        in COST
    )
    provisioned = 20 * MONTH_S * ARM_PROVISIONED_GB_S
    assert f"about {provisioned:.0f} USD on arm64 ({ARM_PROVISIONED_GB_S:.10f} USD" in COST


def test_the_warmer_s_own_time_is_priced_as_the_table_of_memory_sizes_has_it() -> None:
    (tick_s,) = re.findall(r"\| 1024 MB \| [\d.]+ s \| ([\d.]+) s \|", MANUAL)
    assert f"{TICKS * float(tick_s) * ARM_GB_S:.2f} USD for a month of ticks of {tick_s} s" in COST


def test_a_tick_writes_no_more_than_the_manual_says() -> None:
    lines = [line for line in lines_of_both() if line["service"] != "janitor"]
    (target,) = [line for line in lines if line.get("message") == "target"]
    (bound, more), (dollars,) = (
        re.findall(r"less than (\d) KB for one target and (\d) KB for each further one", COST)[0],
        re.findall(r"and (\d) USD for a thousand", COST),
    )
    assert 0 < sum(len(json.dumps(line)) for line in lines) < int(bound) * 1024
    assert 0 < len(json.dumps(target)) < int(more) * 1024
    assert 1000 * int(more) * 1024 * TICKS / 2**30 * A_GB_OF_LOGS == pytest.approx(int(dollars), abs=0.5)
