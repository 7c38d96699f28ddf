"""IAM, enforced on what functions do: who asks, for which action on which resource, and whether the role allows it."""
