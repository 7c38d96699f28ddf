package caretaker.kit;

import caretaker.kit.ExecutionEnvironment.Arrival;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.crac.Core;
import org.crac.Resource;

/**
 * A handler around your own, able to answer Caretaker's pings.
 *
 * <pre>{@code
 * public class Handler extends WarmableHandler {
 *     public Handler() throws ContainerInitializationException {
 *         super(new SpringDelegatingLambdaContainerHandler(Application.class));
 *     }
 * }
 * }</pre>
 *
 * <p>A request that is no ping goes to your handler with its own streams, untouched, and its exception comes back. Pings
 * of other warmers are answered as each of them expects, without your handler, unless the settings leave them to it. A ping
 * runs through the application first; then the environment stays busy until the instant that all pings of the burst
 * share, and the reply carries the evidence. An exception of the application in a ping is thrown again, after the hold:
 * the ping must be seen to have failed, and an environment that was free again early would take a second ping of the
 * same burst.
 */
public class WarmableHandler implements RequestStreamHandler {

    private static final Log LOG = LogFactory.getLog(WarmableHandler.class);

    private final RequestStreamHandler application;
    private final Settings settings;
    private final Clock clock;
    private final ExecutionEnvironment environment;
    // The runtime holds resources weakly: without this field a garbage collection would take the hook away.
    private final Resource snapshot;

    /** Around {@code application}, with the settings that the function's variables give. */
    public WarmableHandler(RequestStreamHandler application) {
        this(application, Settings.from(System.getenv()));
    }

    /** Around {@code application}, with these settings. */
    public WarmableHandler(RequestStreamHandler application, Settings settings) {
        this(application, settings, Clock.systemUTC());
    }

    WarmableHandler(RequestStreamHandler application, Settings settings, Clock clock) {
        this.application = application;
        this.settings = settings;
        this.clock = clock;
        this.environment = new ExecutionEnvironment(clock);
        this.snapshot = new Snapshot(environment, this::primeWithoutPing);
        Core.getGlobalContext().register(snapshot);
        if (settings.primeAtInit()) {
            primeWithoutPing();
        }
        environment.initialised();
    }

