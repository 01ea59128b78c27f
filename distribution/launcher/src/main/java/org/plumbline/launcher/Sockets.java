package org.plumbline.launcher;

import java.nio.file.Path;

/** Where the sockets of this user's running jobs are. */
final class Sockets {
    private Sockets() {}

    /** Below the system's folder for such things, which is private to the user, or else below the temporary one. */
    static Path folder() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        return runtime == null || runtime.isBlank()
                ? Path.of(System.getProperty("java.io.tmpdir"), "plumbline-run-" + System.getProperty("user.name"))
                : Path.of(runtime, "plumbline");
    }
}
