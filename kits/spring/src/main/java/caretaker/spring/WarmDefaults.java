package caretaker.spring;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Defaults, below everything that the application sets: the health group {@code warm} at {@code /warmz}, and a
 * DispatcherServlet that is made at init.
 *
 * <p>Source: Spring Boot reference, "Health Groups": liveness and readiness hold no external checks, and an additional
 * path has one segment.
 */
final class WarmDefaults implements EnvironmentPostProcessor {

    private static final Map<String, Object> DEFAULTS = Map.of(
            "management.endpoint.health.group.warm.include", "caretaker",
            "management.endpoint.health.group.warm.additional-path", "server:/warmz",
            "spring.mvc.servlet.load-on-startup", "1");

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        environment.getPropertySources().addLast(new MapPropertySource("caretakerDefaults", DEFAULTS));
    }
}
