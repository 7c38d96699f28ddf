/**
 * What makes a Spring Boot application answer pings well: the health group {@code warm} and its checks.
 *
 * <p>The hold and the evidence are not here but in {@code caretaker.kit}.
 */
package caretaker.spring;
