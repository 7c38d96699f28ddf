"""What a runtime process finds around it: its command and its environment variables. Pure.

The environment is made from nothing, so that nothing of the host leaks into a function.
Source: AWS Lambda developer guide, "Working with Lambda environment variables", defined runtime variables.
"""

from pathlib import Path

from emulator.dataplane.model import FunctionVersion
from emulator.dataplane.settings import Keys, Settings

_JAVA_CLIENT = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"
_HEAP_SHARE = 0.85
_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/bin"


def command(version: FunctionVersion, settings: Settings) -> tuple[str, ...]:
    """The version's own command, or the one of Lambda's Python or Java image."""
    if version.command is not None:
        return version.command
    if version.runtime.startswith("java"):
        return _java(version, settings)
    return (str(settings.runtime_python), "-m", "awslambdaric", version.handler)


def _java(version: FunctionVersion, settings: Settings) -> tuple[str, ...]:
    # Source: AWS Lambda developer guide, "Customize Java runtime startup behavior": the compiler stops at C1. Class
    # path: "Deploy Java Lambda functions with .zip or JAR file archives". The share of memory for the heap and the
    # collector are assumptions; they can be set anew in JAVA_TOOL_OPTIONS.
    return (
        settings.java,
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        f"-Xmx{int(version.memory_mb * _HEAP_SHARE)}m",
        "-cp",
        f"{version.code_dir}:{version.code_dir}/lib/*:{settings.runtime_java}/*",
        _JAVA_CLIENT,
        version.handler,
    )


def variables(
    version: FunctionVersion, settings: Settings, *, keys: Keys, runtime_api: str, log_stream: str, scratch: Path
) -> dict[str, str]:
    """The whole environment of a process: the endpoints, then the function's own, then Lambda's, which win.

    `scratch` stands for the /tmp that each execution environment has to itself on Lambda.
    """
    endpoints = {
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_ENDPOINT_URL_LAMBDA": settings.endpoint_url_lambda,
        "AWS_ENDPOINT_URL_CODEDEPLOY": settings.endpoint_url_lambda,
    }
    return {
        **{name: value for name, value in endpoints.items() if value is not None},
        "LANG": "en_US.UTF-8",
        "PATH": _PATH,
        "TMPDIR": str(scratch),
        "TZ": ":UTC",
        "PYTHONPATH": str(version.code_dir),
        **dict(version.environment),
        "PYTHONDONTWRITEBYTECODE": "1",
        **_lambda(version, runtime_api=runtime_api, log_stream=log_stream),
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.session_token,
    }


def _lambda(version: FunctionVersion, *, runtime_api: str, log_stream: str) -> dict[str, str]:
    reserved = {
        "_HANDLER": version.handler,
        "AWS_DEFAULT_REGION": version.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": version.function,
        "AWS_LAMBDA_FUNCTION_VERSION": version.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": version.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{version.function}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": version.region,
        "LAMBDA_TASK_ROOT": str(version.code_dir),
    }
    if version.log_format == "JSON":
        reserved["AWS_LAMBDA_LOG_LEVEL"] = version.application_log_level
    return reserved
