"""What a failed invocation says of the function: which setting likely causes its error. Pure.

Lambda answers 200 with a FunctionError when the function raised, timed out or died; its errorType and errorMessage are
all that is known. The first row that matches speaks.
"""

import re
from dataclasses import dataclass
from typing import Any

from fleet.words import said

_MOST_WORDS = 200
_MOST_READ = 4000
# What differs in each invocation would make one problem look like many: "2026-11-24T12:00:03Z 7f… Task timed out",
# "RequestId: 7f… Error: Runtime exited".
_OF_ONE_CALL = re.compile(
    r"(RequestId: )?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} (Error: )?|^\d{4}-\d\d-\d\dT[\d:.]+Z ",
)


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    advice: str


def _row(pattern: str, advice: str) -> _Row:
    return _Row(re.compile(pattern), advice)


# Source: Lambda developer guide, "Troubleshoot execution issues"; the exceptions' own names for Django and Spring.
_ROWS = (
    _row(
        r"Task timed out|Sandbox\.Timedout",
        "its start and one request take longer than its Timeout; raise Timeout or MemorySize",
    ),
    _row(r"OutOfMemory|signal: killed|MemoryError|heap space", "raise MemorySize"),
    _row(
        r"DJANGO_SETTINGS_MODULE|ImproperlyConfigured",
        "Django's settings lack something in the function's environment variables",
    ),
    _row(
        r"ImportModuleError|No module named|ModuleNotFoundError|Cannot find (module|package)",
        "the package lacks a module, or Handler (in Django also DJANGO_SETTINGS_MODULE) names a wrong one",
    ),
    _row(r"HandlerNotFound|MalformedHandlerName|Handler '.*' missing", "Handler names what the package does not have"),
    _row(r"UserCodeSyntaxError|UnsupportedClassVersion", "the code was built for a newer Runtime than the function's"),
    _row(
        r"ClassNotFound|NoClassDefFound|Class not found",
        "Handler (in Spring also MAIN_CLASS) names a class that the archive does not hold",
    ),
    _row(
        r"UnrecognizedProperty|InvalidRequestEvent|Unrecognized field",
        "Spring's container takes another event: try ping.shape http-v2, or http-v1 for a REST API's handler",
    ),
    _row(
        r"KeyError: '(headers|httpMethod|http|path|rawPath|requestContext|version|resource)'|unable to infer a handler",
        "the handler does not know this event; choose another ping.shape",
    ),
    _row(r"DisallowedHost", "ping.host is not in Django's ALLOWED_HOSTS"),
    _row(r"AppRegistryNotReady", "the handler does not start Django: make it with get_wsgi_application()"),
    _row(
        r"OperationalError|CannotGetJdbcConnection|CommunicationsException|HikariPool|PSQLException|could not connect",
        "its database does not answer: host, security group, or too many connections",
    ),
    _row(
        r"BeanCreation|UnsatisfiedDependency|ApplicationContext|ContainerInitialization|springframework\.beans",
        "Spring's context did not start: a property, SPRING_PROFILES_ACTIVE, or something it needs at start",
    ),
    _row(r"InvalidEntrypoint|exec format error", "the image is for another architecture, or its entry point is wrong"),
    _row(r"Extension\.", "an extension (a layer) ended; the function itself may be well"),
    _row(
        r"ExitError|Runtime exited|Sandbox\.Failure", "its process ended itself; the function's log has its last words"
    ),
    _row(r"ResponseSizeTooLarge", "the answer is over 6 MB: ping a route that says little"),
    _row(r"MarshalError|not JSON serializable", "the handler returns what JSON cannot hold"),
    _row(r"AccessDenied|not authorized to perform", "the function's own role lacks a permission"),
)


def words(error: Any, kind: str) -> str:
    """A FunctionError in words: what the function said, and what likely causes it.

    `error` is the decoded reply, `kind` the FunctionError header ("Handled" or "Unhandled").
    """
    if not isinstance(error, dict):
        return kind
    name = said(error.get("errorType") or kind, most=_MOST_WORDS)
    message = _OF_ONE_CALL.sub("", said(error.get("errorMessage") or "", most=_MOST_READ))
    told = f"{name}: {message[:_MOST_WORDS]}" if message else name
    whole = f"{name}: {message}"
    advice = next((row.advice for row in _ROWS if row.pattern.search(whole)), None)
    return f"{told}; {advice}" if advice else told
