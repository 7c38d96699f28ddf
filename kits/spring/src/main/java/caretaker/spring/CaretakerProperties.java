package caretaker.spring;

import java.time.Duration;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The application's own settings for its checks.
 *
 * @param checkTimeout the longest that one check may take
 * @param ignoredDataSources names of DataSource beans that a ping must not open
 */
@ConfigurationProperties("caretaker")
public record CaretakerProperties(
        @DefaultValue("3s") Duration checkTimeout, @DefaultValue Set<String> ignoredDataSources) {}
