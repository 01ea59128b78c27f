package org.plumbline.launcher;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.progress.Interruption;
import org.plumbline.launcher.console.ConsoleProgress;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/** Entry point of the command line. */
@Command(
        name = "plumbline",
        description = "Fine-tunes diffusion models from a reward, with gradient estimators you can swap and measure.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Main.Version.class)
public final class Main {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Interruption interruption;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Log much, and print the trace of a failure.")
    private boolean debug;

    @Option(
            names = "--plugins",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "Look for plugin jars here too, instead of in ~/.plumbline/plugins.")
    private @Nullable Path plugins;

    private Main(Interruption interruption) {
        this.interruption = interruption;
    }

    public static void main(String[] arguments) {
        System.exit(run(
                arguments,
                List.of(
                        new StudyCommand(),
                        new TrainCommand(),
                        new SampleCommand(),
                        new GradientsCommand(),
                        new ReportCommand(),
                        new PretrainCommand(),
                        new BackendCommand(),
                        new DemoCommand(),
                        new PluginsCommand(),
                        new WhyCommand(),
                        new DoctorCommand(),
                        new ModelCommand())));
    }

    /** Runs one of these commands, and ends it cleanly when the process is asked to stop. */
    static int run(String[] arguments, List<Object> commands) {
        Interruption interruption = new Interruption();
        StopSignal signal = new StopSignal(interruption, System.err, PATIENCE);
        try {
            return commandLine(interruption, commands).execute(arguments);
        } finally {
            signal.workFinished();
        }
    }

    /** The command line with these commands. */
    static CommandLine commandLine(Interruption interruption, List<Object> commands) {
        Main main = new Main(interruption);
        CommandLine commandLine = new CommandLine(main);
        commands.forEach(commandLine::addSubcommand);
        Failures failures = new Failures(main);
        return commandLine
                .setExecutionStrategy(main::execute)
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures)
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    boolean debug() {
        return debug;
    }

    private int execute(ParseResult parsed) {
        Integer help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        List<CommandLine> asked = parsed.asCommandLineList();
        CommandLine last = asked.get(asked.size() - 1);
        if (last.getCommand() instanceof LocalCommand command) {
            int code = command.run(last.getOut());
            last.getOut().flush();
            return code;
        }
        if (!(last.getCommand() instanceof HostedCommand command)) {
            last.usage(last.getOut());
            return 0;
        }
        if (debug) {
            // Read by logback.xml when the first logger is made, which is in the host.
            System.setProperty("plumbline.log.level", "DEBUG");
        }
        try (Host host = Host.start(Host.Settings.of(home(), morePlugins()))) {
            int code = command.run(
                    new Invocation(host, last.getOut(), ConsoleProgress.on(System.err, System.getenv()), interruption));
            last.getOut().flush();
            return code;
        } catch (OutOfMemoryError full) {
            throw new CommandLine.ExecutionException(
                    last,
                    "out of memory",
                    PlumblineException.of(StandardError.OUT_OF_MEMORY)
                            .asked("the Java heap is full")
                            .available(Runtime.getRuntime().maxMemory() / (1 << 20) + " MiB")
                            .remedy("raise -Xmx in PLUMBLINE_JAVA_OPTIONS, or use a smaller batch")
                            .cause(full)
                            .build());
        } catch (Exception failure) {
            throw new CommandLine.ExecutionException(last, failure.toString(), failure);
        }
    }

    private Path morePlugins() {
        return plugins != null ? plugins : Path.of(System.getProperty("user.home"), ".plumbline", "plugins");
    }

    private static Path home() {
        String home = System.getProperty("plumbline.home");
        if (home == null) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("the system property plumbline.home does not name the distribution's folder")
                    .remedy("start with the plumbline script")
                    .build();
        }
        return Path.of(home).toAbsolutePath().normalize();
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {
                "Plumbline " + (version == null ? "(not packaged)" : version),
                "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
            };
        }
    }
}
