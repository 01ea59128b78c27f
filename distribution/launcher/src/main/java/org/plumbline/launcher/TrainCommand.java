package org.plumbline.launcher;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.study.StudyFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumbline train}: fine-tunes as a study does, without measuring the gradients. */
@Command(
        name = "train",
        description = "Fine-tunes a model with the estimators of a study file, without holding their gradients against"
                + " the true one.")
final class TrainCommand implements HostedCommand {
    @Parameters(paramLabel = "FILE", description = "A study file (YAML) with one or more estimators.")
    private Path file = Path.of("");

    @Option(names = "--output", paramLabel = "DIR", description = "Folder of the run; default: output of the file.")
    private @Nullable Path output;

    @Option(names = "--resume", description = "Continue the run in the output folder where it stopped.")
    private boolean resume;

    @Override
    public int run(Invocation invocation) {
        StudyFile read = StudyFile.read(invocation.find(file)).withoutGradients();
        return new StudyCommand.StudyRun(invocation, read, List.of("./plumbline", "train", file.toString()))
                .execute(output, resume);
    }
}
