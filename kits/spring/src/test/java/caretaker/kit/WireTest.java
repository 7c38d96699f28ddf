package caretaker.kit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The kit against the golden files that the warmer and every other kit read. */
class WireTest {

    @TestFactory
    Stream<DynamicTest> aBlockIsReadAsTheContractSays() throws IOException {
        return Wire.cases("blocks.json").map(golden -> DynamicTest.dynamicTest(golden.get("name").asText(), () -> {
            JsonNode expected = golden.get("expect");
            Optional<Block> block = Block.of(Wire.context(golden.get("client_context")));
            assertThat(block.isPresent()).isEqualTo(expected.get("ping").asBoolean());
            Block asked = block.orElse(Block.NOTHING_ASKED);
            double holdMs = asked.holdMs(number(golden, "now_ms"), number(golden, "remaining_ms"), number(golden, "limit_ms"));
            assertThat(holdMs).isEqualTo(number(expected, "hold_ms"));
            assertThat(asked.prime()).isEqualTo(texts(expected.get("prime")));
        }));
    }

    @TestFactory
    Stream<DynamicTest> whatTheWarmerSendsIsUnderstood() throws IOException {
        return Wire.cases("pings.json").map(golden -> DynamicTest.dynamicTest(golden.get("name").asText(), () -> {
            String header = new String(Base64.getDecoder().decode(golden.get("header").asText()), StandardCharsets.UTF_8);
            Block block = Block.of(Wire.context(Json.read(header))).orElseThrow();
            JsonNode sent = golden.get("ping");
            assertThat(block.releaseAtMs()).isEqualTo(number(golden, "release_at_ms"));
            assertThat(block.maxHoldMs()).isEqualTo(number(sent, "max_hold_ms"));
            assertThat(block.prime()).isEqualTo(texts(sent.get("prime")));
        }));
    }

    @TestFactory
    Stream<DynamicTest> anAnswerCarriesTheEvidenceAsTheContractSays() throws IOException {
        return Wire.cases("replies.json").map(golden -> DynamicTest.dynamicTest(golden.get("name").asText(), () -> {
            byte[] answer = Reply.with(Json.write(golden.get("application")), evidence(golden.get("evidence")));
            assertThat(Json.read(answer)).isEqualTo(Json.read(Json.write(golden.get("answer"))));
        }));
    }

    private static Evidence evidence(JsonNode golden) {
        return new Evidence(
                golden.get("environment").asText(),
                golden.get("arrived_ms").asLong(),
                golden.get("cold").asBoolean(),
                golden.get("age_ms").asLong(),
                optional(golden.get("init_ms")),
                golden.get("invocations").asLong(),
                optional(golden.get("last_request_ms")),
                golden.get("held_ms").asLong());
    }

    private static Long optional(JsonNode number) {
        return number.isNull() ? null : number.asLong();
    }

    private static double number(JsonNode fields, String name) {
        return fields.get(name).doubleValue();
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
    }
}
