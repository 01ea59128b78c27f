package org.plumbline.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.study.StudyFile;
import org.plumbline.launcher.doctor.CatalogProbe;
import org.plumbline.launcher.doctor.CudaProbe;
import org.plumbline.launcher.doctor.Diagnosis;
import org.plumbline.launcher.doctor.EngineProbe;
import org.plumbline.launcher.doctor.Finding;
import org.plumbline.launcher.doctor.MachineProbe;
import org.plumbline.launcher.doctor.StudyProbe;
import org.plumbline.spi.error.PlumblineException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumbline doctor}: what works on this machine, and whether a study would. */
@Command(
        name = "doctor",
        description = {
            "Says what works on this machine: Java, memory, disk, native engines, CUDA, backends, plugins.",
            "With a study, says what it would use for each role and whether it can run, without running it."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:nothing is broken; there may be warnings",
            "2:the study cannot run as it is written (a bad file or value, parts that do not fit together, a device that is"
                    + " not there)",
            "3:a plugin was found that cannot be used, or broke its contract",
            "5:something the platform needs is broken: no memory, disk or backend"
        })
final class DoctorCommand implements HostedCommand {
    private static final int COLUMNS = 120;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "A study file (YAML).")
    private @Nullable Path file;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public int run(Invocation invocation) throws JsonProcessingException {
        Host host = invocation.host();
        CudaProbe.Driver cuda = CudaProbe.ofThisMachine().look();
        MachineProbe machine = new MachineProbe(System.getenv(), places(host));
        List<Finding> findings = new ArrayList<>(machine.look());
        findings.add(cuda.finding());
        findings.addAll(new EngineProbe(host.home().resolve("lib"), System.getenv(), cuda).look());
        findings.addAll(new CatalogProbe(host.catalog(), host.pluginFolders()).look());
        if (file != null) {
            findings.addAll(study(invocation, file));
        }
        Diagnosis diagnosis = new Diagnosis(findings);
        if (json) {
            invocation.out().println(diagnosis.toJson());
        } else {
            diagnosis.print(invocation.out(), COLUMNS);
        }
        return diagnosis.exitCode();
    }

    private static List<Finding> study(Invocation invocation, Path file) {
        try {
            StudyFile study = StudyFile.read(invocation.find(file));
            return new StudyProbe(invocation.study(), study, MachineProbe.freeMemory()).look();
        } catch (PlumblineException unreadable) {
            return List.of(Finding.ofStudy(file.toString(), unreadable));
        }
    }

    /** What is written to while a study runs. */
    private static Map<String, Path> places(Host host) {
        Map<String, Path> places = new LinkedHashMap<>();
        places.put("cache", host.cacheFolder());
        places.put("temporary", Path.of(System.getProperty("java.io.tmpdir")));
        places.put("runs", Path.of("runs"));
        return places;
    }
}
