/**
 * What makes a Lambda handler in Java warmable: the ping's block, the hold, the evidence.
 *
 * <p>Nothing in here knows Spring; {@code caretaker.spring} does.
 */
package caretaker.kit;
