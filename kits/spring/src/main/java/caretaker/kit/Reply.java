package caretaker.kit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Puts the evidence into the application's reply. */
final class Reply {

    private Reply() {}

    /** The reply with one more top-level key; a reply that is no JSON object goes under {@code reply} beside it. */
    static byte[] with(byte[] reply, Evidence evidence) throws JsonProcessingException {
        JsonNode value = valueOf(reply);
        ObjectNode answer = value instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
        answer.set(Block.KEY, Json.tree(evidence));
        if (answer != value) {
            answer.set("reply", value);
        }
        return Json.write(answer);
    }

    /** The status that an HTTP reply carries; 0 when there is none. */
    static int status(byte[] reply) {
        return valueOf(reply).path("statusCode").asInt(0);
    }

    private static JsonNode valueOf(byte[] reply) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        if (reply.length == 0) {
            return nodes.nullNode();
        }
        try {
            return Json.read(reply);
        } catch (IOException notJson) {
            return nodes.textNode(new String(reply, StandardCharsets.UTF_8));
        }
    }
}
