package caretaker.kit;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The checks that answer a ping where the application has no route for one.
 *
 * <p>A Lambda process runs one application, so there is one place for its checks. The starter's auto-configuration
 * registers its own; an application without Spring can register what it likes.
 */
public final class PingChecks {

    private static final AtomicReference<Supplier<Map<String, Boolean>>> CHECKS = new AtomicReference<>();

    private PingChecks() {}

    /** Use these checks from now on: each by its name, and whether it went well. */
    public static void use(Supplier<Map<String, Boolean>> checks) {
        CHECKS.set(checks);
    }

    /** The HTTP-shaped answer to a ping: 200 when every check went well, else 503. */
    static byte[] answer() {
        Supplier<Map<String, Boolean>> checks = CHECKS.get();
        if (checks == null) {
            return reply(503, Map.of("error", "no checks are registered: is the application started before its first event?"));
        }
        Map<String, Object> seen = new TreeMap<>();
        checks.get().forEach((name, well) -> seen.put(name, well ? "UP" : "DOWN"));
        return reply(seen.containsValue("DOWN") ? 503 : 200, seen);
    }

    private static byte[] reply(int status, Map<String, ?> body) {
        Map<String, String> headers = Map.of("content-type", "application/json");
        String text = Json.tree(body).toString();
        return Json.tree(Map.of("statusCode", status, "headers", headers, "body", text)).toString().getBytes(StandardCharsets.UTF_8);
    }
}
