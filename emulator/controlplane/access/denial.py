"""AccessDenied as each of AWS's protocols words it. Pure.

Source: IAM user guide, "Troubleshoot access denied error messages". Smithy's protocols, error serialisation.
"""

import json
from xml.sax.saxutils import escape

from emulator.controlplane.access.asked import Protocol
from emulator.dataplane.exchange import Answer, error_answer

_XML = (("Content-Type", "text/xml"),)


def worded(user: str, action: str, resource: str, reason: str, protocol: Protocol) -> str:
    """The message: who may not do what to what, and why not."""
    shown = f'"{resource}"' if protocol == "s3" else resource
    return f"User: {user} is not authorized to perform: {action} on resource: {shown} {reason}"


def denied(message: str, protocol: Protocol) -> Answer:
    """The answer that an SDK raises as AccessDeniedException, or as AccessDenied where XML is spoken."""
    match protocol:
        case "rest-json":
            return error_answer(403, "AccessDeniedException", message)
        case "json":
            body = json.dumps({"__type": "AccessDeniedException", "message": message}).encode()
            return Answer(status=400, headers=(("Content-Type", "application/x-amz-json-1.1"),), body=body)
        case "cbor":
            headers = (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"))
            body = b"\xa2" + b"".join(map(_cbor_text, ("__type", "AccessDeniedException", "message", message)))
            return Answer(status=400, headers=headers, body=body)
        case "s3":
            body = f"<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>".encode()
            return Answer(status=403, headers=(("Content-Type", "application/xml"),), body=body)
        case "query" | "rest-xml":
            error = f"<Type>Sender</Type><Code>AccessDenied</Code><Message>{escape(message)}</Message>"
            return Answer(
                status=403, headers=_XML, body=f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
            )


def _cbor_text(text: str) -> bytes:
    """Source: RFC 8949, section 3.1, major type 3 with a length of two bytes."""
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2) + data
