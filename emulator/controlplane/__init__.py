"""What is deployed: ministack behind a front that answers Lambda's operations as AWS does."""
