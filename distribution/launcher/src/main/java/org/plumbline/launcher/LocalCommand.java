package org.plumbline.launcher;

import java.io.PrintWriter;

/** A command that needs no plugins of its own: it talks to a job that runs in another process. */
interface LocalCommand {
    /**
     * Does what the user asked for.
     *
     * @return the exit code
     * @throws org.plumbline.spi.error.PlumblineException if it cannot be done; its kind has an exit code
     */
    int run(PrintWriter out);
}
