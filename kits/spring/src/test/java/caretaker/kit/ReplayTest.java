package caretaker.kit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ReplayTest {

    private static final String REST = """
            {"httpMethod":"GET","path":"/warmz","headers":{"Host":"shop.example.com"},
             "queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":{"proxy":"warmz"},
             "requestContext":{"path":"/warmz","resourcePath":"/{proxy+}"},"body":null}""";

    @Test
    void aRestEventIsReplayedWithAnotherPathAndQuery() throws IOException {
        JsonNode event = Json.read(REST);
        JsonNode replayed = Replay.of(event, "/products/?page=2&page=3&q=caf%C3%A9+au&empty").orElseThrow();
        assertThat(replayed.get("path").asText()).isEqualTo("/products/");
        assertThat(replayed.at("/requestContext/path").asText()).isEqualTo("/products/");
        assertThat(replayed.at("/pathParameters/proxy").asText()).isEqualTo("products/");
        assertThat(replayed.get("queryStringParameters"))
                .isEqualTo(Json.read("{\"page\":\"3\",\"q\":\"café au\",\"empty\":\"\"}"));
        assertThat(replayed.get("multiValueQueryStringParameters"))
                .isEqualTo(Json.read("{\"page\":[\"2\",\"3\"],\"q\":[\"café au\"],\"empty\":[\"\"]}"));
        assertThat(event).isEqualTo(Json.read(REST));
    }

    @Test
    void anHttpEventIsReplayedWithAnotherPathAndQuery() {
        JsonNode replayed = Replay.of(Replay.fresh("/warmz", "shop.example.com"), "/products?page=2").orElseThrow();
        assertThat(replayed.get("rawPath").asText()).isEqualTo("/products");
        assertThat(replayed.at("/requestContext/http/path").asText()).isEqualTo("/products");
        assertThat(replayed.get("rawQueryString").asText()).isEqualTo("page=2");
        assertThat(replayed.has("queryStringParameters")).isFalse();
    }

    @Test
    void whatIsNoHttpEventIsNotReplayed() throws IOException {
        for (String event : new String[] {"{}", "null", "[]", "\"GET\"", "{\"httpMethod\":\"GET\"}", "{\"path\":\"/\"}"}) {
            assertThat(Replay.of(Json.read(event), "/products")).isEmpty();
        }
    }
}
