package caretaker.spring;

import java.util.Map;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;

/** The contributor {@code caretaker}: up when every check went well. Details hold names only, never messages. */
final class CaretakerHealthIndicator implements HealthIndicator {

    private final WarmChecks checks;

    CaretakerHealthIndicator(WarmChecks checks) {
        this.checks = checks;
    }

    @Override
    public Health health() {
        Map<String, Boolean> seen = checks.run();
        Health.Builder health = seen.containsValue(false) ? Health.down() : Health.up();
        seen.forEach((name, well) -> health.withDetail(name, well ? "UP" : "DOWN"));
        return health.build();
    }
}
