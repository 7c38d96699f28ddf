"""One pace for each of AWS's buckets: what they share, they share here too; what has room of its own, has it here.

Source: Lambda developer guide, "Lambda quotas": control-plane requests 15 a second in all, GetFunction 100 and
GetPolicy 15 beside them. What the other services allow is not published for every call; they are asked as gently.
"""

from enum import Enum

from fleet.aws.rate import Pace, TimeBox


class Bucket(Enum):
    """What AWS counts together. The value is how many times the shared bucket's rate it may have."""

    CONTROL_PLANE = ("control-plane", 1.0)
    GET_FUNCTION = ("GetFunction", 100 / 15)
    GET_POLICY = ("GetPolicy", 1.0)
    CLOUDFORMATION = ("CloudFormation", 1.0)
    CODEDEPLOY = ("CodeDeploy", 1.0)
    CLOUDFRONT = ("CloudFront", 0.5)
    CLOUDWATCH = ("CloudWatch", 5 / 3)


class Paces:
    """A pace for each bucket, all inside one time box. `per_second` is the rate of the shared control-plane bucket."""

    def __init__(self, per_second: float, box: TimeBox) -> None:
        self._paces = {bucket: Pace(per_second * bucket.value[1], box) for bucket in Bucket}

    def of(self, bucket: Bucket) -> Pace:
        """The one pace of that bucket."""
        return self._paces[bucket]