    @Override
    public final void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        Arrival arrival = environment.arrive();
        Optional<Block> block = blockOf(context);
        if (block.isPresent()) {
            servePing(input.readAllBytes(), output, context, block.get(), arrival);
            return;
        }
        Optional<ForeignPing> foreign = settings.otherWarmers() ? ForeignPing.in(input) : Optional.empty();
        if (foreign.isPresent()) {
            serveForeign(foreign.get(), output, context);
            return;
        }
        try {
            application.handleRequest(input, output, context);
        } finally {
            environment.servedARequest();
        }
    }

    /** What the runtime calls around a SnapStart snapshot; for tests. */
    final Resource snapshot() {
        return snapshot;
    }

    private void servePing(byte[] event, OutputStream output, Context context, Block block, Arrival arrival)
            throws IOException {
        byte[] reply;
        try {
            long started = System.nanoTime();
            reply = answer(event, context);
            if (arrival.cold()) {
                prime(event, context, block, System.nanoTime() - started);
            }
        } catch (IOException | RuntimeException failed) {
            hold(block, context);
            throw failed;
        }
        long heldMs = hold(block, context);
        output.write(withEvidence(reply, arrival, heldMs));
    }

    private void serveForeign(ForeignPing ping, OutputStream output, Context context) throws IOException {
        if (ping.fanOut() > 1) {
            LOG.warn("caretaker: a warmer asks this environment to invoke " + (ping.fanOut() - 1)
                    + " others, which the kit does not do; let it send its pings itself");
        }
        hold(new Block(clock.millis() + (double) ping.holdMs(), ping.holdMs(), List.of()), context);
        JsonNode named = JsonNodeFactory.instance.objectNode().put("serverId", environment.id()).put("type", "warmer");
        output.write(Json.write(ping.wantsId() ? named : ping.reply()));
    }

    private byte[] answer(byte[] event, Context context) throws IOException {
        return switch (settings.pings()) {
            case CHECKS -> PingChecks.answer();
            case ROUTE -> route(event, context);
        };
    }

    private byte[] route(byte[] event, Context context) throws IOException {
        ByteArrayOutputStream reply = new ByteArrayOutputStream();
        application.handleRequest(new ByteArrayInputStream(event), reply, context);
        return reply.toByteArray();
    }

    /** Replay the paths, while the time left would cover the slowest run so far once more. */
    private void prime(byte[] event, Context context, Block block, long slowestNanos) {
        Set<String> paths = new LinkedHashSet<>(block.prime());
        paths.addAll(settings.prime());
        if (paths.isEmpty() || settings.pings() == Settings.Pings.CHECKS) {
            return;
        }
        JsonNode pinged;
        try {
            pinged = Json.read(event);
        } catch (IOException notJson) {
            return;
        }
        long slowest = slowestNanos;
        for (String path : paths) {
            if (remainingMs(context) - Block.RESERVE_MS <= TimeUnit.NANOSECONDS.toMillis(slowest)) {
                LOG.warn("caretaker: " + path + " and what follows it not primed: the function's timeout is near");
                return;
            }
            long started = System.nanoTime();
            Replay.of(pinged, path).ifPresent(replayed -> replay(path, replayed, context));
            slowest = Math.max(slowest, System.nanoTime() - started);
        }
    }

    /** Replay the settings' paths where no ping came: at init, and before a snapshot is taken. */
    private void primeWithoutPing() {
        List<String> paths = settings.pings() == Settings.Pings.CHECKS ? List.of() : settings.prime();
        for (String path : paths) {
            replay(path, Replay.fresh(path, settings.host()), new PrimingContext());
        }
    }

    private void replay(String path, JsonNode event, Context context) {
        try {
            int status = Reply.status(route(Json.write(event), context));
            if (status >= 300) {
                LOG.warn("caretaker: priming " + path + " was answered " + status);
            }
        } catch (IOException | RuntimeException error) {
            // Priming is a favour: neither a ping nor a snapshot fails because of it.
            LOG.warn("caretaker: priming " + path + " failed", error);
        }
    }

    /** Stay busy until the release instant, within every limit; the milliseconds that it took. */
    private long hold(Block block, Context context) {
        double holdMs = block.holdMs(clock.millis(), remainingMs(context), settings.maxHold().toMillis());
        if (holdMs <= 0) {
            return 0;
        }
        long started = System.nanoTime();
        try {
            TimeUnit.NANOSECONDS.sleep((long) (holdMs * 1_000_000));
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
    }

    private byte[] withEvidence(byte[] reply, Arrival arrival, long heldMs) {
        try {
            return Reply.with(reply, environment.evidence(arrival, heldMs));
        } catch (IOException | RuntimeException error) {
            // An answer without evidence warms all the same.
            LOG.warn("caretaker: no evidence", error);
            return reply;
        }
    }

    private static Optional<Block> blockOf(Context context) {
        try {
            return Block.of(context);
        } catch (RuntimeException odd) {
            // A context of another make is no reason to fail a real request.
            return Optional.empty();
        }
    }

    /** The invocation's time left. A context that cannot tell gives 0: no hold, rather than a timeout. */
    private static long remainingMs(Context context) {
        try {
            return context.getRemainingTimeInMillis();
        } catch (RuntimeException odd) {
            return 0;
        }
    }

    /** Primes before the snapshot, so that every clone of it is warm, and makes each clone an environment of its own. */
    private record Snapshot(ExecutionEnvironment environment, Runnable prime) implements Resource {

        @Override
        public void beforeCheckpoint(org.crac.Context<? extends Resource> context) {
            prime.run();
        }

        @Override
        public void afterRestore(org.crac.Context<? extends Resource> context) {
            environment.afterRestore();
        }
    }
}
