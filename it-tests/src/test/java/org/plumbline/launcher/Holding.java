package org.plumbline.launcher;

import java.util.List;
import org.plumbline.kernel.progress.Progress;
import picocli.CommandLine.Command;

/** A program with one command, which works in short steps until it is asked to stop. In this package to see the launcher's own. */
@Command(name = "hold")
public final class Holding implements HostedCommand {
    public static void main(String[] arguments) {
        System.exit(Main.run(new String[] {"hold"}, List.of(new Holding())));
    }

    @Override
    public int run(Invocation invocation) throws InterruptedException {
        invocation.out().println("holding");
        invocation.out().flush();
        try (Progress.Task steps = invocation.progress().begin("holding", 0, "steps")) {
            for (int step = 0; ; step++) {
                Thread.sleep(300);
                steps.advance(step);
                if (invocation.interruption().stopRequested()) {
                    invocation.out().println("finished its step");
                }
                invocation.interruption().check();
            }
        }
    }
}
