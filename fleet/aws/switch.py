"""The kill switch as a parameter of Systems Manager, read with one ssm:GetParameter."""

from botocore.exceptions import ClientError

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.ports import Refused
from fleet.switch import Reading

# A tick waits no longer for a word that is nearly always "on".
_BRIEF_S = 2.0


class ParameterSwitch:
    """The Switch port over one parameter of type String."""

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self) -> Reading:
        """What the parameter says now, by one request. Raises: FleetError."""
        try:
            found = client("ssm", timeout_s=_BRIEF_S).get_parameter(Name=self._name)["Parameter"]
            return Reading(name=self._name, word=str(found["Value"]), since=found.get("LastModifiedDate"))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ParameterNotFound":
                # A deployment that changes nothing of it does not bring it back.
                raise Refused(
                    f"ssm:GetParameter: there is no parameter {self._name}; make it again: "
                    f"aws ssm put-parameter --type String --name {self._name} --value on"
                ) from error
            raise translated(error, service="ssm", operation="GetParameter") from error
        except (KeyError, TypeError) as error:
            raise Refused(f"ssm:GetParameter: the reply for {self._name} cannot be understood") from error
        except Exception as error:
            raise translated(error, service="ssm", operation="GetParameter") from error
