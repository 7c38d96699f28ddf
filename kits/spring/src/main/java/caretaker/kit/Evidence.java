package caretaker.kit;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * The {@code caretaker} block of the reply to a ping. Times in milliseconds.
 *
 * @param environment id of this execution environment
 * @param arrivedMs epoch milliseconds at which the kit saw the ping
 * @param cold whether this ping was the environment's first invocation
 * @param ageMs since the environment was initialised
 * @param initMs from the start of the process until the handler was there; null after a restore
 * @param invocations including this one
 * @param lastRequestMs since the last invocation that was no ping; null if there was none
 * @param heldMs how long the kit held
 */
@JsonPropertyOrder({"v", "environment", "arrived_ms", "cold", "age_ms", "init_ms", "invocations", "last_request_ms", "held_ms"})
record Evidence(
        String environment,
        @JsonProperty("arrived_ms") long arrivedMs,
        boolean cold,
        @JsonProperty("age_ms") long ageMs,
        @JsonProperty("init_ms") Long initMs,
        long invocations,
        @JsonProperty("last_request_ms") Long lastRequestMs,
        @JsonProperty("held_ms") long heldMs) {

    /** The contract's version. */
    @JsonProperty("v")
    int version() {
        return Block.VERSION;
    }
}
