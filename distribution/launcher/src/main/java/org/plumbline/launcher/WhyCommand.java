package org.plumbline.launcher;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.Unavailable;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.settings.Spelling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code plumbline why}: the state of one plugin, and, if it cannot be used, the chain of reasons. */
@Command(name = "why", description = "Says why a plugin is not available.")
final class WhyCommand implements HostedCommand {
    @Parameters(paramLabel = "ID", description = "a plugin's id, or the name of a jar, bundle or class")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String id;

    @Override
    public int run(Invocation invocation) {
        PrintWriter out = invocation.out();
        var catalog = invocation.host().catalog();
        List<PluginDescription> available =
                catalog.list().stream().filter(this::isMeant).toList();
        List<Unavailable> problems =
                catalog.problems().stream().filter(this::isMeant).toList();
        if (available.isEmpty() && problems.isEmpty()) {
            List<String> known = new ArrayList<>(
                    catalog.list().stream().map(PluginDescription::id).toList());
            known.addAll(catalog.problems().stream().map(Unavailable::what).toList());
            throw PlumblineException.of(StandardError.UNKNOWN_PLUGIN)
                    .asked("no jar provides '" + id + "'"
                            + Spelling.nearest(id, known)
                                    .map(near -> "; did you mean '" + near + "'?")
                                    .orElse(""))
                    .available(known.stream().distinct().sorted().collect(Collectors.joining(", ")))
                    .remedy("put its jar into one of "
                            + invocation.host().pluginFolders().stream()
                                    .map(Object::toString)
                                    .collect(Collectors.joining(", ")))
                    .build();
        }
        available.forEach(plugin -> out.println(plugin + " is available: " + plugin.description()));
        for (Unavailable problem : problems) {
            out.println("'" + problem.what() + "' is not available:");
            String indent = "  ";
            for (String reason : problem.reasons()) {
                out.println(indent + reason);
                indent += "  ";
            }
        }
        return 0;
    }

    private boolean isMeant(PluginDescription plugin) {
        return plugin.id().equals(id) || plugin.bundle().equals(id);
    }

    /** The id is the name of the problem or one of the words that explain it, such as a bundle's name. */
    private boolean isMeant(Unavailable problem) {
        return problem.what().equals(id)
                || problem.what().startsWith(id + " ")
                || problem.reasons().stream()
                        .flatMap(reason -> Arrays.stream(reason.split("[\\s,;:']+", -1)))
                        .anyMatch(id::equals);
    }
}
