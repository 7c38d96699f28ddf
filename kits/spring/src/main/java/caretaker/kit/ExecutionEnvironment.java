package caretaker.kit;

import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;

/**
 * What is known of this execution environment: its id, its age, what it has served. One per process.
 *
 * <p>The id is made at the first invocation, never at class loading: what is made at init would be in a SnapStart
 * snapshot, and every clone of that snapshot would carry it. {@link #afterRestore} makes a new life of it.
 */
final class ExecutionEnvironment {

    /** An initialisation cannot be longer; a greater number is none. */
    private static final Duration LONGEST_INIT = Duration.ofMinutes(15);

    /** One invocation as the kit saw it come in. */
    record Arrival(long arrivedMs, boolean cold, long invocations) {}

    private final Clock clock;
    private String id;
    private long readyMs;
    private Long initMs;
    private long invocations;
    private Long lastRequestMs;

    ExecutionEnvironment(Clock clock) {
        this.clock = clock;
        this.readyMs = clock.millis();
    }

    /** The application is loaded, as far as the kit can see: it is being wrapped. */
    synchronized void initialised() {
        readyMs = clock.millis();
        initMs = sinceStart();
    }

    /** Count an invocation, ping or not. */
    synchronized Arrival arrive() {
        invocations++;
        return new Arrival(clock.millis(), invocations == 1, invocations);
    }

    /** The invocation that just ended was no ping. */
    synchronized void servedARequest() {
        lastRequestMs = clock.millis();
    }

    /** What the reply to a ping says. */
    synchronized Evidence evidence(Arrival arrival, long heldMs) {
        return new Evidence(
                id(),
                arrival.arrivedMs(),
                arrival.cold(),
                Math.max(0, arrival.arrivedMs() - readyMs),
                initMs,
                arrival.invocations(),
                lastRequestMs == null ? null : Math.max(0, arrival.arrivedMs() - lastRequestMs),
                heldMs);
    }

    /** Forget everything: this process is a new execution environment. Runs in every clone of a snapshot. */
    synchronized void afterRestore() {
        id = null;
        readyMs = clock.millis();
        initMs = null;
        invocations = 0;
        lastRequestMs = null;
    }

    /** 32 hex digits, made when they are first asked for. */
    synchronized String id() {
        if (id == null) {
            byte[] random = new byte[16];
            // Made here and not kept: a generator from before a snapshot would give every clone the same numbers.
            new SecureRandom().nextBytes(random);
            id = HexFormat.of().formatHex(random);
        }
        return id;
    }

    /** Milliseconds since the virtual machine started. */
    private static Long sinceStart() {
        // Spring Boot asks the same bean for its start-up line, so the question costs nothing more.
        long uptimeMs = ManagementFactory.getRuntimeMXBean().getUptime();
        return uptimeMs > LONGEST_INIT.toMillis() ? null : uptimeMs;
    }
}
