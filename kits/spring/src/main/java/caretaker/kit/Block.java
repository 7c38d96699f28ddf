package caretaker.kit;

import com.amazonaws.services.lambda.runtime.Context;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What one ping asks of this environment: where the request is found, what it asks for, how long to hold.
 *
 * <p>Pure: no clock, no waiting. A broken block asks for nothing: no hold, no priming.
 *
 * @param releaseAtMs epoch milliseconds until which all environments of the burst stay busy
 * @param maxHoldMs the longest hold that the ping allows, in milliseconds
 * @param prime paths to replay when the environment is new
 */
record Block(double releaseAtMs, double maxHoldMs, List<String> prime) {

    static final String KEY = "caretaker";
    static final int VERSION = 1;

    /** Kept free at the end of the function's own timeout, so that the reply still gets out. */
    static final int RESERVE_MS = 500;

    static final Block NOTHING_ASKED = new Block(0, 0, List.of());

    /**
     * The block that came with an invocation; empty when it is no ping.
     *
     * <p>Only a direct Invoke can set the ClientContext, so no HTTP caller can make a request look like a ping.
     */
    static Optional<Block> of(Context context) {
        Map<?, ?> custom = customOf(context);
        if (custom == null || !custom.containsKey(KEY)) {
            return Optional.empty();
        }
        try {
            return Optional.of(parsed(custom.get(KEY)));
        } catch (JsonProcessingException | RuntimeException broken) {
            return Optional.of(NOTHING_ASKED);
        }
    }

    /**
     * Milliseconds to stay busy from {@code nowMs} (epoch) on; 0 when the release instant is past.
     *
     * @param remainingMs the invocation's time left
     * @param limitMs the kit's own limit
     */
    double holdMs(double nowMs, double remainingMs, double limitMs) {
        double allowed = Math.min(Math.min(maxHoldMs, limitMs), remainingMs - RESERVE_MS);
        return Math.max(0, Math.min(releaseAtMs - nowMs, allowed));
    }

    private static Map<?, ?> customOf(Context context) {
        if (context == null || context.getClientContext() == null) {
            return null;
        }
        return context.getClientContext().getCustom();
    }

    private static Block parsed(Object text) throws JsonProcessingException {
        // The map says that its values are texts; what a caller put into it may be something else.
        if (!(text instanceof String json)) {
            return NOTHING_ASKED;
        }
        JsonNode fields = Json.read(json);
        if (!sound(fields)) {
            return NOTHING_ASKED;
        }
        List<String> prime = items(fields.path("prime")).map(JsonNode::textValue).toList();
        return new Block(fields.get("release_at_ms").doubleValue(), fields.get("max_hold_ms").doubleValue(), prime);
    }

    private static boolean sound(JsonNode fields) {
        JsonNode prime = fields.path("prime");
        return isNumber(fields.path("v"))
                && fields.get("v").doubleValue() == VERSION
                && fields.path("burst").isTextual()
                && isNumber(fields.path("of"))
                && isNumber(fields.path("release_at_ms"))
                && isNumber(fields.path("max_hold_ms"))
                && (prime.isMissingNode() || prime.isArray())
                && items(prime).allMatch(path -> path.isTextual() && path.textValue().startsWith("/"));
    }

    private static boolean isNumber(JsonNode value) {
        return value.isNumber() && Double.isFinite(value.doubleValue());
    }

    private static Stream<JsonNode> items(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
