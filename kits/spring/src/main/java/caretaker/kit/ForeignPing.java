package caretaker.kit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another warmer's ping: recognised by its exact shape, and what it expects.
 *
 * <p>For a team that moves from another warmer one side at a time. Such a ping names no route, so it stops at the
 * handler: what it warms is what init has loaded. An event with any key beyond its contract's is the application's own.
 *
 * @param reply what the contract answers; null together with {@code wantsId} means an object that names the environment
 * @param holdMs how long it wants the environment to stay busy
 * @param wantsId whether the answer names the environment
 * @param fanOut how many environments it wants this one to invoke, which the kit does not do; 1 is none
 */
record ForeignPing(JsonNode reply, int holdMs, boolean wantsId, int fanOut) {

    /** No contract's ping is longer; a longer event is left alone without a look inside. */
    private static final int LONGEST_BYTES = 1024;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String SERVERLESS_PLUGIN_WARMUP = "serverless-plugin-warmup";
    private static final int LAMBDA_WARMER_HOLD_MS = 75;
    // lambda-warmer and lambda-warmer-py, whose inner pings spell one key differently.
    private static final Set<String> LAMBDA_WARMER = Set.of(
            "warmer", "concurrency", "target", "test", "__WARMER_INVOCATION__", "__WARMER_CONCURRENCY__",
            "__WARMER_CORRELATIONID__", "__WARMER_CORRELATION_ID__");
    private static final Set<String> OPENNEXT = Set.of("type", "warmerId", "index", "concurrency", "delay");
    private static final Pattern THUNDRA = Pattern.compile("#warmup(?:\\s+wait=(\\d{1,6}))?\\s*");
    private static final int THUNDRA_HOLD_MS = 100;
    private static final int MILLION = 1_000_000;

    /**
     * What the event asks for as a ping of another warmer; empty when it is none.
     *
     * <p>The stream is where it was before. A stream that cannot go back is not looked into.
     */
    static Optional<ForeignPing> in(InputStream event) throws IOException {
        if (!event.markSupported()) {
            return Optional.empty();
        }
        event.mark(LONGEST_BYTES + 1);
        byte[] text;
        try {
            text = event.readNBytes(LONGEST_BYTES + 1);
        } finally {
            event.reset();
        }
        return text.length == 0 || text.length > LONGEST_BYTES ? Optional.empty() : of(text);
    }

    private static Optional<ForeignPing> of(byte[] text) {
        try {
            return of(Json.read(text));
        } catch (IOException | RuntimeException noJson) {
            return Optional.empty();
        }
    }

    private static Optional<ForeignPing> of(JsonNode event) {
        if (event.isTextual()) {
            Matcher found = THUNDRA.matcher(event.textValue());
            return found.matches()
                    ? asked(NODES.nullNode(), THUNDRA_HOLD_MS + (found.group(1) == null ? 0 : Integer.parseInt(found.group(1))))
                    : Optional.empty();
        }
        if (event.size() == 1 && event.path("source").asText().equals(SERVERLESS_PLUGIN_WARMUP)) {
            return asked(NODES.textNode("Lambda is warm!"), 0);
        }
        if (event.path("warmer").isBoolean() && event.path("warmer").booleanValue() && within(event, LAMBDA_WARMER)) {
            boolean inner = number(event.path("__WARMER_INVOCATION__"), 1) > 1;
            int fanOut = event.path("test").asBoolean() ? 1 : number(event.path("concurrency"), 1);
            return Optional.of(new ForeignPing(NODES.textNode("warmed"), inner ? LAMBDA_WARMER_HOLD_MS : 0, false, fanOut));
        }
        if (event.path("type").asText().equals("warmer") && event.has("warmerId") && within(event, OPENNEXT)) {
            return Optional.of(new ForeignPing(null, number(event.path("delay"), 0), true, 1));
        }
        return Optional.empty();
    }

    private static Optional<ForeignPing> asked(JsonNode reply, int holdMs) {
        return Optional.of(new ForeignPing(reply, holdMs, false, 1));
    }

    private static boolean within(JsonNode event, Set<String> keys) {
        for (Iterator<String> names = event.fieldNames(); names.hasNext(); ) {
            if (!keys.contains(names.next())) {
                return false;
            }
        }
        return true;
    }

    private static int number(JsonNode value, int least) {
        boolean usable = value.isNumber() && value.doubleValue() >= least && value.doubleValue() < MILLION;
        return usable ? value.intValue() : least;
    }
}
