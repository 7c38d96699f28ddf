package caretaker.spring;

import caretaker.kit.PingChecks;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.context.WebApplicationContext;

/** The checks of every DataSource, of Jackson and of the application's own, behind the health contributor. */
@AutoConfiguration(after = {DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class})
@EnableConfigurationProperties(CaretakerProperties.class)
public class CaretakerAutoConfiguration {

    /** Every check there is: the DataSources, Jackson, then the application's own. */
    @Bean
    @ConditionalOnMissingBean
    public WarmChecks caretakerChecks(
            ListableBeanFactory beans, ObjectProvider<WarmCheck> own, CaretakerProperties properties) {
        List<WarmCheck> checks = new ArrayList<>();
        beans.getBeansOfType(DataSource.class).forEach((name, source) -> {
            if (!properties.ignoredDataSources().contains(name)) {
                checks.add(dataSource(name, source, properties));
            }
        });
        beans.getBeanProvider(ObjectMapper.class).ifUnique(mapper -> checks.add(jackson(mapper)));
        own.orderedStream().forEach(checks::add);
        return new WarmChecks(checks, properties.checkTimeout());
    }

    /** The contributor that the health group {@code warm} holds. */
    @Bean
    public HealthIndicator caretakerHealthIndicator(WarmChecks checks) {
        return new CaretakerHealthIndicator(checks);
    }

    /** Hands the checks to the handler, for functions whose pings go through no route. */
    @Bean
    public SmartInitializingSingleton caretakerPingChecks(WarmChecks checks) {
        return () -> PingChecks.use(checks::run);
    }

    private static WarmCheck dataSource(String name, DataSource source, CaretakerProperties properties) {
        int seconds = Math.toIntExact(Math.max(1, properties.checkTimeout().toSeconds()));
        return WarmCheck.of(name, () -> {
            try (Connection connection = source.getConnection()) {
                if (!connection.isValid(seconds)) {
                    throw new SQLException("the connection is not valid");
                }
            }
        });
    }

    private static WarmCheck jackson(ObjectMapper mapper) {
        return WarmCheck.of("jackson", () -> mapper.readTree(mapper.writeValueAsBytes(Map.of("warm", List.of(true)))));
    }

    /** What Actuator's endpoints need and a container that is no web server leaves out. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = Type.SERVLET)
    static class Web {

        /**
         * Names the application's context in the ServletContext, unless the container has done so.
         *
         * <p>Actuator's endpoints look it up there at every request. AWS's container for Spring Boot starts no web server,
         * and it is the web server's start that sets it; without this every endpoint answers 500 there.
         */
        @Bean
        ServletContextInitializer caretakerRootContext(WebApplicationContext context) {
            String name = WebApplicationContext.ROOT_WEB_APPLICATION_CONTEXT_ATTRIBUTE;
            return servlets -> {
                if (servlets.getAttribute(name) == null) {
                    servlets.setAttribute(name, context);
                }
            };
        }
    }
}
