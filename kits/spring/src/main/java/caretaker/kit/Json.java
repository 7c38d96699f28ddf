package caretaker.kit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** JSON as the wire needs it: the kit's own mapper, so that no setting of the application's changes the contract. */
final class Json {

    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private Json() {}

    static JsonNode read(String text) throws JsonProcessingException {
        return MAPPER.readTree(text);
    }

    static JsonNode read(byte[] text) throws IOException {
        return MAPPER.readTree(text);
    }

    static byte[] write(JsonNode value) throws JsonProcessingException {
        return MAPPER.writeValueAsBytes(value);
    }

    static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }
}
