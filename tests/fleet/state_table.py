"""The state table as the template has it, made by whatever client of DynamoDB a test asks with."""

from typing import Any


def made(client: Any, name: str = "state") -> Any:
    """The client, once the table is there, empty."""
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return client
