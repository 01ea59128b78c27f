package org.plumbline.launcher;

import java.nio.file.Path;
import org.plumbline.kernel.record.RunFolder;
import org.plumbline.kernel.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code plumbline report}: writes the report of a run anew, also of one that goes on. */
@Command(name = "report", description = "Writes the report and the tables of a run folder anew.")
final class ReportCommand implements HostedCommand {
    @Parameters(paramLabel = "DIR", description = "Output folder of a study.")
    private Path folder = Path.of("");

    @Override
    public int run(Invocation invocation) {
        invocation
                .out()
                .println(Report.write(RunFolder.open(folder)).toAbsolutePath().normalize());
        return 0;
    }
}
