package shop;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** An ordinary Spring Boot application; nothing in it knows that it is warmed. */
@SpringBootApplication
public class Shop {}
