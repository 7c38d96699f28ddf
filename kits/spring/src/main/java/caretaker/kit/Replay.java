package caretaker.kit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/** Events for further paths: the ping's own event with another path in it, or one from nothing. Pure. */
final class Replay {

    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD");

    private Replay() {}

    /**
     * {@code event} as if {@code target} ("/products/?page=2") had been asked for; the given event stays as it was.
     *
     * <p>Empty when the event is not HTTP-shaped or its method may change something: such an event is not replayed.
     * Supported shapes: API Gateway REST (1.0) and HTTP (2.0), Function URL, ALB, and Caretaker's universal event.
     */
    static Optional<JsonNode> of(JsonNode event, String target) {
        boolean hasPath = event.path("rawPath").isTextual() || event.path("path").isTextual();
        if (!(event instanceof ObjectNode object) || !hasPath || !SAFE_METHODS.contains(method(event))) {
            return Optional.empty();
        }
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        String query = mark < 0 ? "" : target.substring(mark + 1);
        ObjectNode replayed = object.deepCopy();
        replace(replayed, "path", path);
        replace(replayed, "rawPath", path);
        setQuery(replayed, query);
        replace(replayed.path("requestContext"), "path", path);
        replace(replayed.path("requestContext").path("http"), "path", path);
        replace(replayed.path("pathParameters"), "proxy", path.replaceFirst("^/+", ""));
        return Optional.of(replayed);
    }

    /** A request for {@code target} as a Function URL sends it, for priming before a snapshot, where no event is. */
    static JsonNode fresh(String target, String host) {
        ObjectNode event = JsonNodeFactory.instance.objectNode();
        event.put("version", "2.0").put("routeKey", "$default").put("rawPath", "/").put("rawQueryString", "");
        event.putObject("headers")
                .put("host", host)
                .put("x-forwarded-proto", "https")
                .put("x-forwarded-port", "443")
                .put("accept", "application/json");
        ObjectNode context = event.putObject("requestContext");
        context.put("accountId", "anonymous").put("apiId", "caretaker").put("domainName", host);
        context.put("requestId", "prime").put("routeKey", "$default").put("stage", "$default");
        context.put("time", "01/Jan/2026:00:00:00 +0000").put("timeEpoch", 1_767_225_600_000L);
        context.putObject("http")
                .put("method", "GET")
                .put("path", "/")
                .put("protocol", "HTTP/1.1")
                .put("sourceIp", "127.0.0.1")
                .put("userAgent", "caretaker");
        event.put("isBase64Encoded", false);
        return of(event, target).orElseThrow();
    }

    private static String method(JsonNode event) {
        JsonNode method = event.path("httpMethod");
        return (method.isTextual() ? method : event.path("requestContext").path("http").path("method")).asText();
    }

    private static void replace(JsonNode fields, String name, String value) {
        if (fields instanceof ObjectNode object && object.path(name).isTextual()) {
            object.put(name, value);
        }
    }

    private static void setQuery(ObjectNode event, String query) {
        if (event.has("rawQueryString")) {
            event.put("rawQueryString", query);
        }
        if (event.has("queryStringParameters")) {
            event.set("queryStringParameters", single(query));
        }
        if (event.has("multiValueQueryStringParameters")) {
            event.set("multiValueQueryStringParameters", multiple(query));
        }
    }

    private static ObjectNode single(String query) {
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        for (String pair : query.split("&")) {
            if (!pair.isEmpty()) {
                values.put(name(pair), value(pair));
            }
        }
        return values;
    }

    private static ObjectNode multiple(String query) {
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        for (String pair : query.split("&")) {
            if (!pair.isEmpty()) {
                values.withArrayProperty(name(pair)).add(value(pair));
            }
        }
        return values;
    }

    private static String name(String pair) {
        return decoded(pair.split("=", 2)[0]);
    }

    private static String value(String pair) {
        String[] parts = pair.split("=", 2);
        return parts.length < 2 ? "" : decoded(parts[1]);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
