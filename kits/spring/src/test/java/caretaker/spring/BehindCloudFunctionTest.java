package caretaker.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import caretaker.kit.Settings;
import caretaker.kit.Settings.Pings;
import caretaker.kit.WarmableHandler;
import caretaker.kit.Wire;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.function.adapter.aws.FunctionInvoker;
import org.springframework.cloud.function.serverless.web.ServerlessAutoConfiguration;
import org.springframework.context.annotation.Bean;

/** A function of Spring Cloud Function: its events are no HTTP requests, so a ping asks the checks instead. */
class BehindCloudFunctionTest {

    private static final AtomicInteger ORDERS = new AtomicInteger();
    private static RequestStreamHandler invoker;

    // AWS's container, which other tests need, is on the class path as well; a function has only one of the two.
    @SpringBootApplication(exclude = ServerlessAutoConfiguration.class)
    static class Application {

        @Bean
        Function<Map<String, String>, Map<String, String>> order() {
            return order -> {
                ORDERS.incrementAndGet();
                return Map.of("ordered", order.getOrDefault("item", "nothing"));
            };
        }
    }

    @BeforeAll
    static void start() {
        System.setProperty("MAIN_CLASS", Application.class.getName());
        System.setProperty("spring.cloud.function.definition", "order");
        invoker = new FunctionInvoker();
    }

    @AfterAll
    static void forget() {
        System.clearProperty("MAIN_CLASS");
        System.clearProperty("spring.cloud.function.definition");
    }

    @BeforeEach
    void noOrders() {
        ORDERS.set(0);
    }

    @Test
    void aPingAsksTheChecksAndNeverRunsTheFunction() throws IOException {
        JsonNode answer = call(Pings.CHECKS, "{\"source\":\"caretaker\"}", Wire.ping(Wire.block(0)));
        assertThat(answer.get("statusCode").asInt()).isEqualTo(200);
        assertThat(answer.get("body").asText()).contains("\"dataSource\":\"UP\"");
        assertThat(answer.at("/caretaker/environment").asText()).isNotEmpty();
        assertThat(ORDERS).hasValue(0);
    }

    @Test
    void anEventThatIsNoPingRunsTheFunctionAlone() throws IOException {
        JsonNode answer = call(Pings.CHECKS, "{\"item\":\"knife\"}", Wire.request());
        assertThat(answer).isEqualTo(new ObjectMapper().readTree("{\"ordered\":\"knife\"}"));
        assertThat(ORDERS).hasValue(1);
    }

    @Test
    void aServicesOwnPayloadGoesThroughTheFunctionWherePingsAreRouted() throws IOException {
        JsonNode answer = call(Pings.ROUTE, "{\"item\":\"knife\"}", Wire.ping(Wire.block(0)));
        assertThat(answer.get("ordered").asText()).isEqualTo("knife");
        assertThat(answer.get("caretaker").isObject()).isTrue();
        assertThat(ORDERS).hasValue(1);
    }

    private static JsonNode call(Pings pings, String event, Context context) throws IOException {
        WarmableHandler handler = new WarmableHandler(invoker, Settings.defaults().withPings(pings));
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        handler.handleRequest(new ByteArrayInputStream(event.getBytes(UTF_8)), output, context);
        return new ObjectMapper().readTree(output.toByteArray());
    }
}
