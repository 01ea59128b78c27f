package org.plumbline.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.plugin.Unavailable;
import org.plumbline.launcher.console.SettingsTable;
import org.plumbline.launcher.console.Table;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.plumbline.toolkit.settings.SettingDescription;
import org.plumbline.toolkit.settings.SettingsBinder;
import org.plumbline.toolkit.settings.Spelling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code plumbline plugins}: which plugins there are, and which settings one of them has. */
@Command(name = "plugins", description = "Lists the plugins, or the settings of one.")
final class PluginsCommand implements HostedCommand {
    @Option(names = "--role", paramLabel = "ROLE", description = "Only these: ${COMPLETION-CANDIDATES}.")
    private @Nullable PluginRole role;

    @Option(names = "--settings", paramLabel = "ID", description = "List the settings of this plugin.")
    private @Nullable String settingsOf;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public int run(Invocation invocation) throws JsonProcessingException {
        PluginCatalog catalog = invocation.host().catalog();
        List<PluginDescription> plugins = catalog.list().stream()
                .filter(plugin -> role == null || plugin.role() == role)
                .toList();
        if (settingsOf != null) {
            plugins = plugins.stream()
                    .filter(plugin -> plugin.id().equals(settingsOf))
                    .toList();
            if (plugins.isEmpty()) {
                throw unknown(settingsOf, catalog);
            }
            printSettings(plugins, invocation.out());
        } else {
            printPlugins(plugins, catalog, new PluginProbe(catalog), invocation.out());
        }
        return 0;
    }

    // ---- plugins

    private void printPlugins(
            List<PluginDescription> plugins, PluginCatalog catalog, PluginProbe probe, PrintWriter out)
            throws JsonProcessingException {
        List<Unavailable> problems = catalog.problems();
        if (json) {
            List<Map<String, Object>> rows = new ArrayList<>();
            for (PluginDescription plugin : plugins) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("id", plugin.id());
                row.put("role", roleName(plugin));
                row.put("version", plugin.version());
                row.put("bundle", plugin.bundle());
                row.put("traits", probe.traits(plugin));
                row.put("description", plugin.description());
                rows.add(row);
            }
            printJson(Map.of("plugins", rows, "unavailable", problems), out);
            return;
        }
        Table table = new Table("ROLE", "ID", "VERSION", "BUNDLE", "TRAITS", "DESCRIPTION");
        for (PluginDescription plugin : plugins) {
            table.row(
                    roleName(plugin),
                    plugin.id(),
                    plugin.version(),
                    plugin.bundle(),
                    String.join(" ", probe.traits(plugin)),
                    plugin.description());
        }
        table.print(out);
        if (!problems.isEmpty()) {
            out.println();
            out.println("Not available ('plumbline why ID' tells more):");
            problems.forEach(problem -> out.println("  " + problem.what()));
        }
    }

    // ---- settings

    private void printSettings(List<PluginDescription> plugins, PrintWriter out) throws JsonProcessingException {
        Map<String, List<SettingDescription>> byPlugin = new LinkedHashMap<>();
        for (PluginDescription plugin : plugins) {
            byPlugin.put(
                    roleName(plugin) + " " + plugin.id(),
                    SettingsBinder.of(plugin.configuration()).describe());
        }
        if (json) {
            printJson(byPlugin, out);
            return;
        }
        byPlugin.forEach((plugin, settings) -> {
            out.println(plugin + (settings.isEmpty() ? " has no settings." : ""));
            if (settings.isEmpty()) {
                return;
            }
            new SettingsTable(settings).print(out);
        });
    }

    private static PlumblineException unknown(String id, PluginCatalog catalog) {
        List<String> known = catalog.list().stream()
                .map(PluginDescription::id)
                .distinct()
                .sorted()
                .toList();
        return PlumblineException.of(StandardError.UNKNOWN_PLUGIN)
                .asked("no plugin is called '" + id + "'"
                        + Spelling.nearest(id, known)
                                .map(near -> "; did you mean '" + near + "'?")
                                .orElse(""))
                .available(String.join(", ", known))
                .remedy("correct the id; 'plumbline why " + id + "' tells whether it was found at all")
                .build();
    }

    private static String roleName(PluginDescription plugin) {
        return Spelling.kebab(plugin.role().name());
    }

    private static void printJson(Object value, PrintWriter out) throws JsonProcessingException {
        out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(value));
    }
}
