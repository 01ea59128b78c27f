package org.plumbline.launcher;

/** A command that works with plugins. See the package description. */
interface HostedCommand {
    /**
     * Does what the user asked for.
     *
     * @return the exit code: 0, unless the outcome itself has another
     * @throws org.plumbline.spi.error.PlumblineException if it cannot be done; its kind has an exit code
     */
    int run(Invocation invocation) throws Exception;
}
