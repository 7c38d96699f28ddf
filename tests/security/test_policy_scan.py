"""The policy scanner reads the templates, sees what only a parameter switches on, and excuses nothing by itself."""

from pathlib import Path

import pytest

from checks.scan import EXCUSES, ROOT, TEMPLATES, Objection, excused, scanned, verdict

TEMPLATE = (ROOT / "template.yaml").read_text()


def test_every_objection_to_the_templates_is_excused_and_every_excuse_is_needed() -> None:
    objections = [objection for template in TEMPLATES for objection in scanned(ROOT / template)]

    assert {it.template for it in objections} == set(TEMPLATES)
    assert verdict(objections, excused(EXCUSES.read_text())) == []


def test_a_deploy_role_s_bucket_opened_to_the_public_is_found_in_its_own_template(tmp_path: Path) -> None:
    template = tmp_path / "deploy-role.yaml"
    template.write_text(
        (ROOT / ".github" / "deploy-role.yaml").read_text().replace("BlockPublicAcls: true", "BlockPublicAcls: false")
    )

    complaints = verdict(scanned(template), excused(EXCUSES.read_text()))

    assert [it for it in complaints if it.startswith("deploy-role.yaml: Artifacts: CKV_AWS_53: ")], complaints


def test_a_bucket_opened_to_the_public_is_found_even_though_a_parameter_must_switch_it_on(tmp_path: Path) -> None:
    opened = TEMPLATE.replace("BlockPublicAcls: true", "BlockPublicAcls: false")
    template = tmp_path / "template.yaml"
    template.write_text(opened)

    complaints = verdict(scanned(template), excused(EXCUSES.read_text()))

    assert opened != TEMPLATE
    assert [it for it in complaints if "SchedulesBucket: CKV_AWS_53: " in it and "Mend it" in it], complaints


def test_an_objection_without_an_excuse_says_where_what_and_what_to_do() -> None:
    (complaint,) = verdict([Objection(check="CKV_1", resource="Queue", says="Ensure it is good")], {})

    assert complaint == (
        "template.yaml: Queue: CKV_1: Ensure it is good. Mend it, or excuse it with its reason in checks/excuses.yaml"
    )


def test_an_excuse_counts_for_its_own_resource_only_and_is_thrown_out_when_nothing_needs_it() -> None:
    complaints = verdict([Objection(check="CKV_1", resource="Queue")], {("CKV_1", "OtherQueue"): "small"})

    assert [it.partition(":")[0] for it in complaints] == ["template.yaml", "checks/excuses.yaml"]
    assert "CKV_1 of OtherQueue excuses nothing any more" in complaints[1]


def test_an_excuse_without_a_reason_or_a_resource_is_refused() -> None:
    for line in ("CKV_1 Queue:\n", "CKV_1: because\n"):
        with pytest.raises(ValueError, match="names no resource or gives no reason"):
            excused(line)


def test_a_template_that_cannot_be_read_is_an_error_and_never_clean(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: [")

    with pytest.raises(RuntimeError, match="failed with status"):
        scanned(template)
