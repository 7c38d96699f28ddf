package caretaker.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.actuate.health.Status;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.datasource.AbstractDataSource;

class WarmChecksTest {

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    DataSourceAutoConfiguration.class, JacksonAutoConfiguration.class, CaretakerAutoConfiguration.class));

    @Test
    void everyDataSourceIsOpenedAndJacksonIsUsed() {
        application.withPropertyValues("spring.datasource.url=jdbc:h2:mem:checks").run(context -> assertThat(
                        context.getBean(WarmChecks.class).run())
                .containsExactly(entry("dataSource", true), entry("jackson", true)));
    }

    @Test
    void aDatabaseThatCannotBeOpenedIsDown() {
        application.withBean("shopDatabase", DataSource.class, Unreachable::new).run(context -> {
            assertThat(context.getBean(HealthIndicator.class).health().getStatus()).isEqualTo(Status.DOWN);
            assertThat(context.getBean(HealthIndicator.class).health().getDetails().toString()).doesNotContain("hunter2");
        });
    }

    @Test
    void anIgnoredDataSourceIsLeftAlone() {
        Unreachable database = new Unreachable();
        application
                .withBean("archive", DataSource.class, () -> database)
                .withPropertyValues("caretaker.ignored-data-sources=archive")
                .run(context -> assertThat(context.getBean(WarmChecks.class).run()).containsOnlyKeys("jackson"));
        assertThat(database.asked).hasValue(0);
    }

    @Test
    void aCheckThatHangsIsGivenUpAndTheNextOneRuns() {
        CountDownLatch never = new CountDownLatch(1);
        WarmChecks checks = new WarmChecks(
                List.of(WarmCheck.of("hangs", never::await), WarmCheck.of("next", () -> {})), Duration.ofSeconds(1));
        assertThat(checks.run()).containsExactly(entry("hangs", false), entry("next", true));
    }

    /** A database that nobody can reach. */
    private static final class Unreachable extends AbstractDataSource {

        final AtomicInteger asked = new AtomicInteger();

        @Override
        public Connection getConnection() throws SQLException {
            asked.incrementAndGet();
            throw new SQLException("no route to the host with password hunter2");
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return getConnection();
        }
    }
}
