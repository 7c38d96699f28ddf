package caretaker.kit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WarmableHandlerTest {

    private static final String EVENT = Replay.fresh("/warmz", "shop.example.com").toString();
    private final Application application = new Application();
    private final WarmableHandler handler = new WarmableHandler(application, Settings.defaults());

    @Test
    void aRequestGetsTheApplicationsOwnStreamsAndNothingElse() throws IOException {
        InputStream input = new ByteArrayInputStream(EVENT.getBytes(UTF_8));
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        handler.handleRequest(input, output, Wire.request());
        assertThat(application.inputs).containsExactly(input);
        assertThat(output.toString(UTF_8)).isEqualTo(Application.REPLY);
    }

    @Test
    void aPingRunsTheApplicationAndCarriesEvidence() throws IOException {
        JsonNode first = ping(Wire.block(0));
        JsonNode second = ping(Wire.block(0));
        assertThat(application.paths).containsExactly("/warmz", "/warmz");
        assertThat(first.get("statusCode").asInt()).isEqualTo(200);
        JsonNode evidence = first.get("caretaker");
        assertThat(evidence.get("environment").asText()).matches("[0-9a-f]{32}");
        assertThat(evidence.get("cold").asBoolean()).isTrue();
        assertThat(second.at("/caretaker/cold").asBoolean()).isFalse();
        assertThat(second.at("/caretaker/invocations").asInt()).isEqualTo(2);
        assertThat(second.at("/caretaker/environment")).isEqualTo(evidence.get("environment"));
    }

    @Test
    void aPingTellsHowLongAgoTheLastRequestWas() throws IOException {
        assertThat(ping(Wire.block(0)).at("/caretaker/last_request_ms").isNull()).isTrue();
        handler.handleRequest(new ByteArrayInputStream(new byte[0]), new ByteArrayOutputStream(), Wire.request());
        assertThat(ping(Wire.block(0)).at("/caretaker/last_request_ms").isIntegralNumber()).isTrue();
    }

    @Test
    void aPingHoldsUntilTheReleaseInstant() throws IOException {
        ping(Wire.block(0));
        long release = System.currentTimeMillis() + 1000;
        JsonNode answer = ping(Wire.block(1000));
        assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(release - 5);
        assertThat(answer.at("/caretaker/held_ms").asInt()).isPositive();
    }

    @Test
    void theFunctionsOwnLimitEndsAHold() throws IOException {
        WarmableHandler brief = new WarmableHandler(application, Settings.from(Map.of("CARETAKER_MAX_HOLD_MS", "0")));
        assertThat(call(brief, Wire.ping(Wire.block(60_000))).at("/caretaker/held_ms").asInt()).isZero();
    }

    @Test
    void anApplicationThatFailsInAPingIsSeenToHaveFailedAfterTheHold() {
        application.failure = new IllegalStateException("no database");
        long release = System.currentTimeMillis() + 200;
        assertThatThrownBy(() -> ping(Wire.block(200))).isSameAs(application.failure);
        assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(release - 5);
    }

    @Test
    void anApplicationThatFailsInARequestFailsAsItsOwn() {
        application.failure = new IllegalStateException("no database");
        assertThatThrownBy(() -> call(handler, Wire.request())).isSameAs(application.failure);
    }

    @Test
    void aNewEnvironmentServesThePrimedPathsAndAWarmOneDoesNot() throws IOException {
        ping(Wire.block(0, "/products", "/products/1?full=yes"));
        ping(Wire.block(0, "/products"));
        assertThat(application.paths).containsExactly("/warmz", "/products", "/products/1", "/warmz");
    }

    @Test
    void aPathThatCannotBePrimedDoesNotFailThePing() throws IOException {
        application.failingPath = "/products";
        assertThat(ping(Wire.block(0, "/products", "/baskets")).get("statusCode").asInt()).isEqualTo(200);
        assertThat(application.paths).containsExactly("/warmz", "/products", "/baskets");
    }

    @Test
    void nothingIsPrimedWhenTheTimeLeftIsShort() throws IOException {
        call(handler, Wire.context(Map.of("caretaker", Wire.block(0, "/products")), 400));
        assertThat(application.paths).containsExactly("/warmz");
    }

    @Test
    void anEventThatMayChangeSomethingIsNotReplayed() throws IOException {
        String event = EVENT.replace("\"GET\"", "\"POST\"");
        handler.handleRequest(
                new ByteArrayInputStream(event.getBytes(UTF_8)),
                new ByteArrayOutputStream(),
                Wire.ping(Wire.block(0, "/products")));
        assertThat(application.paths).containsExactly("/warmz");
    }

    @Test
    void clonesOfOneSnapshotHaveIdsOfTheirOwnAndStartCold() throws Exception {
        WarmableHandler primed = new WarmableHandler(application, Settings.defaults().withPrime("/warmz", "/products"));
        primed.snapshot().beforeCheckpoint(null);
        assertThat(application.paths).containsExactly("/warmz", "/products");
        primed.snapshot().afterRestore(null);
        JsonNode one = call(primed, Wire.ping(Wire.block(0))).get("caretaker");
        primed.snapshot().afterRestore(null);
        JsonNode other = call(primed, Wire.ping(Wire.block(0))).get("caretaker");
        assertThat(other.get("environment")).isNotEqualTo(one.get("environment"));
        assertThat(other.get("cold").asBoolean()).isTrue();
        assertThat(other.get("init_ms").isNull()).isTrue();
    }

    @Test
    void aSnapshotIsTakenEvenWhenPrimingFails() throws Exception {
        application.failure = new IllegalStateException("no database");
        WarmableHandler primed = new WarmableHandler(application, Settings.defaults().withPrime("/products"));
        primed.snapshot().beforeCheckpoint(null);
        assertThat(application.paths).containsExactly("/products");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "done", "[1]", "null"})
    void aReplyThatIsNoObjectIsKeptBesideTheEvidence(String reply) throws IOException {
        application.reply = reply;
        assertThat(ping(Wire.block(0)).has("reply")).isTrue();
    }

    @Test
    void aContextThatThrowsNeverFailsARequest() throws IOException {
        Context broken = (Context) Proxy.newProxyInstance(
                Context.class.getClassLoader(), new Class<?>[] {Context.class}, (proxy, method, arguments) -> {
                    throw new IllegalStateException("not today");
                });
        assertThat(call(handler, broken)).isEqualTo(Json.read(Application.REPLY));
        assertThat(call(handler, null)).isEqualTo(Json.read(Application.REPLY));
    }

    @Test
    void tenThousandDamagedBlocksAreAllAnsweredByTheApplication() throws IOException {
        Random random = new Random(20261121);
        String sound = "{\"v\":1,\"burst\":\"0f8c\",\"of\":2,\"release_at_ms\":1795305600123,\"max_hold_ms\":0}";
        for (int i = 0; i < 10_000; i++) {
            assertThat(ping(damaged(sound, random)).get("statusCode").asInt()).isEqualTo(200);
        }
        assertThat(application.paths).hasSize(10_000);
    }

    @Test
    void aWrongSettingSaysWhatToWrite() {
        assertThatThrownBy(() -> Settings.from(Map.of("CARETAKER_PINGS", "rute"))).hasMessageContaining("route or checks");
        assertThatThrownBy(() -> Settings.from(Map.of("CARETAKER_PRIME", "products"))).hasMessageContaining("\"/products\"");
        assertThat(Settings.from(Map.of("CARETAKER_MAX_HOLD_MS", "soon")).maxHold()).isEqualTo(Duration.ofSeconds(2));
        assertThatThrownBy(() -> LambdaHandler.named(null)).hasMessageContaining("CARETAKER_HANDLER is not set");
        assertThatThrownBy(() -> LambdaHandler.named("shop.Absent")).hasMessageContaining("shop.Absent");
    }

    private static String damaged(String text, Random random) {
        char[] letters = text.toCharArray();
        int blows = 1 + random.nextInt(3);
        for (int i = 0; i < blows; i++) {
            letters[random.nextInt(letters.length)] = (char) (32 + random.nextInt(95));
        }
        return new String(letters);
    }

    private JsonNode ping(String block) throws IOException {
        return call(handler, Wire.ping(block));
    }

    private static JsonNode call(RequestStreamHandler handler, Context context) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        handler.handleRequest(new ByteArrayInputStream(EVENT.getBytes(UTF_8)), output, context);
        return Json.read(output.toByteArray());
    }

    /** An application that notes what it was asked. */
    private static final class Application implements RequestStreamHandler {

        static final String REPLY = "{\"statusCode\":200,\"body\":\"\"}";
        final List<InputStream> inputs = new ArrayList<>();
        final List<String> paths = new ArrayList<>();
        String reply = REPLY;
        RuntimeException failure;
        String failingPath;

        @Override
        public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
            inputs.add(input);
            String path = Json.read(input.readAllBytes()).path("rawPath").asText();
            paths.add(path);
            if (failure != null) {
                throw failure;
            }
            if (path.equals(failingPath)) {
                throw new IOException("no such table");
            }
            output.write(reply.getBytes(UTF_8));
        }
    }
}
