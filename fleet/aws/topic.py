"""Publishes to an SNS topic. Needs sns:Publish on it."""

from fleet.aws.clients import client
from fleet.aws.errors import translated


class Topic:
    """The topic with that ARN, in the region that the ARN names."""

    def __init__(self, arn: str) -> None:
        self.arn = arn

    def publish(self, message: str) -> str:
        """The message's id at SNS. Raises: FleetError."""
        try:
            sns = client("sns", region=self.arn.split(":")[3])
            return str(sns.publish(TopicArn=self.arn, Message=message)["MessageId"])
        except Exception as error:
            raise translated(error, service="sns", operation="Publish") from error
