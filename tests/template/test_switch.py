"""The kill switch in the template: a deployment must not turn it."""

from tests.template.reading import read_template


def test_no_release_changes_the_switchs_parameter_which_would_turn_it_on_again() -> None:
    """CloudFormation writes a parameter whole when anything of it changes, its value included."""
    assert read_template()["Resources"]["Switch"] == {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "Name": {"Fn::Sub": "/${AWS::StackName}/switch"},
            "Type": "String",
            "Value": "on",
            "Description": "Caretaker's kill switch - on, off, warmer-off or janitor-off. "
            "Any other word counts as off.",
        },
    }
