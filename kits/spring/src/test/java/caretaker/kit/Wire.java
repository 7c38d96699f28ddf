package caretaker.kit;

import com.amazonaws.services.lambda.runtime.Client;
import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The golden files that every kit reads, and invocation contexts made from them. */
public final class Wire {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Wire() {}

    static Stream<JsonNode> cases(String file) throws IOException {
        return StreamSupport.stream(MAPPER.readTree(folder().resolve(file).toFile()).spliterator(), false);
    }

    /** The event that the warmer sends for a target of that shape. */
    static InputStream event(String shape) throws IOException {
        Path events = folder().resolve("../../tests/golden/events");
        return new ByteArrayInputStream(Files.readAllBytes(events.resolve(shape + ".json")));
    }

    private static Path folder() {
        return Path.of(System.getProperty("wire", "../wire"));
    }

    /** A context with that block in it. */
    public static Context ping(String block) {
        return context(Map.of("caretaker", block), 10_000);
    }

    /** A context without a ClientContext, as every HTTP caller's request has it. */
    public static Context request() {
        return context(null, 10_000);
    }

    /** A block that asks for a hold of so many milliseconds from now on. */
    public static String block(long holdMs, String... prime) {
        return MAPPER.valueToTree(Map.of(
                        "v", 1, "burst", "0f8c", "of", 1, "max_hold_ms", 2000, "prime", prime, "release_at_ms",
                        System.currentTimeMillis() + holdMs))
                .toString();
    }

    /** The context that Lambda's runtime makes of a golden file's ClientContext. */
    static Context context(JsonNode clientContext) {
        if (clientContext.isNull() || !clientContext.path("custom").isObject()) {
            return context(null, 10_000);
        }
        try {
            return context(
                    MAPPER.readerFor(new TypeReference<Map<String, Object>>() {}).readValue(clientContext.get("custom")),
                    10_000);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    // The runtime fills the map by a JSON library, which need not keep to the declared type of its values.
    @SuppressWarnings({"unchecked", "rawtypes"})
    static Context context(Map custom, int remainingMs) {
        ClientContext client = custom == null ? null : new Custom((Map<String, String>) custom);
        return new Invocation(client, remainingMs);
    }

    private record Custom(Map<String, String> custom) implements ClientContext {

        @Override
        public Client getClient() {
            return null;
        }

        @Override
        public Map<String, String> getCustom() {
            return custom;
        }

        @Override
        public Map<String, String> getEnvironment() {
            return Map.of();
        }
    }

    private record Invocation(ClientContext client, int remainingMs) implements Context {

        @Override
        public String getAwsRequestId() {
            return "8f507cfc-xmpl-4697-b07a-ac58fc914c95";
        }

        @Override
        public String getLogGroupName() {
            return "/aws/lambda/shop";
        }

        @Override
        public String getLogStreamName() {
            return "2026/11/24/[1]0f8c";
        }

        @Override
        public String getFunctionName() {
            return "shop";
        }

        @Override
        public String getFunctionVersion() {
            return "1";
        }

        @Override
        public String getInvokedFunctionArn() {
            return "arn:aws:lambda:eu-west-1:000000000000:function:shop";
        }

        @Override
        public CognitoIdentity getIdentity() {
            return null;
        }

        @Override
        public ClientContext getClientContext() {
            return client;
        }

        @Override
        public int getRemainingTimeInMillis() {
            return remainingMs;
        }

        @Override
        public int getMemoryLimitInMB() {
            return 512;
        }

        @Override
        public LambdaLogger getLogger() {
            return new LambdaLogger() {
                @Override
                public void log(String message) {
                    System.out.println(message);
                }

                @Override
                public void log(byte[] message) {
                    System.out.writeBytes(message);
                }
            };
        }
    }
}
