"""A stack with what `caretaker boost` asks for, in the emulator, and whoever takes messages in the warmer's place."""

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.stack import RunningEmulator
from fleet.aws.boosts import TableBoosts
from fleet.boosts import Boost
from tests.emulator.controlled import client_of
from tests.warmer.builders import a_service, schedules
from warmer.boost_message import read_notification
from warmer.boosting import changed_boosts

STACK = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Letters: {Type: AWS::SQS::Queue}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Letters.Arn}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
  Switch: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub "/${AWS::StackName}/switch", Type: String, Value: "on"}}
Outputs:
  SwitchName: {Value: !Ref Switch}
  BoostTopicArn: {Value: !Ref Topic}
  StateTableName: {Value: !Ref Table}
  WarmerFunctionName: {Value: caretaker-warmer}
  Letters: {Value: !Ref Letters}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A deployed topic and table, and whoever takes messages in the warmer's place."""

    emulator: RunningEmulator
    outputs: dict[str, str]

    @property
    def boosts(self) -> TableBoosts:
        return TableBoosts(self.outputs["StateTableName"])

    def turn(self, word: str) -> None:
        """Turn the kill switch."""
        ssm = client_of(self.emulator, "ssm")
        ssm.put_parameter(Name=self.outputs["SwitchName"], Value=word, Type="String", Overwrite=True)

    def messages(self) -> list[dict[str, Any]]:
        """What was published since the last look."""
        sqs = client_of(self.emulator, "sqs")
        found = sqs.receive_message(QueueUrl=self.outputs["Letters"], MaxNumberOfMessages=10).get("Messages", [])
        for one in found:
            sqs.delete_message(QueueUrl=self.outputs["Letters"], ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in found]

    def take(self, stop: threading.Event) -> None:
        """Take messages as the warmer would, until told to stop."""
        while not stop.wait(0.05):
            for message in self.messages():
                asks = read_notification({"Records": [{"EventSource": "aws:sns", "Sns": message}]})
                now = datetime.now(UTC)
                changed_boosts(self.boosts, asks or (), schedules(a_service()), now, now=now)


def created(emulator: RunningEmulator, name: str) -> Stack:
    """The stack of that name, made anew."""
    cloudformation = client_of(emulator, "cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=STACK)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    return Stack(emulator=emulator, outputs={**outputs, "name": name})


def a_boost(name: str) -> Boost:
    now = datetime.now(UTC)
    return Boost(
        service="shop",
        at_least=40,
        until=now + timedelta(minutes=30, seconds=10),
        name=name,
        reason="34 of 40 in use",
        since=now - timedelta(minutes=1),
    )
