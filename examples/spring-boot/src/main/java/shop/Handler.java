package shop;

import caretaker.kit.WarmableHandler;
import com.amazonaws.serverless.exceptions.ContainerInitializationException;
import com.amazonaws.serverless.proxy.spring.SpringDelegatingLambdaContainerHandler;

/** The function's handler: AWS's own for Spring Boot, made warmable. */
public class Handler extends WarmableHandler {

    /** Starts the application, as Lambda's init does. */
    public Handler() throws ContainerInitializationException {
        super(new SpringDelegatingLambdaContainerHandler(Shop.class));
    }
}
