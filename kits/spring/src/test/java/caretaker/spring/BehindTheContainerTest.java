package caretaker.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import caretaker.kit.Settings;
import caretaker.kit.WarmableHandler;
import caretaker.kit.Wire;
import com.amazonaws.serverless.exceptions.ContainerInitializationException;
import com.amazonaws.serverless.proxy.spring.SpringDelegatingLambdaContainerHandler;
import com.amazonaws.services.lambda.runtime.Context;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A Spring Boot application behind AWS's own container, without a line of code for the health group. */
class BehindTheContainerTest {

    private static final AtomicInteger GREETINGS = new AtomicInteger();
    private static volatile boolean cellarOpen;
    private static WarmableHandler handler;

    @SpringBootApplication
    @RestController
    static class Application {

        @GetMapping("/greeting")
        String greeting() {
            GREETINGS.incrementAndGet();
            return "Hello";
        }

        @Bean
        WarmCheck cellar() {
            return WarmCheck.of("cellar", () -> {
                if (!cellarOpen) {
                    throw new IllegalStateException("the cellar's key is hunter2");
                }
            });
        }
    }

    @BeforeAll
    static void start() throws ContainerInitializationException {
        handler = new WarmableHandler(new SpringDelegatingLambdaContainerHandler(Application.class), Settings.defaults());
    }

    @BeforeEach
    void openTheCellar() {
        cellarOpen = true;
    }

    @Test
    void aPingOfTheHealthGroupIsHealthyAndCarriesEvidence() throws IOException {
        JsonNode answer = call("/warmz", Wire.ping(Wire.block(0)));
        assertThat(answer.get("statusCode").asInt()).isEqualTo(200);
        assertThat(answer.get("body").asText()).isEqualTo("{\"status\":\"UP\"}");
        assertThat(answer.at("/caretaker/environment").asText()).isNotEmpty();
    }

    @Test
    void aFailedCheckIsUnavailableAndSaysNoMore() throws IOException {
        cellarOpen = false;
        JsonNode answer = call("/warmz", Wire.ping(Wire.block(0)));
        assertThat(answer.get("statusCode").asInt()).isEqualTo(503);
        assertThat(answer.get("body").asText()).isEqualTo("{\"status\":\"DOWN\"}");
        assertThat(answer.get("caretaker").isObject()).isTrue();
    }

    @Test
    void aUserSeesNoEvidence() throws IOException {
        JsonNode answer = call("/greeting", Wire.request());
        assertThat(answer.get("body").asText()).isEqualTo("Hello");
        assertThat(answer.has("caretaker")).isFalse();
    }

    @Test
    void aPrimedRouteIsServedInTheNewEnvironment() throws Exception {
        WarmableHandler fresh = new WarmableHandler(handler, Settings.defaults());
        int before = GREETINGS.get();
        call(fresh, "/warmz", Wire.ping(Wire.block(0, "/greeting")));
        assertThat(GREETINGS.get()).isEqualTo(before + 1);
    }

    private static JsonNode call(String path, Context context) throws IOException {
        return call(handler, path, context);
    }

    private static JsonNode call(WarmableHandler handler, String path, Context context) throws IOException {
        String event = """
                {"version":"2.0","routeKey":"$default","rawPath":"PATH","rawQueryString":"",
                 "headers":{"host":"shop.example.com","x-forwarded-proto":"https","accept":"*/*"},
                 "requestContext":{"accountId":"anonymous","apiId":"shop","domainName":"shop.example.com","requestId":"1",
                  "http":{"method":"GET","path":"PATH","protocol":"HTTP/1.1","sourceIp":"127.0.0.1","userAgent":"test"},
                  "routeKey":"$default","stage":"$default","time":"24/Nov/2026:12:00:00 +0000","timeEpoch":1795521600000},
                 "isBase64Encoded":false}""".replace("PATH", path);
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        handler.handleRequest(new ByteArrayInputStream(event.getBytes(UTF_8)), output, context);
        return new ObjectMapper().readTree(output.toByteArray());
    }
}
