"""The janitor's memory in DynamoDB: what one run must know of the runs before it.

One table, `CARETAKER_STATE_TABLE`, shared by everything that Caretaker remembers:

| attribute    | type                | use                                                              |
|--------------|---------------------|------------------------------------------------------------------|
| `pk`         | S, partition key    | `function#<name>` or `janitor`                                   |
| `sk`         | S, sort key         | `history`, `mark#<number, 12 digits>`; `cursor` under `janitor`  |
| `expires_at` | N, epoch seconds    | the table's TTL attribute; only on items that may be forgotten   |

Billing is per request, there are no indexes. The janitor's role needs dynamodb:Query, dynamodb:GetItem,
dynamodb:PutItem and dynamodb:BatchWriteItem on the table.
"""
