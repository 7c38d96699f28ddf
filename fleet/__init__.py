"""Lambda functions as we see them. Knows no schedule; `fleet.aws` is the only door to AWS."""
