package org.plumbline.launcher.doctor;

import static org.plumbline.launcher.doctor.Finding.Area.BACKENDS;
import static org.plumbline.launcher.doctor.Finding.Area.PLUGINS;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.plumbline.kernel.plugin.Lease;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.kernel.plugin.Unavailable;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.error.ErrorKind;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.toolkit.settings.SettingsBinder;
import org.plumbline.toolkit.settings.Spelling;

/**
 * The plugins, and of every backend whether it computes: a session is opened with its default settings, and where it has a
 * setting {@code device}, another one on CUDA. Nobody else can tell.
 *
 * @param catalog the plugins
 * @param folders where their jars are looked for
 */
public record CatalogProbe(PluginCatalog catalog, List<Path> folders) {
    private static final String DEVICE = "device";
    private static final String CUDA = "cuda";

    /** Looks. */
    public List<Finding> look() {
        List<Finding> findings = new ArrayList<>();
        List<PluginDescription> plugins = catalog.list();
        List<PluginDescription> backends = plugins.stream()
                .filter(plugin -> plugin.role() == PluginRole.BACKEND)
                .toList();
        backends.forEach(backend -> findings.addAll(look(backend)));
        if (backends.isEmpty()) {
            findings.add(Finding.broken(
                    BACKENDS,
                    "none",
                    "no compute backend is available; to do: put a backend's jar into " + places(),
                    ErrorKind.RESOURCES.exitCode()));
        }
        findings.add(Finding.ok(PLUGINS, "available", plugins.size() + " plugins in " + places()));
        for (Unavailable problem : catalog.problems()) {
            findings.add(Finding.broken(
                    PLUGINS, problem.what(), String.join(": ", problem.reasons()), ErrorKind.PLUGIN.exitCode()));
        }
        return findings;
    }

    private String places() {
        return folders.stream().map(Path::toString).collect(Collectors.joining(", "));
    }

    private List<Finding> look(PluginDescription plugin) {
        List<Finding> findings = new ArrayList<>();
        try {
            findings.add(Finding.ok(BACKENDS, plugin.id(), open(plugin, Map.of())));
        } catch (PlumblineException failure) {
            int code = failure.code().kind() == ErrorKind.PLUGIN
                    ? ErrorKind.PLUGIN.exitCode()
                    : ErrorKind.RESOURCES.exitCode();
            findings.add(Finding.broken(BACKENDS, plugin.id(), Finding.sentence(failure.getMessage()), code));
        }
        boolean hasDevice = SettingsBinder.of(plugin.configuration()).describe().stream()
                .anyMatch(setting -> setting.key().equals(DEVICE));
        if (hasDevice) {
            findings.add(cuda(plugin));
        }
        return findings;
    }

    private Finding cuda(PluginDescription plugin) {
        String what = plugin.id() + ", " + DEVICE + ": " + CUDA;
        try {
            return Finding.ok(BACKENDS, what, open(plugin, Map.of(DEVICE, CUDA)));
        } catch (PlumblineException failure) {
            return Finding.note(BACKENDS, what, "not available because " + Finding.sentence(failure.getMessage()));
        }
    }

    private String open(PluginDescription plugin, Map<String, Object> settings) {
        try (Lease<ComputeBackend> lease = catalog.lease(ComputeBackend.class, plugin.id(), settings, Path.of(""));
                BackendSession session = lease.get().open()) {
            session.trim();
            return lease.get().description() + "; "
                    + lease.get().capabilities().stream()
                            .map(capability -> Spelling.kebab(capability.name()))
                            .sorted()
                            .collect(Collectors.joining(" "));
        }
    }
}
