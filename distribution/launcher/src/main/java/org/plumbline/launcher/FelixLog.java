package org.plumbline.launcher;

import org.apache.felix.framework.Logger;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.slf4j.LoggerFactory;

/** Leads what the framework has to say into the log; by itself it would print to the console. */
final class FelixLog extends Logger {
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger("org.plumbline.framework");

    @Override
    @SuppressWarnings("rawtypes") // so declared by Felix
    protected void doLog(
            @Nullable Bundle bundle,
            @Nullable ServiceReference reference,
            int level,
            String message,
            @Nullable Throwable failure) {
        String text = bundle == null ? message : bundle + ": " + message;
        switch (level) {
            case LOG_ERROR -> LOG.error(text, failure);
            case LOG_WARNING -> LOG.warn(text, failure);
            default -> LOG.debug(text, failure);
        }
    }
}
