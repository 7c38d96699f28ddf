package caretaker.spring;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** Runs every {@link WarmCheck}, each by its name and within a limit of time. */
public final class WarmChecks {

    private static final Log LOG = LogFactory.getLog(WarmChecks.class);

    private final List<WarmCheck> checks;
    private final Duration limit;

    /** These checks, each of which may take {@code limit} at most. */
    public WarmChecks(List<WarmCheck> checks, Duration limit) {
        this.checks = List.copyOf(checks);
        this.limit = limit;
    }

    /** Each check's name and whether it went well, in their order. Never throws for what a check does. */
    public Map<String, Boolean> run() {
        Map<String, Boolean> seen = new LinkedHashMap<>();
        for (WarmCheck check : checks) {
            seen.put(check.name(), wentWell(check));
        }
        return seen;
    }

    private boolean wentWell(WarmCheck check) {
        FutureTask<Void> task = new FutureTask<>(() -> {
            check.open();
            return null;
        });
        // A thread of its own: a driver that hangs in a socket cannot be stopped, only left behind.
        Thread thread = new Thread(task, "caretaker-" + check.name());
        thread.setDaemon(true);
        thread.start();
        try {
            task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException failed) {
            LOG.warn("caretaker: the check " + check.name() + " failed", failed.getCause());
        } catch (TimeoutException slow) {
            LOG.warn("caretaker: the check " + check.name() + " took longer than " + limit.toMillis() + " ms");
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        task.cancel(true);
        return false;
    }
}
