"""The only place that imports boto3 and botocore. Adapters of the ports in `fleet.ports`."""
