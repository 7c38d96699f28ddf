package caretaker.kit;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How the kit behaves in one function.
 *
 * @param maxHold the longest that a ping may keep this environment busy
 * @param pings what runs when a ping comes
 * @param prime paths ("/products/1") that are replayed in a new environment behind its first ping, and before a
 *     SnapStart snapshot is taken; they must be safe to ask for at any time
 * @param host the host name of the requests that prime a snapshot, where no ping has named one yet
 * @param primeAtInit replay the paths at the end of every init as well; init then takes that much longer
 * @param otherWarmers answer the pings of other warmers too, instead of the application
 */
public record Settings(
        Duration maxHold, Pings pings, List<String> prime, String host, boolean primeAtInit, boolean otherWarmers) {

    /** What runs when a ping comes. */
    public enum Pings {
        /** The application, with the ping's event: for handlers with routes. */
        ROUTE,
        /** The checks of {@link PingChecks}, never the application: for functions whose events are no HTTP requests. */
        CHECKS
    }

    private static final Duration DEFAULT_MAX_HOLD = Duration.ofSeconds(2);

    public Settings {
        prime = List.copyOf(prime);
        for (String path : prime) {
            if (!path.startsWith("/")) {
                throw new IllegalArgumentException(
                        "caretaker: a path to prime is \"" + path + "\"; write it from the root, as in \"/" + path + "\"");
            }
        }
    }

    /** Route-through, a hold of two seconds at most, nothing primed. */
    public static Settings defaults() {
        return new Settings(DEFAULT_MAX_HOLD, Pings.ROUTE, List.of(), "localhost", false, true);
    }

    /**
     * The settings that the function's variables give: {@code CARETAKER_MAX_HOLD_MS}, {@code CARETAKER_PINGS} (route or
     * checks), {@code CARETAKER_PRIME} (paths with commas between them), {@code CARETAKER_HOST},
     * {@code CARETAKER_PRIME_AT_INIT} and {@code CARETAKER_OTHER_WARMERS} (true or false).
     *
     * @throws IllegalArgumentException for a value that none of them can have
     */
    public static Settings from(Map<String, String> variables) {
        Settings defaults = defaults();
        return new Settings(
                maxHold(variables.get("CARETAKER_MAX_HOLD_MS"), defaults.maxHold()),
                pings(variables.getOrDefault("CARETAKER_PINGS", "route")),
                paths(variables.getOrDefault("CARETAKER_PRIME", "")),
                variables.getOrDefault("CARETAKER_HOST", defaults.host()),
                Boolean.parseBoolean(variables.get("CARETAKER_PRIME_AT_INIT")),
                Boolean.parseBoolean(variables.getOrDefault("CARETAKER_OTHER_WARMERS", "true")));
    }

    /** The same with other paths to prime. */
    public Settings withPrime(String... paths) {
        return new Settings(maxHold, pings, List.of(paths), host, primeAtInit, otherWarmers);
    }

    /** The same with the host name that the application expects. */
    public Settings withHost(String name) {
        return new Settings(maxHold, pings, prime, name, primeAtInit, otherWarmers);
    }

    /** The same with pings answered in another way. */
    public Settings withPings(Pings other) {
        return new Settings(maxHold, other, prime, host, primeAtInit, otherWarmers);
    }

    /** The same with other warmers' pings left to the application. */
    public Settings withoutOtherWarmers() {
        return new Settings(maxHold, pings, prime, host, primeAtInit, false);
    }

    private static Duration maxHold(String given, Duration otherwise) {
        return given == null || !given.matches("[0-9]{1,6}") ? otherwise : Duration.ofMillis(Long.parseLong(given));
    }

    private static Pings pings(String given) {
        return switch (given) {
            case "route" -> Pings.ROUTE;
            case "checks" -> Pings.CHECKS;
            default -> throw new IllegalArgumentException(
                    "caretaker: CARETAKER_PINGS is \"" + given + "\"; give it the value route or checks");
        };
    }

    private static List<String> paths(String given) {
        return Arrays.stream(given.split(",")).map(String::strip).filter(path -> !path.isEmpty()).toList();
    }
}
