package caretaker.kit;

import com.amazonaws.services.lambda.runtime.RequestStreamHandler;

/**
 * The handler for functions that change no code: it wraps the one that {@code CARETAKER_HANDLER} names.
 *
 * <p>Set the function's handler to {@code caretaker.kit.LambdaHandler::handleRequest} and the variable to your own class,
 * for example {@code com.amazonaws.serverless.proxy.spring.SpringDelegatingLambdaContainerHandler} or
 * {@code org.springframework.cloud.function.adapter.aws.FunctionInvoker}. The class is a {@link RequestStreamHandler} with
 * a public constructor without parameters, as Lambda itself asks for.
 */
public final class LambdaHandler extends WarmableHandler {

    /**
     * Makes the application's handler.
     *
     * @throws IllegalStateException when the variable names nothing that can be made
     */
    public LambdaHandler() {
        super(named(System.getenv("CARETAKER_HANDLER")));
    }

    static RequestStreamHandler named(String name) {
        if (name == null || name.isBlank()) {
            throw new IllegalStateException(
                    "caretaker: CARETAKER_HANDLER is not set; give it the name of your own handler's class");
        }
        String className = name.split("::", 2)[0].strip();
        try {
            return Class.forName(className).asSubclass(RequestStreamHandler.class).getConstructor().newInstance();
        } catch (ReflectiveOperationException | ClassCastException error) {
            throw new IllegalStateException(
                    "caretaker: CARETAKER_HANDLER names " + className
                            + ", which could not be made: it must be in the package, be a RequestStreamHandler and have a "
                            + "public constructor without parameters",
                    error);
        }
    }
}
