package caretaker.kit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.SequenceInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Other warmers' pings: each gets its own contract's answer, and nothing that only looks like one is taken for one. */
class ForeignPingTest {

    private static final RequestStreamHandler APPLICATION = (input, output, context) -> {
        output.write("\"application: ".getBytes(UTF_8));
        output.write(Integer.toString(input.readAllBytes().length).getBytes(UTF_8));
        output.write('"');
    };

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "{\"source\":\"serverless-plugin-warmup\"}|\"Lambda is warm!\"",
        "{\"warmer\":true,\"concurrency\":1}|\"warmed\"",
        "{\"warmer\":true,\"__WARMER_INVOCATION__\":2,\"__WARMER_CONCURRENCY__\":3,\"__WARMER_CORRELATIONID__\":\"a\"}|\"warmed\"",
        "\"#warmup wait=20\"|null",
        "\"#warmup\"|null",
    })
    void aPingOfAnotherWarmerGetsItsOwnAnswer(String event, String answer) throws IOException {
        assertThat(call(Settings.defaults(), event)).isEqualTo(Json.read(answer));
    }

    @Test
    void openNextIsToldWhichEnvironmentAnswered() throws IOException {
        String event = "{\"type\":\"warmer\",\"warmerId\":\"w\",\"index\":0,\"concurrency\":2,\"delay\":1}";
        JsonNode answer = call(Settings.defaults(), event);
        assertThat(answer.get("serverId").asText()).matches("[0-9a-f]{32}");
        assertThat(answer.get("type").asText()).isEqualTo("warmer");
    }

    @ParameterizedTest
    @CsvSource({"lambda-warmer, 75", "serverless-plugin-warmup, 0", "opennext, 75", "sst, 75", "thundra, 175"})
    void eachToolsPingIsKnownByItsShape(String tool, int holdMs) throws IOException {
        assertThat(ForeignPing.in(Wire.event(tool)).orElseThrow().holdMs()).isEqualTo(holdMs);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zappa-keep-warm", "universal", "http-v1", "http-v2", "alb", "direct"})
    void anEventOfAnotherKindIsNoForeignPing(String shape) throws IOException {
        assertThat(ForeignPing.in(Wire.event(shape))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"source\":\"serverless-plugin-warmup\",\"order\":7}",
        "{\"source\":\"aws.events\"}",
        "{\"warmer\":true,\"order\":7}",
        "{\"warmer\":\"true\"}",
        "{\"type\":\"warmer\"}",
        "\"#warmups\"",
        "[{\"warmer\":true}]",
        "{\"warmer\":",
        "",
        "null",
    })
    void whatOnlyLooksLikeOneGoesToTheApplicationWhole(String event) throws IOException {
        assertThat(call(Settings.defaults(), event)).isEqualTo(Json.read("\"application: " + event.length() + "\""));
    }

    @Test
    void aLongEventIsNotLookedInto() throws IOException {
        String event = "{\"warmer\":true,\"target\":\"" + "a".repeat(2000) + "\"}";
        assertThat(call(Settings.defaults(), event).asText()).isEqualTo("application: " + event.length());
    }

    @Test
    void aStreamThatCannotGoBackIsLeftAlone() throws IOException {
        byte[] event = "{\"warmer\":true}".getBytes(UTF_8);
        SequenceInputStream input =
                new SequenceInputStream(new ByteArrayInputStream(event), new ByteArrayInputStream(new byte[0]));
        assertThat(ForeignPing.in(input)).isEmpty();
        assertThat(input.readAllBytes()).isEqualTo(event);
    }

    @Test
    void theSettingsCanLeaveThemToTheApplication() throws IOException {
        assertThat(call(Settings.defaults().withoutOtherWarmers(), "{\"warmer\":true}").asText()).startsWith("application");
    }

    private static JsonNode call(Settings settings, String event) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        new WarmableHandler(APPLICATION, settings)
                .handleRequest(new ByteArrayInputStream(event.getBytes(UTF_8)), output, Wire.request());
        return Json.read(output.toByteArray());
    }
}
