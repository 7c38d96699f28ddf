package caretaker.spring;

/**
 * One thing that a user's first request needs and that a ping therefore opens. Make a bean of yours to add one.
 *
 * <p>It runs at every ping and at every call of the health group {@code warm}, so it must be cheap, safe and quick.
 */
public interface WarmCheck {

    /** What the check is called in the health group's details. */
    String name();

    /**
     * Opens it.
     *
     * @throws Exception when it cannot be used; the log says why, the public sees only that the check failed
     */
    void open() throws Exception;

    /** A check of that name that does this. */
    static WarmCheck of(String name, Opening opening) {
        return new WarmCheck() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public void open() throws Exception {
                opening.open();
            }
        };
    }

    /** What a check does. */
    @FunctionalInterface
    interface Opening {
        /** See {@link WarmCheck#open()}. */
        void open() throws Exception;
    }
}
